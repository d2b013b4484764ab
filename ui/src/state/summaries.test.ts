// Summaries: made, paused and gone on with, made otherwise, and put away.
import { describe, expect, test } from "vitest";

import type { KeptSummary } from "../nouns";
import { aSection, aSummary, Scripted, settled } from "../test/scripted";
import { Summaries } from "./summaries.svelte";

const subject = { name: null, documents: ["d1"] };

function begun() {
  const ipc = new Scripted();
  const summaries = new Summaries(ipc);
  summaries.openFor(subject);
  const summary = summaries.open!;
  return { ipc, summaries, summary };
}

describe("a summary", () => {
  test("says how far it is and shows the sections that are read, in the order of the document", async () => {
    const { ipc, summary } = begun();
    const made = summary.make({ length: "brief", style: "bullets", focus: "the costs", language: "fr" });
    expect(ipc.calls).toEqual(["summarize d1 brief bullets the costs fr"]);
    const unread = aSummary().outline.map((section) => ({ ...section, isRead: false }));
    ipc.tellOfSummary({ kind: "planned", outline: unread, unread: [] });
    ipc.tellOfSummary({ kind: "note", section: aSection({ heading: "Accounts", from: 1, to: 2 }) });
    ipc.tellOfSummary({ kind: "reading", done: 1, total: 2, leftMs: 30_000 });
    ipc.tellOfSummary({ kind: "note", section: aSection() });
    expect(summary.stage).toMatchObject({
      state: "making",
      step: { done: 1, leftMs: 30_000 },
      outline: [{ isRead: true }, { isRead: true }],
      notes: [{ heading: "Works" }, { heading: "Accounts" }],
    });
    expect(summary.share).toBe(0.5);
    ipc.tellOfSummary({ kind: "merging", leftMs: null });
    expect(summary.share).toBe(1);
    ipc.summarized(aSummary());
    await made;
    expect([summary.stage, summary.share]).toEqual([{ state: "made", summary: aSummary() }, null]);
  });

  test("that is paused gives what was read, and goes on as it was wanted", async () => {
    const { ipc, summary } = begun();
    const first = summary.make({ ...summary.wish, length: "detailed" });
    await summary.pause();
    await summary.pause();
    expect(ipc.calls.filter((call) => call === "stopSummary")).toHaveLength(1);
    expect(summary.stage).toMatchObject({ pausing: true });
    ipc.summarized(aSummary({ ending: "stopped", read: 1 }));
    await first;
    expect(summary.stage).toMatchObject({ state: "made", summary: { ending: "stopped" } });
    void summary.make();
    expect(ipc.calls.at(-1)).toBe("summarize d1 detailed prose - -");
  });

  test("whose pause is not heard can be paused again", async () => {
    const { ipc, summary } = begun();
    void summary.make();
    ipc.failing.stopSummary = { code: "vault_locked", message: "Locked." };
    await summary.pause();
    expect(summary.stage).toMatchObject({ state: "making", pausing: false });
  });

  test("that fails says why, and is made again", async () => {
    const { ipc, summary } = begun();
    const made = summary.make();
    ipc.summaryFails({ code: "engine_stopped", message: "The engine stopped." });
    await made;
    expect(summary.stage).toMatchObject({ state: "failed", error: { message: "The engine stopped." } });
    void summary.make();
    expect(summary.isBusy).toBe(true);
  });
});

