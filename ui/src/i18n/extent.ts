// How long a document is, in the words of its kind: "12 pages", "3 sheets". Nothing where its kind has no parts to count.
import type { Document, Format } from "../nouns";
import type { Dictionary } from "./en";

type Unit = "pages" | "slides" | "sheets" | "chapters" | "messages";

/** What the parts of each kind are called. */
const UNITS: Partial<Record<Format, Unit>> = {
  pdf: "pages",
  image: "pages",
  pptx: "slides",
  ppt: "slides",
  odp: "slides",
  xlsx: "sheets",
  xls: "sheets",
  ods: "sheets",
  epub: "chapters",
  mbox: "messages",
};

export function extent({ format, pages }: Document, words: Dictionary): string | null {
  const unit = UNITS[format];
  return unit === undefined ? null : words.library[unit](pages);
}
