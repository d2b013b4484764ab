import { describe, expect, test } from "vitest";

import { parted, quoted, withQuoted } from "./quoted";

describe("a passage that is asked about", () => {
  test("stands before the question and is told from it", () => {
    const about = quoted(" The fees of\nvisitors’  berths ", "fees.pdf, page 3");
    const asked = withQuoted(about, "Who pays?\n\nAnd when?");
    expect(asked).toBe("> The fees of visitors’ berths\n> — fees.pdf, page 3\n\nWho pays?\n\nAnd when?");
    expect(parted(asked)).toEqual({ about, question: "Who pays?\n\nAnd when?" });
  });

  test("is cut where it is too long, and says so", () => {
    const { text } = quoted("word ".repeat(5000), "a.pdf");
    expect([text.length <= 2001, text.endsWith("…")]).toEqual([true, true]);
  });

  test("is not seen in a question that quotes by itself", () => {
    for (const question of ["> a quote\n\nWhy?", "Why?", "", "> — nobody\n\nWhy?"]) {
      expect(parted(question)).toEqual({ about: null, question });
    }
  });
});