describe("summaries that were asked for before", () => {
  const kept = (change: Partial<KeptSummary> = {}): KeptSummary => ({
    subject,
    wish: { length: "brief", style: "bullets", focus: null, language: null },
    asked: 0,
    isWhole: true,
    ...change,
  });

  test("are listed, and made at once when they are opened", async () => {
    const ipc = new Scripted();
    ipc.keptOfSummaries = [kept(), kept({ wish: { ...kept().wish, length: "detailed" } })];
    const summaries = new Summaries(ipc);
    await summaries.load();
    expect(summaries.list.map(({ versions }) => versions.length)).toEqual([2]);
    summaries.show(summaries.list[0]!.number);
    expect(ipc.calls).toEqual(["summarize d1 brief bullets - -"]);
    ipc.summarized(aSummary());
    await settled();
    summaries.openFor(subject);
    expect(summaries.open?.stage.state).toBe("made");
  });

  test("and were not finished wait for somebody to go on", async () => {
    const ipc = new Scripted();
    ipc.keptOfSummaries = [kept({ isWhole: false })];
    const summaries = new Summaries(ipc);
    await summaries.load();
    summaries.openFor(subject);
    expect([ipc.calls, summaries.open?.wish]).toEqual([[], kept().wish]);
  });

  test("are forgotten one by one, or all of them with their line", async () => {
    const ipc = new Scripted();
    const [brief, detailed] = [kept(), kept({ wish: { ...kept().wish, length: "detailed" } })];
    ipc.keptOfSummaries = [brief, detailed];
    const summaries = new Summaries(ipc);
    await summaries.load();
    const [line] = summaries.list;
    await line!.forgetVersion(brief);
    expect([ipc.calls.at(-1), line!.versions]).toEqual(["forgetKeptSummary d1 brief bullets", [detailed]]);
    await summaries.close(line!.number);
    expect([ipc.calls.at(-1), summaries.list]).toEqual(["forgetKeptSummary d1 detailed bullets", []]);
  });

  test("are the empty list where they cannot be read", async () => {
    const ipc = new Scripted();
    ipc.failing.keptSummaries = { code: "vault_damaged", message: "Damaged." };
    const summaries = new Summaries(ipc);
    await summaries.load();
    expect(summaries.list).toEqual([]);
  });
});

describe("a file with a summary", () => {
  test("is written where the person says, and nothing is told where they do not", async () => {
    const { ipc, summary } = begun();
    ipc.chooses = false;
    await summary.export("docx", "Summary");
    expect([ipc.calls.at(-1), summary.exporting]).toEqual(["exportSummary docx Summary", { state: "none" }]);
    ipc.chooses = true;
    await summary.export("pdf", "Summary");
    expect(summary.exporting).toEqual({ state: "written" });
  });

  test("that cannot be written says why", async () => {
    const { ipc, summary } = begun();
    ipc.failing.exportSummary = { code: "export_disk_full", message: "The disk is full." };
    await summary.export("pdf", "Summary");
    expect(summary.exporting).toMatchObject({ state: "failed", error: { message: "The disk is full." } });
  });
});

describe("summaries", () => {
  test("of the same documents are one, and those of others are made beside it", async () => {
    const { ipc, summaries, summary } = begun();
    expect(summaries.list, "nothing is wanted of it yet").toEqual([]);
    void summary.make();
    summaries.openFor({ name: "Works", documents: ["d1", "d2"] });
    expect(summaries.open).not.toBe(summary);
    void summaries.open!.make();
    expect(ipc.calls.map((call) => call.split(" ")[1])).toEqual(["d1", "d1,d2"]);
    expect(summaries.list.map(({ subject }) => subject.name)).toEqual(["Works", null]);
    summaries.openFor(subject);
    expect(summaries.open).toBe(summary);
  });

  test("that are put away end, and do not come back", async () => {
    const { ipc, summaries, summary } = begun();
    const made = summary.make();
    await summaries.close(summary.number);
    expect(ipc.calls.slice(-2)).toEqual(["forgetSummary", "forgetKeptSummary d1 standard prose"]);
    expect([summaries.open, summaries.list]).toEqual([null, []]);
    ipc.summarized(aSummary());
    await made;
    await settled();
    expect(summaries.list).toEqual([]);
    summaries.openFor(subject);
    expect(summaries.open!.stage).toEqual({ state: "choosing" });
  });
});
