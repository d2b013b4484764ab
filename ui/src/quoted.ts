// A passage that somebody selected and asks about. It stands before the question, as Markdown that people and models read alike.

export interface Quoted {
  /** The words of the document. */
  text: string;
  /** Where they stand: "harbour-report.pdf, page 3". */
  place: string;
}

/** Longer passages are cut: the rest of the context is for the documents. In characters. */
const LONGEST = 2000;

/** Words of a document as they are quoted: in one run, cut where they are too long. */
export function quoted(words: string, place: string): Quoted {
  const text = inOneLine(words);
  return {
    text: text.length > LONGEST ? `${text.slice(0, LONGEST).trimEnd()}…` : text,
    place: inOneLine(place),
  };
}

/** A question with the passage that it is about. */
export function withQuoted(about: Quoted | null, question: string): string {
  return about ? `> ${about.text}\n> — ${about.place}\n\n${question}` : question;
}

/** The passage that a question is about, and the question. */
export function parted(text: string): { about: Quoted | null; question: string } {
  const [, quote, place, question] = /^> (.+)\n> — (.+)\n\n([^]*)$/.exec(text) ?? [];
  if (quote === undefined || place === undefined || question === undefined)
    return { about: null, question: text };
  return { about: { text: quote, place }, question };
}

function inOneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
