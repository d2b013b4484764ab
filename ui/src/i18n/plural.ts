// Numbers and plurals in a language, by Intl.
import type { Language } from "../nouns";

/** The forms of a noun: French has "many" for millions, which reads like the plural here. */
type Forms = { one: string; other: string };

export interface Counting {
  number(value: number): string;
  percent(value: number): string;
  /** A number with the form of the noun that belongs to it. */
  count(value: number, forms: Forms): string;
  /** Seconds with at most one decimal place: "0.4", "12". */
  seconds(milliseconds: number): string;
  /** Page numbers, with runs as runs: "3, 7 and 9–12". Of very many the first are told. */
  spans(pages: number[]): string;
  /** A length of bytes: "48 kB", "48 ko". */
  size(bytes: number): string;
}

export function counting(language: Language): Counting {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const percents = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const lists = new Intl.ListFormat(language);
  const sizes = (["byte", "kilobyte", "megabyte", "gigabyte"] as const).map(
    (unit) =>
      new Intl.NumberFormat(language, {
        style: "unit",
        unit,
        // The short form of bytes has no plural.
        unitDisplay: unit === "byte" ? "long" : "short",
        maximumFractionDigits: 1,
      }),
  );
  const form = (value: number, forms: Forms) => (rules.select(value) === "one" ? forms.one : forms.other);
  return {
    number: (value) => numbers.format(value),
    percent: (value) => percents.format(value / 100),
    count: (value, forms) => `${numbers.format(value)} ${form(value, forms)}`,
    seconds: (milliseconds) => {
      const seconds = milliseconds / 1000;
      return numbers.format(seconds < 10 ? seconds : Math.round(seconds));
    },
    spans: (pages) => {
      const all = runs(pages).map(([from, to]) =>
        from === to ? numbers.format(from) : `${numbers.format(from)}–${numbers.format(to)}`,
      );
      return all.length > MOST_SPANS ? `${all.slice(0, MOST_SPANS).join(", ")}…` : lists.format(all);
    },
    size: (bytes) => {
      const power = Math.min(sizes.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
      const value = bytes / 1000 ** power;
      return sizes[power]?.format(value < 10 ? value : Math.round(value)) ?? "";
    },
  };
}

const MOST_SPANS = 6;

/** Numbers in their order as runs of those that follow each other; two are no run. */
function runs(pages: number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const page of pages) {
    const last = found.at(-1);
    if (last && page === last[1] + 1) last[1] = page;
    else found.push([page, page]);
  }
  return found.flatMap(([from, to]): [number, number][] =>
    to === from + 1
      ? [
          [from, from],
          [to, to],
        ]
      : [[from, to]],
  );
}
