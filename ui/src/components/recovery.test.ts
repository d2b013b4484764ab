import { expect, test } from "vitest";

import { recoveryWords } from "./recovery";

test("recovery words are the same with numbers, commas, line breaks and capitals", () => {
  const words = ["harbour", "silver", "window"];
  expect(recoveryWords("harbour silver window")).toEqual(words);
  expect(recoveryWords("1. Harbour\n2) SILVER,\t3: window.")).toEqual(words);
  expect(recoveryWords("  harbour\u00a0silver\r\nwindow\n")).toEqual(words);
});

test("accents are the same however a keyboard makes them", () => {
  expect(recoveryWords("ABE\u0301CE\u0301DAIRE éléphant")).toEqual(["abécédaire", "éléphant"]);
});

test("nothing typed is no word", () => {
  expect(recoveryWords(" 1. 2. \n")).toEqual([]);
});
