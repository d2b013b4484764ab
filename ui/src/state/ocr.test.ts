import { describe, expect, test } from "vitest";

import type { RecognisedPage } from "../nouns";
import type { Scan } from "../ocr/scan";
import { aDocument, Scripted, settled } from "../test/scripted";
import { Ocr } from "./ocr.svelte";

/** A scan whose pages are read when the test says so. */
class Scans {
  /** Pages that are being read. */
  waiting: { number: number; done: () => void; fail: () => void }[] = [];
  opened = 0;
  passwords: (string | null)[] = [];
  closed = 0;
  open = async (_bytes: ArrayBuffer, password: string | null): Promise<Scan> => {
    this.passwords.push(password);
    this.opened += 1;
    return {
      read: (number, signal) =>
        new Promise<RecognisedPage>((resolve, reject) => {
          const words = [
            { text: `words ${number}`, confidence: 90, rect: [0, 0, 9, 9], line: 0, paragraph: 0 },
          ] as RecognisedPage["words"];
          const done = () => resolve({ number, size: [595, 842], words });
          this.waiting.push({ number, done, fail: () => reject(new Error("no memory")) });
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
      close: () => void (this.closed += 1),
    };
  };
  async finish(): Promise<void> {
    this.waiting.shift()?.done();
    await settled();
  }
}

function anOcr(...documents: ReturnType<typeof aDocument>[]) {
  const ipc = new Scripted();
  ipc.library = documents;
  const scans = new Scans();
  const changed: string[] = [];
  const ocr = new Ocr(ipc, scans.open, ({ id, imagePages }) => changed.push(`${id} ${imagePages.join()}`));
  return { ipc, scans, changed, ocr };
}

const scan = (id: string, ...imagePages: number[]) => ({ ...aDocument(id), imagePages });

describe("text recognition", () => {
  test("reads the pages that are images one by one, and gives each away as it is read", async () => {
    const documents = [scan("d1", 3, 7)];
    const { ipc, scans, changed, ocr } = anOcr(...documents);
    const read = ocr.read(documents);
    await settled();
    expect(scans.waiting.map(({ number }) => number)).toEqual([3]);
    expect(ocr.running).toMatchObject({ document: "d1", done: 0, total: 2, left: null });
    await scans.finish();
    expect(ipc.calls.at(-1)).toBe("recognised d1 3 “words 3”");
    expect(changed).toEqual(["d1 7"]);
    expect(ocr.running?.done).toBe(1);
    expect(ocr.running?.left, "an estimate after the first page").toBeGreaterThanOrEqual(0);
    await scans.finish();
    await read;
    expect(changed).toEqual(["d1 7", "d1 "]);
    expect([ocr.running, ocr.failed, scans.closed]).toEqual([null, null, 1]);
  });

  test("reads one document after the other, and none twice", async () => {
    const documents = [scan("d1", 1), scan("d2", 2), scan("d3")];
    const { ipc, scans, ocr } = anOcr(...documents);
    const read = ocr.read(documents);
    await settled();
    expect([ocr.isOn("d1"), ocr.isOn("d2"), ocr.isOn("d3")], "d3 has no such page").toEqual([
      true,
      true,
      false,
    ]);
    await ocr.read(documents);
    await scans.finish();
    await scans.finish();
    await read;
    expect(ipc.calls.filter((call) => call.startsWith("recognised"))).toEqual([
      "recognised d1 1 “words 1”",
      "recognised d2 2 “words 2”",
    ]);
    expect(scans.opened).toBe(2);
  });

  test("opens a document with the password that is kept with it", async () => {
    const { ipc, scans, ocr } = anOcr(scan("d1", 1));
    ipc.password = "four calm words";
    void ocr.read([scan("d1", 1)]);
    await settled();
    expect(scans.passwords).toEqual(["four calm words"]);
  });

  test("begins no page while it is paused", async () => {
    const documents = [scan("d1", 1, 2)];
    const { scans, ocr } = anOcr(...documents);
    void ocr.read(documents);
    await settled();
    ocr.pause();
    await scans.finish();
    expect(scans.waiting).toEqual([]);
    ocr.goOn();
    await settled();
    expect(scans.waiting.map(({ number }) => number)).toEqual([2]);
  });

  test("ends at once when it is cancelled, and can be begun again", async () => {
    const documents = [scan("d1", 1, 2), scan("d2", 1)];
    const { ipc, scans, ocr } = anOcr(...documents);
    const read = ocr.read(documents);
    await settled();
    ocr.cancel();
    await read;
    expect([ocr.running, ocr.waiting, ocr.failed, scans.closed]).toEqual([null, [], null, 1]);
    expect(ipc.calls.some((call) => call.startsWith("recognised"))).toBe(false);
    scans.waiting = [];
    void ocr.read(documents);
    await settled();
    expect(scans.waiting.map(({ number }) => number)).toEqual([1]);
  });

  test("that was paused at the last page goes on when it is begun again", async () => {
    const { scans, ocr } = anOcr(scan("d1", 1), scan("d2", 4));
    const first = ocr.read([scan("d1", 1)]);
    await settled();
    ocr.pause();
    await scans.finish();
    await first;
    void ocr.read([scan("d2", 4)]);
    await settled();
    expect([ocr.paused, scans.waiting.map(({ number }) => number)]).toEqual([false, [4]]);
  });

  test("cancelled while it is paused, it ends too", async () => {
    const documents = [scan("d1", 1, 2)];
    const { scans, ocr } = anOcr(...documents);
    const read = ocr.read(documents);
    await settled();
    ocr.pause();
    await scans.finish();
    ocr.cancel();
    await read;
    expect([ocr.running, ocr.paused, scans.closed]).toEqual([null, false, 1]);
  });

  test("says which document it could not read, and goes on with the next", async () => {
    const documents = [scan("d1", 1), scan("d2", 1)];
    const { scans, ocr } = anOcr(...documents);
    void ocr.read(documents);
    await settled();
    scans.waiting.shift()?.fail();
    await settled();
    expect(ocr.failed).toMatchObject({ document: "d1", error: null });
    expect(ocr.running).toMatchObject({ document: "d2" });
  });

  test("says what Rust says when a page cannot be kept", async () => {
    const documents = [scan("d1", 1)];
    const { ipc, scans, ocr } = anOcr(...documents);
    ipc.failing.recognised = { code: "vault_full", message: "The disk is full." };
    const read = ocr.read(documents);
    await settled();
    await scans.finish();
    await read;
    expect(ocr.failed?.error?.message).toBe("The disk is full.");
    expect(scans.closed, "nothing stays open").toBe(1);
  });
});
