// Where a citation stands, in words: "harbour-report.pdf, page 3".
import type { Citation } from "../nouns";
import type { Dictionary } from "./en";

export function place({ name, page, anchor }: Citation, words: Dictionary): string {
  const within = page === null ? anchor : words.answer.page(page);
  return within ? `${name}, ${within}` : name;
}

/** Whether its words stand there. */
export function standing({ verified }: Citation, words: Dictionary): string {
  return verified ? words.answer.verified : words.answer.unverified;
}
