// Hostile text through every field: nothing runs, nothing is fetched, nothing is hidden. Scripts and subresources
// are on in this window and a server listens where the text points, so that a failure would be seen.
import { createServer } from "node:http";

import { render } from "@testing-library/svelte";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import hostile from "../../../tests/fixtures/hostile.json";
import { speaking } from "../i18n/spoken.svelte";
import { decoded } from "../markdown/lex";
import Fields from "./Fields.svelte";
import { findings } from "./inert";

/** Fields whose text is shown as it is; the others read Markdown. */
const LITERAL = ["question", "title", "document", "suggestion", "problem", "file"];
const MARKDOWN = ["answer", "reply"];

const fetched: string[] = [];
let ran = 0;
const server = createServer((request, response) => {
  fetched.push(request.url);
  response.end();
});
/** Where the text's addresses lead in this test. */
let here = "";

beforeAll(async () => {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  here = `127.0.0.1:${server.address().port}`;
  // The window in which scripts run is not the one whose names Vitest lends to this file.
  const own = document.defaultView;
  if (!own) throw new Error("the document has no window");
  own.alert = () => void (ran += 1);
});
afterAll(() => server.close());

function filled(payloads: string[]): string[] {
  const texts = hostile.wrappers.flatMap((wrapper) =>
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

async function showAll(texts: string[]): Promise<void> {
  for (const source of texts) {
    const text = source.replaceAll("127.0.0.1:9", here).replaceAll("canary.invalid", here);
    const { container, unmount } = render(Fields, { props: { text }, context: speaking("en") });
    const unexpected = findings(container);
    expect(unexpected, `made of ${JSON.stringify(text)}`).toEqual([]);
    const visible = (field: string) => container.querySelector(`[data-field=${field}]`)?.textContent ?? "";
    for (const field of LITERAL) {
      expect(visible(field).includes(text), `${field} hides something of ${JSON.stringify(text)}`).toBe(true);
    }
    for (const field of MARKDOWN) {
      const whole = [text, decoded(text)].some((each) =>
        lines(each).every((line) => tells(visible(field), line)),
      );
      expect(whole, `${field} hides something of ${JSON.stringify(text)}:\n${visible(field)}`).toBe(true);
    }
    unmount();
  }
  await aMoment();
}

describe("hostile text", () => {
  test("the checker and the window see an unsafe rendering", async () => {
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

  test("scripts do not run and stay visible (X1)", { timeout: 80_000 }, async () => {
    const texts = filled(hostile.scripts);
    expect(texts.length).toBeGreaterThanOrEqual(1000);
    await showAll(texts);
    expect(ran).toBe(0);
    expect(fetched).toEqual([]);
  });

  test("addresses are not called and stay visible (N4)", { timeout: 80_000 }, async () => {
    const texts = filled(hostile.callouts);
    expect(texts.length).toBeGreaterThanOrEqual(300);
    await showAll(texts);
    expect(ran).toBe(0);
    expect(fetched).toEqual([]);
  });
});
