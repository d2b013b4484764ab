import { expect, test } from "vitest";

import { segments } from "./segments";

const told = (...words: Parameters<typeof segments>) =>
  segments(...words).map(
    ({ from, to, quote, found }) => `${from}-${to}${quote ? " quote" : ""} ${found ?? "-"}`,
  );

test("a text is cut where the quote and what was looked for begin and end", () => {
  expect(told(10, null, [], null)).toEqual(["0-10 -"]);
  expect(told(10, { from: 2, to: 6 }, [], null)).toEqual(["0-2 -", "2-6 quote -", "6-10 -"]);
  const found = [
    { from: 0, to: 1 },
    { from: 5, to: 8 },
  ];
  expect(told(10, { from: 2, to: 6 }, found, { from: 5, to: 8 })).toEqual([
    "0-1 other",
    "1-2 -",
    "2-5 quote -",
    "5-6 quote here",
    "6-8 here",
    "8-10 -",
  ]);
  expect(told(0, null, [], null)).toEqual([]);
});
