// What is kept, what is not, what goes and what comes back.
import { beforeEach, describe, expect, test, vi } from "vitest";

import type { Item } from "../nouns";
import {
  aConversation,
  aDocument,
  anAnswer,
  Frames,
  locked,
  open,
  Scripted,
  settled,
} from "../test/scripted";
import { Aparte } from "./aparte.svelte";

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

async function started(prepare: (ipc: Scripted) => void = () => {}) {
  const ipc = new Scripted();
  ipc.stored = [aConversation("c1"), aConversation("c2")];
  prepare(ipc);
  const aparte = new Aparte(ipc, new Frames().onFrame);
  await aparte.start();
  await settled();
  const called = (name: string) => ipc.calls.filter((call) => call.split(" ")[0] === name);
  return { ipc, aparte, called, conversations: aparte.conversations };
}

const full = { code: "disk_full", message: "The disk is full." };
const first: Item = { kind: "conversation", id: "c1" };
const second: Item = { kind: "conversation", id: "c2" };
const paper: Item = { kind: "document", id: "d1" };

describe("a lock", () => {
  test("keeps what is being written first, and then nothing of the vault is left here", async () => {
    const { ipc, aparte } = await started();
    await aparte.conversations.openStored(aConversation("c1"));
    aparte.conversations.write("An unfinished");
    await aparte.lock();
    expect(ipc.calls.slice(-2)).toEqual(["keepDraft c1 “An unfinished”", "lock"]);
    const before = aparte.conversations;
    ipc.tell({ kind: "launch", launch: locked() });
    expect(aparte.conversations).not.toBe(before);
    expect([aparte.conversations.list, aparte.library.documents, aparte.conversations.open.draft]).toEqual([
      [],
      [],
      "",
    ]);
    ipc.tell({ kind: "launch", launch: open() });
    await settled();
    expect(aparte.conversations.list.map(({ id }) => id)).toEqual(["c1", "c2"]);
  });

  test("that fails is told", async () => {
    const { aparte } = await started((ipc) => (ipc.failing.lock = full));
    await aparte.lock();
    expect(aparte.settingsProblem).toEqual(full);
  });

  test("waits while somebody is here, of which Rust hears every twenty seconds at most", async () => {
    const { ipc, aparte, called } = await started();
    for (const second of [0, 1, 19, 20, 39, 41]) aparte.active(1e9 + second * 1000);
    expect(called("active")).toHaveLength(3);
    ipc.tell({ kind: "launch", launch: locked() });
    aparte.active(2e9);
    expect(called("active"), "nobody keeps a locked vault open").toHaveLength(3);
  });
});

