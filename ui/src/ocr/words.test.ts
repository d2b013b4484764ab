import { expect, test } from "vitest";

import { wordsOf } from "./words";

const word = (text: string, x0: number, y0: number, confidence = 91.5) => ({
  text,
  confidence,
  bbox: { x0, y0, x1: x0 + 100, y1: y0 + 40 },
});

test("words have their place in points, and count lines and paragraphs over the page", () => {
  const blocks = [
    { paragraphs: [{ lines: [{ words: [word("The", 300, 300), word("rent", 420, 300)] }] }] },
    {
      paragraphs: [
        {
          lines: [
            { words: [word("is", 300, 350), word("|'", 900, 350, 22)] },
            { words: [word("due", 300, 400)] },
          ],
        },
      ],
    },
  ];
  const words = wordsOf(blocks, 300 / 72);
  expect(words.map(({ text, line, paragraph }) => `${text} ${line} ${paragraph}`)).toEqual([
    "The 0 0",
    "rent 0 0",
    "is 1 1",
    "due 2 1",
  ]);
  expect(words[0]?.rect.map((points) => Math.round(points * 10) / 10)).toEqual([72, 72, 24, 9.6]);
  expect(words[0]?.confidence).toBe(91.5);
});
