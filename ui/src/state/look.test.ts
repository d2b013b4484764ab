import { describe, expect, test } from "vitest";

import { NoPaper, type Paper } from "../paper/paper";
import { aCitation, aDocument, Scripted, settled } from "../test/scripted";
import { Look } from "./look.svelte";
import { Reader } from "./reader.svelte";

function aLook() {
  const ipc = new Scripted();
  const closed: number[] = [];
  let opened = 0;
  const passwords: (string | null)[] = [];
  const open = async (_bytes: ArrayBuffer, password: string | null): Promise<Paper> => {
    passwords.push(password);
    const which = (opened += 1);
    return { pages: 8, close: () => void closed.push(which) } as unknown as Paper;
  };
  return { ipc, closed, passwords, look: new Look(ipc, open) };
}

describe("a document as it looks", () => {
  test("is fetched once, and given up for another", async () => {
    const { ipc, closed, look } = aLook();
    await look.open("d1");
    await look.open("d1");
    expect(ipc.calls).toEqual(["original d1", "originalPassword d1"]);
    expect(look.looks.state).toBe("open");
    await look.open("d2");
    expect(closed).toEqual([1]);
    look.close();
    expect([closed, look.looks.state]).toEqual([[1, 2], "none"]);
  });

  test("is opened with the password that is kept with it", async () => {
    const { ipc, passwords, look } = aLook();
    await look.open("d1");
    ipc.password = "four calm words";
    await look.open("d2");
    expect(passwords).toEqual([null, "four calm words"]);
  });

  test("that comes too late is given up", async () => {
    const { closed, look } = aLook();
    const first = look.open("d1");
    look.close();
    await first;
    expect([closed, look.looks.state]).toEqual([[1], "none"]);
  });

  test("says why it cannot be shown", async () => {
    const { ipc, look } = aLook();
    ipc.failing.original = { code: "vault_damaged", message: "It is damaged." };
    await look.open("d1");
    expect(look.looks).toMatchObject({ state: "failed", error: { message: "It is damaged." } });
    const empty = new Look(ipc);
    delete ipc.failing.original;
    await empty.open("d1");
    expect(empty.looks, "an original that is gone has no bytes").toMatchObject({ trouble: "missing" });
    const { closed, look: other } = aLook();
    await other.open("d1");
    other.fail(new NoPaper("slow"));
    expect([closed, other.looks]).toEqual([[1], { state: "failed", trouble: "slow", error: null }]);
    await other.open("d1");
    expect(other.looks.state, "another page may be drawn").toBe("open");
  });
});

describe("the reader of a document that has a look", () => {
  test("shows it where it has one, unless its text is wanted", async () => {
    const { ipc, closed, look } = aLook();
    const reader = new Reader(ipc, (id) => (id === "d1" ? "pdf" : "text"), look);
    await reader.openDocument(aDocument("d1"));
    await settled();
    expect(look.looks.state).toBe("open");
    reader.showText(true);
    expect([look.looks.state, closed]).toEqual(["none", [1]]);
    reader.showText(false);
    await settled();
    expect(look.looks.state).toBe("open");
    await reader.openCitation([aCitation({ document: "d2" })], 0);
    expect(look.looks.state, "text has none").toBe("none");
  });

  test("goes to a page, and comes back to it", async () => {
    const { ipc, look } = aLook();
    const reader = new Reader(ipc, () => "pdf", look);
    await reader.openDocument(aDocument("d1"));
    for (const number of [5, 0, 9, 2.5, Number.NaN]) await reader.goTo(number);
    expect(reader.reading).toMatchObject({ text: { number: 5 } });
    reader.close();
    await reader.openDocument(aDocument("d1"));
    expect(reader.reading, "where it was open last").toMatchObject({ text: { number: 5 } });
    await reader.openDocument(aDocument("d1"), 2);
    expect(reader.reading, "or where it is wanted").toMatchObject({ text: { number: 2 } });
  });

  test("is magnified in steps that end", () => {
    const reader = new Reader(new Scripted());
    expect([reader.canShrink, reader.canGrow]).toEqual([false, true]);
    reader.magnify(-1);
    expect(reader.zoom).toBe(1);
    for (let step = 0; step < 9; step += 1) reader.magnify(1);
    expect([reader.zoom, reader.canGrow]).toEqual([4, false]);
  });

  test("shows a page anew when its text was recognised", async () => {
    const ipc = new Scripted();
    const reader = new Reader(ipc);
    await reader.openDocument(aDocument("d1"), 3);
    await reader.recognised("d2");
    await reader.recognised("d1");
    expect(ipc.calls).toEqual(["page d1 3 -", "page d1 3 -"]);
  });

  test("shows a document anew that was read anew, as it looks too", async () => {
    const { ipc, closed, look } = aLook();
    const reader = new Reader(ipc, () => "pdf", look);
    await reader.openDocument(aDocument("d1"), 7);
    await settled();
    await reader.readAnew(aDocument("d2"));
    expect(closed).toEqual([]);
    await reader.readAnew(aDocument("d1"));
    await settled();
    expect([closed, look.looks.state]).toEqual([[1], "open"]);
    expect(reader.reading).toMatchObject({ text: { number: 7 } });
    await reader.readAnew({ ...aDocument("d1"), pages: 2 });
    expect(reader.reading, "with fewer pages, at its last").toMatchObject({ text: { number: 2 } });
  });

  test("does not come back to a page that could not be opened, nor to one that is no more", async () => {
    const ipc = new Scripted();
    const reader = new Reader(ipc);
    await reader.openDocument(aDocument("d1"), 5);
    ipc.failing.page = { code: "vault_damaged", message: "This page is damaged." };
    await reader.leaf(1);
    delete ipc.failing.page;
    reader.close();
    await reader.openDocument(aDocument("d1"));
    expect(reader.reading).toMatchObject({ state: "open", text: { number: 5 } });
    reader.close();
    await reader.openDocument({ ...aDocument("d1"), pages: 3 });
    expect(reader.reading).toMatchObject({ state: "open", text: { number: 3 } });
  });
});
