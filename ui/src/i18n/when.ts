// Times as a list of conversations shows them.
import type { Language } from "../nouns";

export type Age = "today" | "yesterday" | "earlier";

/** How long ago, in calendar days of this place. */
export function age(began: number, now: number): Age {
  const days = Math.round((midnight(now) - midnight(began)) / 86_400_000);
  if (days <= 0) return "today";
  return days === 1 ? "yesterday" : "earlier";
}

/** The hour for what is recent, the day for what is not. */
export function shortTime(began: number, now: number, language: Language): string {
  const date = new Date(began);
  if (age(began, now) !== "earlier") {
    return format(language, "hour").format(date);
  }
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return format(language, sameYear ? "day" : "dayAndYear").format(date);
}

/** A day as it is written out: "3 November 2025". */
export function fullDate(time: number, language: Language): string {
  return format(language, "full").format(new Date(time));
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

const options = {
  full: { dateStyle: "long" },
  hour: { timeStyle: "short" },
  day: { day: "numeric", month: "short" },
  dayAndYear: { day: "numeric", month: "short", year: "numeric" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;
const formats = new Map<string, Intl.DateTimeFormat>();

/** A format is slow to make and quick to use, and a list uses it for every line. */
function format(language: Language, kind: keyof typeof options): Intl.DateTimeFormat {
  const key = `${language} ${kind}`;
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(language, options[kind])));
  return format;
}
