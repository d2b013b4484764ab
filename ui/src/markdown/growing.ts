// A text that grows: what a reply is while it is written. Blocks that are complete keep their identity, so
// that only the last one is drawn again.
import type { Token } from "marked";

import { blocks } from "./lex";

export interface Growing {
  /** Complete blocks; the same objects from one call to the next. */
  settled: Token[];
  /** The block that may still change. */
  last: Token[];
  /** Its source. */
  tail: string;
}

export const nothingYet: Growing = { settled: [], last: [], tail: "" };

/** The text with a piece more. */
export function grown(before: Growing, piece: string): Growing {
  const tail = before.tail + piece;
  const tokens = blocks(tail);
  const from = lastBlock(tokens);
  if (from <= 0) return { settled: before.settled, last: tokens, tail };
  const settled = tokens.slice(0, from);
  const length = settled.reduce((sum, token) => sum + token.raw.length, 0);
  // The lexer normalises line ends and tabs; where its sources do not add up nothing is settled.
  const settles = tail.startsWith(settled.map((token) => token.raw).join(""));
  if (!settles) return { settled: before.settled, last: tokens, tail };
  return { settled: [...before.settled, ...settled], last: tokens.slice(from), tail: tail.slice(length) };
}

/** Where the last block that is more than white space begins. */
function lastBlock(tokens: Token[]): number {
  let index = tokens.length - 1;
  while (index > 0 && tokens[index]?.type === "space") index -= 1;
  return index;
}
