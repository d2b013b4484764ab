// The line of a message in which something was found, cut around the words that were looked for.

export interface Piece {
  text: string;
  /** One of the words that were looked for. */
  sought: boolean;
}

/** How many characters are shown, and how many of them before the first word found. */
const LENGTH = 150;
const BEFORE = 40;
/** Longer messages are cut before they are looked at closely. */
const LOOKED_AT = 20_000;

/** The message's words where most of those stand that begin like a word of the question, accents and case aside. */
export function excerpt(message: string, question: string): Piece[] {
  const text = plain(message.slice(0, LOOKED_AT));
  const sought = soughtIn(question);
  const found = [...text.matchAll(/[\p{L}\p{N}]+/gu)].flatMap((match) => {
    const word = folded(match[0]);
    const like = sought.find((stem) => word.startsWith(stem));
    return like === undefined ? [] : [{ ...match, index: match.index, like }];
  });
  let first = 0;
  let most = 0;
  for (const [at, { index }] of found.entries()) {
    const shown = found.slice(at, at + LENGTH).filter((other) => other.index < index + LENGTH - BEFORE);
    const different = new Set(shown.map(({ like }) => like)).size;
    if (different > most) [first, most] = [index, different];
  }
  const from = first <= BEFORE ? 0 : afterSpace(text, first - BEFORE);
  const to = text.length <= from + LENGTH ? text.length : beforeSpace(text, from + LENGTH);

  const pieces: Piece[] = [];
  const add = (start: number, end: number, isSought: boolean) => {
    if (end > start) pieces.push({ text: text.slice(start, end), sought: isSought });
  };
  let done = from;
  for (const match of found) {
    const end = match.index + match[0].length;
    if (end > to) break;
    add(done, match.index, false);
    add(match.index, end, true);
    done = end;
  }
  add(done, to, false);
  if (from > 0) pieces.unshift({ text: "… ", sought: false });
  if (to < text.length) pieces.push({ text: " …", sought: false });
  return pieces;
}

/** How the words of a question begin. Short ones, of which few say anything, count where there are no others. */
function soughtIn(question: string): string[] {
  const words = [...question.matchAll(/[\p{L}\p{N}]+/gu)].map(([word]) => folded(word));
  const telling = words.filter((word) => word.length > 3 || /\p{N}/u.test(word));
  return (telling.length > 0 ? telling : words).map(stem);
}

/** In one line, without the signs of Markdown and the marks of citations. */
function plain(message: string): string {
  return message
    .replace(/\[\d+\]/g, "")
    .replace(/[*_`#>|~]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Without case and accents. The index folds so, and more: what it finds beyond that is shown without a mark. */
function folded(word: string): string {
  return word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Endings may differ in what was found: a plural, a conjugation. */
function stem(word: string): string {
  return word.length > 5 ? word.slice(0, -2) : word;
}

function afterSpace(text: string, from: number): number {
  const space = text.indexOf(" ", from);
  return space < 0 || space > from + BEFORE ? from : space + 1;
}

function beforeSpace(text: string, to: number): number {
  const space = text.lastIndexOf(" ", to);
  return space <= to - BEFORE ? to : space;
}