describe("a draft", () => {
  test("is kept when the keys have rested", async () => {
    const { conversations, called } = await started();
    conversations.write("How");
    vi.advanceTimersByTime(399);
    conversations.write("How much");
    vi.advanceTimersByTime(399);
    await settled();
    expect(called("keepDraft")).toEqual([]);
    vi.advanceTimersByTime(1);
    await settled();
    expect(called("keepDraft")).toEqual(["keepDraft new “How much”"]);
  });

  test("is kept every two seconds while the keys do not rest", async () => {
    const { conversations, called } = await started();
    for (let letters = 1; letters <= 45; letters++) {
      conversations.write("x".repeat(letters));
      vi.advanceTimersByTime(100);
      await settled();
    }
    const lengths = called("keepDraft").map((call) => call.match(/x+/)?.[0].length);
    expect(lengths).toEqual([20, 40]);
  });

  test("is kept at once when its conversation is left", async () => {
    const { conversations, called } = await started();
    conversations.write("How much");
    void conversations.openStored(aConversation("c1"));
    await settled();
    expect(called("keepDraft")).toEqual(["keepDraft new “How much”"]);
  });

  test("is never replaced by an older one that took longer to keep", async () => {
    const { ipc, conversations } = await started();
    const kept: string[] = [];
    let first = () => {};
    ipc.keepDraft = async (_, text) => {
      if (kept.length === 0 && text === "one") await new Promise<void>((done) => (first = done));
      kept.push(text);
    };
    conversations.write("one");
    vi.advanceTimersByTime(400);
    conversations.write("two");
    vi.advanceTimersByTime(400);
    await settled();
    expect(kept).toEqual([]);
    first();
    await settled();
    expect(kept).toEqual(["one", "two"]);
  });

  test("comes back, in the conversation that has not begun and in each that has", async () => {
    const { conversations } = await started((ipc) => (ipc.drafts = { new: "Unsent", c1: "And then" }));
    expect(conversations.open.draft).toBe("Unsent");
    await conversations.openStored(aConversation("c1"));
    await settled();
    expect(conversations.open.draft).toBe("And then");
  });

  test("that comes late does not replace what was typed meanwhile", async () => {
    let arrive = (_: string) => {};
    const { conversations } = await started((ipc) => {
      ipc.draft = () => new Promise((resolve) => (arrive = resolve));
    });
    conversations.write("Newer");
    arrive("Older");
    await settled();
    expect(conversations.open.draft).toBe("Newer");
  });

  test("is given up only when its question is stored", async () => {
    const { ipc, conversations, called } = await started();
    conversations.write("How much?");
    vi.advanceTimersByTime(400);
    void conversations.askDraft();
    await settled();
    vi.advanceTimersByTime(1000);
    await settled();
    expect(called("keepDraft")).toEqual(["keepDraft new “How much?”"]);
    ipc.last.say({ kind: "loading", percent: 10 });
    await settled();
    vi.advanceTimersByTime(400);
    await settled();
    expect(called("keepDraft").at(-1)).toBe("keepDraft new “”");
  });

  test("is the question that could not be stored, as on a full disk", async () => {
    const { conversations, called } = await started((ipc) => (ipc.failing.begin = full));
    conversations.write("How much?");
    await conversations.askDraft();
    vi.advanceTimersByTime(400);
    await settled();
    expect(called("keepDraft").at(-1)).toBe("keepDraft new “How much?”");
  });

  test("is not shown twice, as a draft and as the question without an answer", async () => {
    const { conversations } = await started((ipc) => {
      ipc.drafts = { c1: "How much?" };
      ipc.history["c1"] = [{ role: "question", text: "How much?" }];
    });
    await conversations.openStored(aConversation("c1"));
    await settled();
    expect(conversations.open.draft).toBe("");
  });

  test("that is not kept stays on screen, and why is told until one is", async () => {
    const { ipc, aparte, conversations } = await started((ipc) => (ipc.failing.keepDraft = full));
    conversations.write("How much?");
    vi.advanceTimersByTime(400);
    await settled();
    expect([aparte.drafts.problem, conversations.open.draft]).toEqual([full, "How much?"]);
    ipc.failing = {};
    conversations.write("How much is it?");
    vi.advanceTimersByTime(400);
    await settled();
    expect(aparte.drafts.problem).toBe(null);
  });
});

describe("a private conversation", () => {
  test("begins as one, and of what is written in it nothing is kept", async () => {
    const { ipc, conversations, called } = await started();
    conversations.openNewPrivate();
    expect(conversations.open.isPrivate).toBe(true);
    conversations.write("Nobody's business");
    vi.advanceTimersByTime(1000);
    void conversations.askDraft();
    await settled();
    ipc.last.answer(anAnswer());
    await settled();
    conversations.write("And more");
    conversations.openNew();
    vi.advanceTimersByTime(1000);
    await settled();
    expect(called("begin")).toEqual(["begin Nobody's business privately"]);
    expect(called("keepDraft")).toEqual([]);
    expect(called("draft"), "nor is a draft of it asked for").toEqual(["draft new"]);
    expect(conversations.list[0]?.private).toBe(true);
    expect(conversations.open.isPrivate).toBe(false);
  });

  test("keeps its draft for itself, apart from the one that is kept", async () => {
    const { conversations } = await started();
    conversations.write("Ordinary");
    conversations.openNewPrivate();
    expect(conversations.open.draft).toBe("");
    conversations.write("Private");
    conversations.openNew();
    expect(conversations.open.draft).toBe("Ordinary");
    conversations.openNewPrivate();
    expect(conversations.open.draft).toBe("Private");
  });
});

