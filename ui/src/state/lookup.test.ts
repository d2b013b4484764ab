import { describe, expect, test } from "vitest";

import { aDocument, Scripted, settled } from "../test/scripted";
import { Reader } from "./reader.svelte";

const after = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
const place = (page: number, start: number) => ({ page, range: { start, end: start + 3 } });

async function reading(places = [place(1, 0), place(3, 4), place(3, 9), place(8, 0)]) {
  const ipc = new Scripted();
  ipc.places = places;
  const reader = new Reader(ipc);
  await reader.openDocument(aDocument("d1"), 2);
  const { lookup } = reader;
  lookup.open();
  const at = () => [lookup.index, reader.reading.state === "open" && reader.reading.text.number];
  return { ipc, reader, lookup, at };
}

describe("a search in a document", () => {
  test("goes to the first place from the page on that is read, and round the ends", async () => {
    const { ipc, lookup, at } = await reading();
    lookup.look("the");
    lookup.look("the fees ");
    await after(200);
    expect(ipc.calls.filter((call) => call.startsWith("findIn"))).toEqual(["findIn d1 the fees"]);
    expect(at()).toEqual([1, 3]);
    await lookup.step(1);
    expect(at(), "on the same page").toEqual([2, 3]);
    await lookup.step(1);
    await lookup.step(1);
    expect(at()).toEqual([0, 1]);
    await lookup.step(-1);
    expect(at()).toEqual([3, 8]);
  });

  test("does not wait for the keys to rest once somebody wants to go on", async () => {
    const { lookup, at } = await reading();
    lookup.look("fees");
    await lookup.step(1);
    expect(at()).toEqual([1, 3]);
  });

  test("goes on in the next document, and ends with the pane", async () => {
    const { ipc, reader, lookup } = await reading();
    lookup.look("fees");
    await lookup.step(1);
    await reader.openDocument(aDocument("d2"));
    expect(lookup.places, "what was found was elsewhere").toBe(null);
    await lookup.step(1);
    expect(ipc.calls).toContain("findIn d2 fees");
    reader.close();
    expect([lookup.isOpen, lookup.sought, lookup.places]).toEqual([false, "", null]);
  });

  test("says that nothing was found, or why it failed", async () => {
    const { ipc, lookup } = await reading([]);
    lookup.look("fees");
    await lookup.step(1);
    expect(lookup.places).toEqual([]);
    ipc.failing.findIn = { code: "vault_damaged", message: "This cannot be read." };
    lookup.look("dues");
    await after(200);
    await settled();
    expect(lookup.problem?.message).toBe("This cannot be read.");
  });
});
