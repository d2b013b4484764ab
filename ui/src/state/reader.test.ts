import { describe, expect, test } from "vitest";

import { aCitation, aDocument, Scripted } from "../test/scripted";
import { Reader } from "./reader.svelte";

const citations = [
  aCitation(),
  aCitation({ page: 5, range: { start: 1, end: 2 } }),
  aCitation({ document: "d2", page: null, anchor: "Fees" }),
];
const pages = (ipc: Scripted) => ipc.calls.map((call) => call.replace("page ", ""));

describe("the reader", () => {
  test("opens a citation at its words, and walks through the others", async () => {
    const ipc = new Scripted();
    const reader = new Reader(ipc);
    await reader.openCitation(citations, 0);
    await reader.follow(1);
    await reader.follow(1);
    await reader.follow(1);
    expect(pages(ipc), "a format without pages is one page").toEqual(["d1 3 4-9", "d1 5 1-2", "d2 1 4-9"]);
    expect(reader.reading).toMatchObject({ state: "open", place: { anchor: "Fees" } });
  });

  test("leafs within the document and marks the words again on their page", async () => {
    const ipc = new Scripted();
    const reader = new Reader(ipc);
    await reader.openCitation(citations, 0);
    await reader.leaf(1);
    expect(reader.reading).toMatchObject({ place: { citation: null } });
    await reader.leaf(-1);
    expect(pages(ipc)).toEqual(["d1 3 4-9", "d1 4 -", "d1 3 4-9"]);
    expect(reader.reading).toMatchObject({ place: { citation: { index: 0 } } });
  });

  test("stays within the document", async () => {
    const ipc = new Scripted();
    const reader = new Reader(ipc);
    await reader.openDocument(aDocument("d1"));
    await reader.leaf(-1);
    expect(pages(ipc)).toEqual(["d1 1 -"]);
  });

  test("does not show a page that comes too late", async () => {
    const ipc = new Scripted();
    const reader = new Reader(ipc);
    const first = reader.openCitation(citations, 0);
    reader.close();
    await first;
    expect(reader.reading.state).toBe("closed");
  });

  test("says why a page cannot be shown, and tries again", async () => {
    const ipc = new Scripted();
    ipc.failing.page = { code: "vault_damaged", message: "This page is damaged." };
    const reader = new Reader(ipc);
    await reader.openCitation(citations, 0);
    expect(reader.reading).toMatchObject({ state: "failed", error: { message: "This page is damaged." } });
    delete ipc.failing.page;
    await reader.retry();
    expect(reader.reading).toMatchObject({ state: "open", text: { number: 3, quote: "The quote." } });
  });
});
