import { describe, expect, test } from "vitest";

import { excerpt } from "./excerpt";

const line = (message: string, question: string) =>
  excerpt(message, question)
    .map(({ text, sought }) => (sought ? `[${text}]` : text))
    .join("");

describe("the line in which something was found", () => {
  test("marks the words that were looked for, whatever their case, accents and endings", () => {
    expect(line("The Dredging of the basin.", "dredging")).toBe("The [Dredging] of the basin.");
    expect(line("La clôture de l’exercice", "cloture")).toBe("La [clôture] de l’exercice");
    expect(line("Two dredgings", "dredging")).toBe("Two [dredgings]");
    expect(line("412,000 euros", "412")).toBe("[412],000 euros");
  });

  test("is plain text, without the signs of Markdown and the marks of citations", () => {
    expect(line("It cost **412,000** euros [1].\n\n- `next`", "euros")).toBe(
      "It cost 412,000 [euros] . - next",
    );
  });

  test("is cut around the first word found, at spaces", () => {
    const message = `${"before ".repeat(60)}silt ${"after ".repeat(60)}`;
    const shown = line(message, "silt");
    expect(shown).toMatch(/^… before .*\[silt\] after .* …$/);
    expect(shown.length).toBeLessThan(170);
  });

  test("is the beginning where the index knew better than we do", () => {
    expect(line("Nothing literal here.", "dredging")).toBe("Nothing literal here.");
  });

  test("of a message of a hundred thousand characters is found in no time", () => {
    const message = "word ".repeat(20_000);
    const began = performance.now();
    excerpt(message, "word");
    expect(performance.now() - began).toBeLessThan(200);
  });

  test("loses and adds nothing between its pieces", () => {
    for (const message of [
      "a silt b silt",
      "silt",
      "",
      "  silt  ",
      "é".repeat(400) + " silt",
      "x".repeat(900),
    ]) {
      const whole = excerpt(message, "silt")
        .map(({ text }) => text)
        .join("")
        .replace(/^… | …$/g, "");
      expect(message.replace(/\s+/g, " ")).toContain(whole);
    }
  });

  test("it is taken where most of the words stand, and short words are marked only where there are no others", () => {
    const message = `The pilot sails the boat. ${"Nothing of note. ".repeat(20)}The dredging of the north basin ended.`;
    const pieces = excerpt(message, "dredging of the north basin");
    const marked = pieces.filter(({ sought }) => sought).map(({ text }) => text);
    expect(marked).toEqual(["dredging", "north", "basin"]);
    expect(excerpt("The end of it", "of").filter(({ sought }) => sought)).toEqual([
      { text: "of", sought: true },
    ]);
  });
});
