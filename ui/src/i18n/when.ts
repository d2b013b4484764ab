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
    return new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" }).format(date);
  }
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? undefined : "numeric";
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year }).format(date);
}

function midnight(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}
