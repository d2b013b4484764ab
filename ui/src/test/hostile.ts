// Hostile text through every field: nothing runs, nothing is fetched, nothing is hidden. Scripts and subresources
// are on in this window and a server listens where the text points, so that a failure would be seen. The tests
// are two files, which run side by side.
import { createServer } from "node:http";

import { render } from "@testing-library/svelte";
import { afterAll, beforeAll, expect, test } from "vitest";

import { wrappers } from "../../../tests/fixtures/hostile.json";
import { speaking } from "../i18n/spoken.svelte";
import { decoded } from "../markdown/lex";
import Fields from "./Fields.svelte";
import { findings } from "./inert";

/** Fields whose text is shown as it is; the others read Markdown. */
const LITERAL = [
  "question",
  "thinking",
  "title",
  "document",
  "suggestion",
  "shelf",
  "report",
  "summary",
  "outline",
  "coverage",
  "summaries",
  "gone",
  "images",
  "collections",
  "problem",
  "file",
  "erasure",
  "notice",
];
const MARKDOWN = ["answer", "reply"];

const fetched: string[] = [];
let ran = 0;
const server = createServer((request, response) => {
  fetched.push(request.url);
  response.end();
});
/** Where the text's addresses lead in this test. */
let here = "";

/** Shows each payload in each wrapping in each field, and expects at least so many different texts of it. */
export function examine(what: string, payloads: string[], least: number): void {
  beforeAll(async () => {
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    here = `127.0.0.1:${server.address().port}`;
    // The window in which scripts run is not the one whose names Vitest lends to this file.
    const { jsdom } = globalThis as unknown as { jsdom: { window: Window } };
    jsdom.window.alert = () => void (ran += 1);
  });
  afterAll(() => server.close());

  test("an unsafe rendering is seen", async () => {
    const root = document.createElement("div");
    document.body.append(root);
    const script = document.createElement("script");
    script.textContent = "alert(1)";
    const link = document.createElement("link");
    link.setAttribute("rel", "stylesheet");
    link.setAttribute("href", `http://${here}/control.css`);
    const frame = document.createElement("iframe");
    frame.setAttribute("src", `http://${here}/control.html`);
    const words = document.createElement("p");
    words.setAttribute("onclick", "alert(1)");
    words.setAttribute("style", `background: url(http://${here}/control.png)`);
    const anchor = document.createElement("a");
    anchor.setAttribute("href", "javascript:alert(1)");
    root.append(script, link, frame, words, anchor);
    await aMoment();

    expect(ran, "the script ran").toBe(1);
    expect(fetched.sort(), "subresources were fetched").toEqual(["/control.css", "/control.html"]);
    expect(findings(root)).toEqual([
      "<script>",
      "<link>",
      "<link rel>",
      "<link href>",
      "<iframe>",
      "<iframe src>",
      "<p onclick>",
      "<p style>",
      "<a>",
      "<a href>",
    ]);
    root.remove();
    fetched.length = ran = 0;
  });

  test(what, { timeout: 80_000 }, async () => {
    const texts = filled(payloads);
    expect(texts.length).toBeGreaterThanOrEqual(least);
    await showAll(texts);
    expect(ran, "scripts that ran").toBe(0);
    expect(fetched, "addresses that were called").toEqual([]);
  });
}

function filled(payloads: string[]): string[] {
  const texts = wrappers.flatMap((wrapper) =>
    payloads.map((payload) => wrapper.replaceAll("{}", () => payload)),
  );
  return [...new Set(texts)];
}

/** Words and numbers alone: Markdown may take the signs between them for its own. */
const WORDS = /[\p{L}\p{N}]+/gu;

/** The words of each line, without the number or box of a list's item. */
function lines(text: string): string[][] {
  return text.split("\n").map((line) => line.replace(/^[>\s]*\d+\.\s|^\s*- \[[ x]\]/, "").match(WORDS) ?? []);
}

/** Whether `shown` has all these words in this order. */
function tells(shown: string, words: string[]): boolean {
  let from = 0;
  return words.every((word) => {
    const at = shown.indexOf(word, from);
    from = at + word.length;
    return at >= 0;
  });
}

/** Requests leave the window some time after what asks for them was added. */
const aMoment = () => new Promise((done) => setTimeout(done, 400));

/** How many texts one drawing shows in turn, before another is made. */
const TURN = 40;

async function showAll(sources: string[]): Promise<void> {
  const texts = sources.map((text) =>
    text.replaceAll("127.0.0.1:9", here).replaceAll("canary.invalid", here),
  );
  for (let from = 0; from < texts.length; from += TURN) {
    const { container, rerender, unmount } = render(Fields, { props: { text: "" }, context: speaking("en") });
    for (const text of texts.slice(from, from + TURN)) {
      await rerender({ text });
      const unexpected = findings(container);
      if (unexpected.length > 0) expect.fail(`${unexpected.join(", ")} made of ${JSON.stringify(text)}`);
      const hiding = hidden(container, text);
      if (hiding.length > 0) expect.fail(`${hiding.join(", ")} hides a part of ${JSON.stringify(text)}`);
    }
    unmount();
  }
  await aMoment();
}

/** The fields that do not show all of a text. */
function hidden(container: Element, text: string): string[] {
  const fields = new Map<string, string>();
  for (const element of container.querySelectorAll<HTMLElement>("[data-field]")) {
    fields.set(element.dataset.field ?? "", element.textContent);
  }
  const visible = (field: string) => fields.get(field) ?? "";
  const readings = [text, decoded(text)].map(lines);
  return [
    ...LITERAL.filter((field) => !visible(field).includes(text)),
    ...MARKDOWN.filter((field) => {
      const shown = visible(field);
      return !readings.some((reading) => reading.every((line) => tells(shown, line)));
    }),
  ];
}