describe("an erasure", () => {
  test("is out of sight at once, comes back where it was, and is gone when Rust says so", async () => {
    const { ipc, aparte, conversations } = await started();
    const listed = () => conversations.list.map(({ id }) => id);
    void aparte.erasures.erase(first, "About c1");
    expect(listed()).toEqual(["c2"]);
    await settled();
    expect(ipc.calls.at(-1)).toBe("erase conversation c1");
    await aparte.erasures.undo(first);
    expect([listed(), ipc.calls.at(-1), aparte.erasures.pending]).toEqual([
      ["c1", "c2"],
      "undoErase conversation c1",
      [],
    ]);
    await aparte.erasures.erase(first, "About c1");
    ipc.tell({ kind: "erased", item: first });
    expect([listed(), aparte.erasures.pending]).toEqual([["c2"], []]);
  });

  test("has a line of its own each, and goes before its minute is over if the person wants", async () => {
    const { ipc, aparte } = await started();
    await aparte.erasures.erase(first, "About c1");
    await aparte.erasures.erase(second, "About c2");
    await aparte.erasures.erase(paper, "d1.pdf");
    await aparte.erasures.erase(first, "About c1");
    expect(aparte.erasures.pending.map(({ name }) => name)).toEqual(["About c1", "About c2", "d1.pdf"]);
    await aparte.erasures.eraseNow(second);
    expect(ipc.calls.at(-1)).toBe("eraseNow conversation c2");
    expect(aparte.erasures.pending.map(({ name }) => name)).toEqual(["About c1", "d1.pdf"]);
    ipc.tell({ kind: "erased", item: second });
    expect(aparte.erasures.pending, "told twice").toHaveLength(2);
  });

  test("of an earlier page can still be brought back", async () => {
    const { ipc, aparte, conversations } = await started((ipc) => {
      ipc.library = [aDocument("d2")];
      ipc.stored = [aConversation("c2")];
      ipc.erased = [
        { item: first, name: "About c1" },
        { item: paper, name: "d1.pdf" },
      ];
    });
    expect(aparte.erasures.pending.map(({ name }) => name)).toEqual(["About c1", "d1.pdf"]);
    ipc.library = [aDocument("d1"), aDocument("d2")];
    ipc.stored = [aConversation("c1"), aConversation("c2")];
    await aparte.erasures.undo(first);
    await aparte.erasures.undo(paper);
    await settled();
    expect(conversations.list.map(({ id }) => id)).toEqual(["c1", "c2"]);
    expect(aparte.library.documents.map(({ id }) => id)).toEqual(["d1", "d2"]);
    expect(aparte.erasures.pending).toEqual([]);
  });

  test("that fails brings the thing back and says why", async () => {
    const { aparte, conversations } = await started((ipc) => (ipc.failing.erase = full));
    await aparte.erasures.erase(first, "About c1");
    expect(conversations.list.map(({ id }) => id)).toEqual(["c1", "c2"]);
    expect([aparte.erasures.pending, aparte.erasures.problem]).toEqual([[], full]);
  });

  test("whose undo fails can be undone again", async () => {
    const { ipc, aparte, conversations } = await started((ipc) => (ipc.failing.undoErase = full));
    await aparte.erasures.erase(first, "About c1");
    await aparte.erasures.undo(first);
    expect([aparte.erasures.problem, aparte.erasures.pending.length]).toEqual([full, 1]);
    ipc.failing = {};
    await aparte.erasures.undo(first);
    expect(conversations.list.map(({ id }) => id)).toEqual(["c1", "c2"]);
  });

  test("of the open conversation opens a new one", async () => {
    const { aparte, conversations } = await started();
    await conversations.openStored(aConversation("c1"));
    await aparte.erasures.erase(first, "About c1");
    expect(conversations.open.id).toBe(null);
  });

  test("of a conversation in which an answer is written ends the answer first", async () => {
    const { ipc, aparte, conversations } = await started();
    await conversations.openStored(aConversation("c1"));
    void conversations.ask("How much?");
    await settled();
    void aparte.erasures.erase(first, "About c1");
    await settled();
    expect([ipc.calls.at(-1), conversations.list.length]).toEqual(["stop c1", 1]);
    ipc.last.answer(anAnswer({ ending: "stopped" }));
    await settled();
    expect(ipc.calls).toContain("erase conversation c1");
  });

  test("is undone after it was done, even when the undo is quicker", async () => {
    const { ipc, aparte } = await started();
    let done = () => {};
    const erase = ipc.erase;
    ipc.erase = async (item) => {
      await new Promise<void>((resolve) => (done = resolve));
      return erase(item);
    };
    void aparte.erasures.erase(first, "About c1");
    const undone = aparte.erasures.undo(first);
    await settled();
    done();
    await undone;
    expect(ipc.calls.slice(-2)).toEqual(["erase conversation c1", "undoErase conversation c1"]);
  });

  test("of a document closes its page, and questions no longer look in it", async () => {
    const { ipc, aparte, conversations } = await started();
    await aparte.reader.openDocument(aDocument("d1"));
    await aparte.erasures.erase(paper, "d1.pdf");
    expect([aparte.reader.isOpen, aparte.library.documents.map(({ id }) => id)]).toEqual([false, ["d2"]]);
    void conversations.ask("How much?");
    await settled();
    expect(ipc.last.documents).toEqual(["d2"]);
  });

  test("of a document ends when its file is added again", async () => {
    const { ipc, aparte } = await started();
    await aparte.erasures.erase(paper, "d1.pdf");
    const document = aDocument("d1");
    ipc.tell({
      kind: "file",
      file: { id: 7, name: "d1.pdf", progress: { state: "added", document, already: true } },
    });
    expect([aparte.library.documents.map(({ id }) => id), aparte.erasures.pending]).toEqual([
      ["d1", "d2"],
      [],
    ]);
  });
});

