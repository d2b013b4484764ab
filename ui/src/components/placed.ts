// The words of a page and where they stand on it, for marking and for selecting. Lengths are parts of the page: 1 is all of it.
import type { PageText } from "../nouns";
import { lines, type Box } from "./boxes";
import { lettersOf, type Span } from "./letters";

export interface Placed extends Span {
  box: Box;
}

/** The whole text of a page. */
export function textOf({ before, quote, after }: PageText): string {
  return before + quote + after;
}

/** Where the quote is in the text; null where there is none. */
export function quoteOf({ before, quote }: PageText): Span | null {
  return quote === "" ? null : { from: before.length, to: before.length + quote.length };
}

/** Its words in the order of the text, without overlap; none where the page has no layout. */
export function placed(page: PageText): Placed[] {
  const [width, height] = page.size;
  if (width <= 0 || height <= 0) return [];
  const at = lettersOf(textOf(page));
  let done = 0;
  const words: Placed[] = [];
  for (const { range, rect } of [...page.words].sort((one, other) => one.range.start - other.range.start)) {
    const [from, to] = [at(range.start), at(range.end)];
    if (from < done || to <= from) continue;
    done = to;
    const [left, top, wide, high] = rect;
    words.push({ from, to, box: [left / width, top / height, wide / width, high / height] });
  }
  return words;
}

/** The boxes of the lines that a part of the text stands on. Of a word that is not all in it a share is marked. */
export function boxesOf(words: Placed[], { from, to }: Span): Box[] {
  const touched = words.filter((word) => word.from < to && word.to > from);
  return lines(
    touched.map((word): Box => {
      const [left, top, wide, high] = word.box;
      const share = (letter: number) => (letter - word.from) / (word.to - word.from);
      const [first, last] = [share(Math.max(from, word.from)), share(Math.min(to, word.to))];
      return [left + wide * first, top, wide * (last - first), high];
    }),
  );
}

/** The letter nearest to a point of the page. */
export function letterAt(words: Placed[], x: number, y: number): number | null {
  let nearest: Placed | null = null;
  let least = Infinity;
  for (const word of words) {
    const [left, top, wide, high] = word.box;
    const beside = Math.max(left - x, x - left - wide, 0);
    const above = Math.max(top - y, y - top - high, 0);
    // A line is followed further than it is left.
    const distance = beside + 12 * above;
    if (distance < least) [nearest, least] = [word, distance];
  }
  if (!nearest) return null;
  const [left, , wide] = nearest.box;
  const share = wide > 0 ? Math.min(1, Math.max(0, (x - left) / wide)) : 0;
  return nearest.from + Math.round(share * (nearest.to - nearest.from));
}
