// A text cut where its marks begin and end.
import type { Span } from "./letters";

export interface Segment extends Span {
  /** Part of the quote. */
  quote: boolean;
  /** Part of what was looked for: one of its places, or the one that is looked at. */
  found: "here" | "other" | null;
}

/** The text in pieces of one kind each, none of them empty. `found` is in order and without overlap. */
export function segments(length: number, quote: Span | null, found: Span[], here: Span | null): Segment[] {
  const cuts = new Set([0, length]);
  for (const { from, to } of quote ? [quote, ...found] : found) {
    cuts.add(Math.min(from, length));
    cuts.add(Math.min(to, length));
  }
  const ordered = [...cuts].sort((one, other) => one - other);
  let next = 0;
  return ordered.slice(0, -1).map((from, index): Segment => {
    while ((found[next]?.to ?? Infinity) <= from) next += 1;
    const at = found[next];
    const isFound = at !== undefined && at.from <= from;
    return {
      from,
      to: ordered[index + 1] ?? length,
      quote: quote !== null && quote.from <= from && from < quote.to,
      found: isFound ? (at.from === here?.from ? "here" : "other") : null,
    };
  });
}
