// How long a document is, in the words of its kind: "12 pages". Nothing where its kind has no parts to count.
import type { Document } from "../nouns";
import type { Dictionary } from "./en";

export function extent({ format, pages }: Document, words: Dictionary): string | null {
  return format === "pdf" ? words.library.pages(pages) : null;
}
