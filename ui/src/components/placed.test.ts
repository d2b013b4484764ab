import { describe, expect, test } from "vitest";

import { render } from "@testing-library/svelte";

import type { PageText } from "../nouns";
import { boxesOf, letterAt, placed, quoteOf, textOf } from "./placed";
import WordLayer from "./WordLayer.svelte";

const page: PageText = {
  number: 1,
  pages: 1,
  before: "Été ",
  quote: "comme hiver",
  after: "",
  incomplete: false,
  recognised: null,
  size: [100, 200],
  words: [
    { range: { start: 0, end: 5 }, rect: [10, 20, 30, 10] },
    { range: { start: 6, end: 11 }, rect: [50, 20, 40, 10] },
    { range: { start: 12, end: 17 }, rect: [10, 40, 50, 10] },
  ],
};

describe("words on a page", () => {
  test("are marked line by line, whatever bytes their letters take", () => {
    const words = placed(page);
    expect(words.map(({ from, to }) => [from, to])).toEqual([
      [0, 3],
      [4, 9],
      [10, 15],
    ]);
    expect(boxesOf(words, quoteOf(page)!)).toEqual([
      [0.5, 0.1, 0.4, 0.05],
      [0.1, 0.2, 0.5, 0.05],
    ]);
  });

  test("are marked in part where only a part was looked for", () => {
    const [box] = boxesOf(placed(page), { from: 10, to: 12 });
    expect(box?.map((length) => Math.round(100 * length))).toEqual([10, 20, 20, 5]);
  });

  test("are found from where the mouse is, between lines and beside them too", () => {
    const words = placed(page);
    expect([
      letterAt(words, 0.1, 0.12),
      letterAt(words, 0.9, 0.12),
      letterAt(words, 0.99, 0.22),
      letterAt(words, 0, 0.9),
    ]).toEqual([0, 9, 15, 10]);
    expect(letterAt([], 0.5, 0.5)).toBe(null);
  });

  test("lie over it as its text, letter for letter, so that what is selected is what is read", () => {
    const led = {
      ...page,
      before: "\n" + page.before,
      words: page.words.map(({ range, rect }) => ({
        range: { start: range.start + 1, end: range.end + 1 },
        rect,
      })),
    };
    const { container } = render(WordLayer, { props: { page: led, words: placed(led) } });
    expect(container.querySelector("[data-part=words]")?.textContent).toBe(textOf(led).replace(/\s/g, " "));
  });

  test("that overlap or have no layout are left out", () => {
    const twice = { ...page, words: [...page.words, page.words[0]!] };
    expect(placed(twice)).toHaveLength(3);
    expect(placed({ ...page, size: [0, 0] })).toEqual([]);
  });
});
