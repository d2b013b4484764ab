import { readFileSync } from "node:fs";

import { render } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { describe, expect, test } from "vitest";

import { speaking } from "../i18n/spoken.svelte";
import { grown, nothingYet } from "./growing";
import { blocks, decoded } from "./lex";
import Markdown from "./Markdown.svelte";

const mark = createRawSnippet((number: () => number | null) => ({ render: () => `<sup>${number()}</sup>` }));

function drawn(text: string): HTMLElement {
  const { container } = render(Markdown, { props: { tokens: blocks(text), mark }, context: speaking("en") });
  return container;
}

const tags = (root: HTMLElement) =>
  [...root.querySelectorAll(".markdown *")].map(({ localName }) => localName);

describe("Markdown", () => {
  test("has the elements of its blocks and of its running text", () => {
    const root = drawn(
      "# Title\n\nOne **two** *three* `four` ~~five~~\n\n- a\n- b\n\n> q\n\n```js\nx\n```\n\n---",
    );
    expect(tags(root)).toEqual("h3 p strong em code del ul li li blockquote p pre span code hr".split(" "));
    expect(root.querySelector("pre code")?.textContent).toBe("x");
  });

  test("has tables with aligned columns", () => {
    const root = drawn("| a | b |\n|:-:|--:|\n| 1 | 2 |");
    expect([...root.querySelectorAll("th, td")].map((cell) => [cell.textContent, cell.className])).toEqual([
      ["a", "center"],
      ["b", "right"],
      ["1", "center"],
      ["2", "right"],
    ]);
  });

  test("keeps the number at which a list begins", () => {
    expect(drawn("4. four\n5. five").querySelector("ol")?.start).toBe(4);
  });

  test("shows raw HTML as the text that it is", () => {
    const root = drawn("a <b>bold</b> c\n\n<div class=x>block</div>");
    expect(tags(root)).toEqual(["p", "p"]);
    expect(root.textContent).toContain("a <b>bold</b> c");
    expect(root.textContent).toContain("<div class=x>block</div>");
  });

  test("shows a link as its words and its address, and leads nowhere", () => {
    const root = drawn('[the report](https://example.invalid/a?b=c "T") <https://example.invalid/>');
    expect(root.querySelectorAll("[href]")).toHaveLength(0);
    expect(root.textContent).toContain("the report (https://example.invalid/a?b=c “T”)");
    expect(
      root.textContent?.match(/https:\/\/example\.invalid\/(?!a)/g),
      "an address alone is told once",
    ).toHaveLength(1);
  });

  test("shows a picture as its description, and does not load it", () => {
    const root = drawn("![a chart](https://example.invalid/c.png)");
    expect(root.querySelectorAll("img, [src]")).toHaveLength(0);
    expect(root.textContent).toContain("a chart (picture not loaded: https://example.invalid/c.png)");
  });

  test("decodes character references as text", () => {
    expect(drawn("Fish &amp; chips &lt;b&gt; &#233; &unknown;").textContent).toContain(
      "Fish & chips <b> é &unknown;",
    );
    expect(decoded("&#0;&#xd800;&#x110000;")).toBe("\ufffd\ufffd\ufffd");
  });

  test("shows what nests too deep as it is, in bounded time", () => {
    for (const text of [
      ">".repeat(5000) + " deep",
      "- ".repeat(3000) + "deep",
      "[".repeat(3000) + "deep",
      "*".repeat(6000) + "deep",
    ]) {
      const started = performance.now();
      const root = drawn(text);
      expect(root.textContent).toContain("deep");
      expect(performance.now() - started).toBeLessThan(3000);
    }
    const nested = drawn(`${"> ".repeat(30)}level`);
    expect(nested.querySelectorAll("blockquote").length).toBeLessThanOrEqual(14);
    expect(nested.textContent).toContain("level");
  });

  test("finds marks in running text alone", () => {
    const root = drawn(
      "One [1]. **Two [2].** `[3]`\n\n[4]: https://example.invalid/\n\n- five [4] \\[5\\]\n\n```\n[6]\n```",
    );
    expect([...root.querySelectorAll("sup")].map(({ textContent }) => textContent)).toEqual(["1", "2", "4"]);
    expect(root.querySelector("p code")?.textContent).toBe("[3]");
    expect(root.textContent).toContain("[5]");
  });
});

describe("a growing text", () => {
  const text =
    "# Title\n\nFirst paragraph\nwith two lines.\n\n- one\n- two\n\n```\ncode\n\nmore\n```\n\nLast.";

  test("is the same as the whole, however it is cut", () => {
    for (const size of [1, 3, 7, 1000]) {
      const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
      const growing = pieces.reduce(grown, nothingYet);
      const raws = [...growing.settled, ...growing.last]
        .filter(({ type }) => type !== "space")
        .map(({ raw }) => raw.trim());
      expect(raws, `in pieces of ${size}`).toEqual(
        blocks(text)
          .filter(({ type }) => type !== "space")
          .map(({ raw }) => raw.trim()),
      );
    }
  });

  test("keeps its settled blocks as they are", () => {
    const before = grown(nothingYet, "One.\n\nTwo.\n\nThr");
    const after = grown(before, "ee.");
    expect(before.settled.length).toBeGreaterThan(0);
    before.settled.forEach((token, index) => expect(after.settled[index]).toBe(token));
    expect(after.tail).toBe("Three.");
  });
});

describe("text of a document that attacks", () => {
  const file = readFileSync("../tests/attacks/attacks.jsonl");
  const attacks = new TextDecoder()
    .decode(file)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { name: string; text: string });

  test("can be fetched by nobody, opened by nobody, and runs nothing", () => {
    expect(attacks.length).toBeGreaterThanOrEqual(100);
    for (const { name, text } of attacks) {
      const root = drawn(text);
      const loads =
        "[href], [src], [srcset], [action], [data], [style], script, style, img, picture, iframe, object, embed, form, meta, link, svg, math, a, button, input";
      expect(root.querySelectorAll(`.markdown :is(${loads})`), name).toHaveLength(0);
      const handlers = [...root.querySelectorAll(".markdown *")].flatMap((element) =>
        element.getAttributeNames().filter((attribute) => attribute.startsWith("on")),
      );
      expect(handlers, name).toEqual([]);
    }
  });
});
