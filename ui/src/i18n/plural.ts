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
  list(items: string[]): string;
}

export function counting(language: Language): Counting {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const percents = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
  const lists = new Intl.ListFormat(language);
  const form = (value: number, forms: Forms) => (rules.select(value) === "one" ? forms.one : forms.other);
  return {
    number: (value) => numbers.format(value),
    percent: (value) => percents.format(value / 100),
    count: (value, forms) => `${numbers.format(value)} ${form(value, forms)}`,
    seconds: (milliseconds) => {
      const seconds = milliseconds / 1000;
      return numbers.format(seconds < 10 ? seconds : Math.round(seconds));
    },
    list: (items) => lists.format(items),
  };
}
