// The source beside the answer, as somebody reads in it. Pages are shown as text: jsdom draws none.
import { fireEvent } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";

import { opened, rest } from "../test/opened";
import { aCitation, aConversation, aDocument, anAnswer, open, settings } from "../test/scripted";

async function cited(citations = [aCitation(), aCitation({ page: 5 })], library = [aDocument("d1")]) {
  const window = await opened((ipc) => {
    ipc.library = library;
    ipc.stored = [aConversation("c1")];
    ipc.history.c1 = [
      { role: "question", text: "How much?" },
      { role: "answer", answer: anAnswer({ citations, text: "It cost 412,000 euros [1]. It ended [2]." }) },
    ];
  });
  await window.click("conversation");
  return window;
}

/** Selects words of the page, as a mouse does. */
async function select(element: HTMLElement, words: string) {
  const range = document.createRange();
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.textContent?.indexOf(words) ?? -1;
    if (at < 0) continue;
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
  }
  document.getSelection()?.removeAllRanges();
  document.getSelection()?.addRange(range);
  document.dispatchEvent(new Event("selectionchange"));
  await rest();
}

describe("the source", () => {
  test("is followed to the next citation and back by keys, from wherever the focus is", async () => {
    const { ipc, press, click, part } = await cited();
    await click("citation");
    await press("ArrowDown", { altKey: true });
    part("question").focus();
    await press("ArrowUp", { altKey: true });
    const pages = ipc.calls.filter((call) => call.startsWith("page "));
    expect(pages).toEqual(["page d1 3 4-9", "page d1 5 4-9", "page d1 3 4-9"]);
  });

  test("marks what is looked for, counts it, and ends the search before itself", async () => {
    const { ipc, press, click, part, all, type } = await cited();
    // The page reads "Before. The quote. After."
    ipc.places = [
      { page: 1, range: { start: 0, end: 6 } },
      { page: 3, range: { start: 8, end: 11 } },
      { page: 3, range: { start: 19, end: 24 } },
    ];
    await click("citation");
    await press("f", { ctrlKey: true });
    expect(document.activeElement).toBe(part("lookup"));
    await type("lookup", "the");
    await press("Enter");
    expect(part("lookup-count").textContent).toBe("2 of 3");
    expect(
      all("quote").map(({ textContent, className }) => [textContent, className.includes("here")]),
    ).toEqual([
      ["The", true],
      [" quote.", false],
    ]);
    expect(all("found-text").map(({ textContent }) => textContent)).toEqual(["After"]);
    await press("Escape");
    expect([all("lookup"), all("found-text"), all("source").length]).toEqual([[], [], 1]);
    await press("Escape");
    expect(all("source")).toEqual([]);
  });

  test("asks about what is selected, with its place, and copies it with that", async () => {
    const { ipc, click, part, all, type } = await cited();
    await click("citation");
    await select(part("page-text"), "quote");
    const copied: string[] = [];
    const copy = Object.assign(new Event("copy", { bubbles: true }), {
      clipboardData: { setData: (_: string, text: string) => copied.push(text) },
    });
    part("page-text").dispatchEvent(copy);
    expect(copied).toEqual(["quote\n(harbour-report.pdf, page 3)"]);
    await click("ask-about");
    expect(part("about").textContent).toContain("quote");
    expect([all("selection"), document.activeElement]).toEqual([[], part("question")]);
    await type("question", "Why?");
    await click("send");
    expect(ipc.last.question).toBe("> quote\n> — harbour-report.pdf, page 3\n\nWhy?");
    expect(part("asked").textContent, "the passage stands apart").toBe("How much?");
    expect(all("asked").at(-1)?.textContent).toBe("Why?");
  });

  test("asks about no passage where that is taken back", async () => {
    const { ipc, click, part, all, type } = await cited();
    await type("question", "Why?");
    await click("citation");
    await select(part("page-text"), "Before");
    await click("ask-about");
    await click("drop-about");
    expect([all("about"), (part("question") as HTMLTextAreaElement).value]).toEqual([[], "Why?"]);
    await click("send");
    expect(ipc.last.question).toBe("Why?");
  });

  test("of a document that is gone says so, and keeps the words that were cited", async () => {
    const { ipc, click, part, all } = await cited(undefined, [aDocument("d2")]);
    ipc.failing.page = { code: "page_missing", message: "Gone." };
    expect(part("citation").getAttribute("aria-label")).toContain("no longer in the library");
    await click("citation");
    expect(part("removed").textContent).toContain("no longer in the library");
    expect([part("removed-quote").textContent, all("again")]).toEqual(["The quote.", []]);
  });

  test("is as wide as somebody made it, now and later", async () => {
    const window = await opened((ipc) => {
      ipc.start.launch = open({ settings: settings({ sourceWidth: 500 }) });
    });
    await window.click("document");
    const pane = window.part("source");
    expect(pane.style.getPropertyValue("--chosen")).toBe("500px");
    await fireEvent.keyDown(window.part("grip"), { key: "ArrowLeft" });
    await rest();
    expect(window.aparte.sourceWidth).not.toBe(500);
    expect(window.ipc.calls.some((call) => call.startsWith("changeSettings"))).toBe(true);
    await fireEvent.dblClick(window.part("grip"));
    expect(window.aparte.sourceWidth, "a double click puts it back").toBe(0);
  });
});