describe("what is found", () => {
  test("is looked for when the keys rest, and only what was asked last is shown", async () => {
    const { ipc, aparte, called } = await started();
    const waiting: ((text: string) => void)[] = [];
    const find = ipc.find;
    ipc.find = (question) => {
      void find(question);
      return new Promise((resolve) =>
        waiting.push((text) => resolve([{ conversation: "c1", message: 0, text }])),
      );
    };
    aparte.finder.look("dred");
    aparte.finder.look("dredging");
    vi.advanceTimersByTime(150);
    expect(called("find")).toEqual(["find dredging"]);
    aparte.finder.look("dredging cost");
    vi.advanceTimersByTime(150);
    waiting[1]?.("newer");
    await settled();
    waiting[0]?.("older");
    await settled();
    expect(aparte.finder.found?.map(({ text }) => text)).toEqual(["newer"]);
    aparte.finder.look(" ");
    expect([aparte.finder.found, aparte.finder.isLooking]).toEqual([null, false]);
  });

  test("opens its conversation at the exchange of the message, also of one asked just now", async () => {
    const { ipc, conversations } = await started((ipc) => {
      ipc.history["c1"] = [
        { role: "question", text: "Lost?" },
        { role: "question", text: "One?" },
        { role: "question", text: "One?" },
        { role: "answer", answer: anAnswer() },
      ];
    });
    await conversations.openFound({ conversation: "c1", message: 3, text: "" });
    expect([conversations.open.id, conversations.open.sought]).toEqual(["c1", { index: 1 }]);
    void conversations.ask("Two?");
    await settled();
    ipc.last.answer(anAnswer());
    await settled();
    ipc.history["c1"]?.push({ role: "question", text: "Two?" }, { role: "answer", answer: anAnswer() });
    await conversations.openFound({ conversation: "c1", message: 5, text: "" });
    expect([conversations.open.exchanges.length, conversations.open.sought]).toEqual([3, { index: 2 }]);
  });
});

