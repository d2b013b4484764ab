// Where a citation stands, in words: "harbour-report.pdf, page 3".
import type { Citation } from "../nouns";
import type { Dictionary } from "./en";

export function place({ name, page, anchor }: Citation, words: Dictionary): string {
  const within = page === null ? anchor : words.answer.page(page);
  return within ? `${name}, ${within}` : name;
}

/** Whether its words stand there, or that nobody can look any more. */
export function standing({ verified }: Citation, isGone: boolean, words: Dictionary): string {
  if (isGone) return words.answer.removed;
  return verified ? words.answer.verified : words.answer.unverified;
}
