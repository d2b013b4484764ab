import { expect, test } from "vitest";

import { lines, type Box } from "./boxes";

test("words of a line are one box, and each line has its own", () => {
  const words: Box[] = [
    [10, 100, 20, 10],
    [34, 98, 16, 13],
    [54, 101, 30, 10],
    [10, 114, 40, 10],
    [300, 114, 40, 10],
    // The next column begins above.
    [200, 20, 40, 10],
  ];
  expect(lines(words)).toEqual([
    [10, 98, 74, 13],
    [10, 114, 330, 10],
    [200, 20, 40, 10],
  ]);
  expect(lines([])).toEqual([]);
});