describe("what was noticed", () => {
  const notices = ["An older copy.", "One is missing."];

  test("stays until the person goes on with it, and then Rust says what is left", async () => {
    const { ipc, aparte } = await started((ipc) => (ipc.start.launch = open({ notices })));
    expect(aparte.vault.notices).toEqual(notices);
    await aparte.vault.accept();
    expect(ipc.calls.at(-1)).toBe("accept");
    ipc.tell({ kind: "launch", launch: open({ notices: ["One is damaged."] }) });
    expect(aparte.vault.notices).toEqual(["One is damaged."]);
  });

  test("is put away until the vault is opened again", async () => {
    const { ipc, aparte } = await started((ipc) => (ipc.start.launch = open({ notices })));
    aparte.vault.dismissNotices();
    ipc.tell({ kind: "launch", launch: open({ notices }) });
    expect(aparte.vault.notices).toEqual([]);
    ipc.tell({ kind: "launch", launch: locked() });
    ipc.tell({ kind: "launch", launch: open({ notices }) });
    expect(aparte.vault.notices).toEqual(notices);
  });

  test("stays when going on fails, with the reason", async () => {
    const { aparte } = await started((ipc) => {
      ipc.start.launch = open({ notices });
      ipc.failing.accept = full;
    });
    await aparte.vault.accept();
    expect([aparte.vault.notices, aparte.vault.noticesProblem]).toEqual([notices, full]);
  });
});

describe("messages that are lost", () => {
  test("leave their number where they stood, and an answer without its question stays readable", async () => {
    const answer = anAnswer();
    const { conversations } = await started((ipc) => {
      ipc.history["c1"] = [
        { role: "lost", number: 1 },
        { role: "answer", answer },
        { role: "question", text: "Next?" },
        { role: "lost", number: 2 },
      ];
    });
    await conversations.openStored(aConversation("c1"));
    expect(
      conversations.open.exchanges.map(({ question, answer, lost }) => [question, answer, lost]),
    ).toEqual([
      [null, answer, 1],
      ["Next?", null, 0],
      [null, null, 2],
    ]);
  });
});

describe("protection", () => {
  test("says what opens the vault after each change, and why a change was not made", async () => {
    const { ipc, aparte } = await started((ipc) => {
      ipc.start.launch = open({ ways: { keychain: true, passphrase: false, recovery: false } });
    });
    const { protection } = aparte;
    ipc.opens = { keychain: false, passphrase: true, recovery: false };
    const keychain = { way: "keychain" as const, secret: "" };
    expect(await protection.setPassphrase(keychain, "a long one")).toBe(true);
    expect(ipc.calls.slice(-2)).toEqual(["setPassphrase keychain  -> a long one", "ways"]);
    expect(protection.ways).toEqual(ipc.opens);
    const wrong = { code: "vault_wrong_passphrase", message: "This is not the passphrase." };
    ipc.failing.makeRecovery = wrong;
    expect(await protection.makeRecovery({ way: "passphrase", secret: "no" })).toBe(null);
    expect([protection.problem, protection.busy]).toEqual([wrong, false]);
  });

  test("a copy that nobody chose a place for was not made", async () => {
    const { aparte } = await started((ipc) => (ipc.chooses = false));
    expect([await aparte.protection.backUp(), await aparte.protection.exportAll()]).toEqual([false, false]);
    expect(aparte.protection.problem).toBe(null);
  });
});
