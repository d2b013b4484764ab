// The boxes of words on a page, for marking them.

/** Left, top, width and height. */
export type Box = [number, number, number, number];

/** Boxes of words in reading order as boxes of the lines that they stand on, so that a mark has no gaps between words. */
export function lines(boxes: Box[]): Box[] {
  const lines: Box[] = [];
  for (const box of boxes) {
    const last = lines.at(-1);
    if (last && onOneLine(last, box)) lines[lines.length - 1] = around(last, box);
    else lines.push(box);
  }
  return lines;
}

function onOneLine([left, top, , height]: Box, [right, under, , other]: Box): boolean {
  const shared = Math.min(top + height, under + other) - Math.max(top, under);
  // A word left of the one before begins another line, in another column even.
  return right >= left && shared > Math.min(height, other) / 2;
}

function around(a: Box, b: Box): Box {
  const left = Math.min(a[0], b[0]);
  const top = Math.min(a[1], b[1]);
  const right = Math.max(a[0] + a[2], b[0] + b[2]);
  const bottom = Math.max(a[1] + a[3], b[1] + b[3]);
  return [left, top, right - left, bottom - top];
}
