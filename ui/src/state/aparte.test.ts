import { describe, expect, test } from "vitest";

import {
  aConversation,
  aDocument,
  anAnswer,
  Frames,
  locked,
  open,
  Scripted,
  settings,
  settled,
} from "../test/scripted";
import { Aparte } from "./aparte.svelte";
import type { Conversation } from "./conversation.svelte";
import type { Conversations } from "./conversations.svelte";

async function started(prepare: (ipc: Scripted) => void = () => {}) {
  const ipc = new Scripted();
  prepare(ipc);
  const frames = new Frames();
  const aparte = new Aparte(ipc, frames.onFrame);
  await aparte.start();
  await settled();
  return { ipc, frames, aparte, conversations: aparte.conversations };
}

const stored = (id: string, documents = ["d1"]) => aConversation(id, { documents });
/** Asks in one new conversation, and in another while the first is answered. */
async function askedTwo(conversations: Conversations) {
  void conversations.ask("First?");
  await settled();
  const first = conversations.open;
  conversations.openNew();
  void conversations.ask("Second?");
  await settled();
  return { first, second: conversations.open };
}

const passphrase = (secret: string) => ({ way: "passphrase" as const, secret });
const ready = new Scripted().start.model;
const wrong = { code: "wrong_passphrase", message: "This is not the passphrase." };

describe("the vault", () => {
  test("is loaded once it is open, not before", async () => {
    const { ipc, aparte } = await started((ipc) => (ipc.start.launch = locked()));
    expect(ipc.calls).toEqual(["listen"]);
    ipc.tell({
      kind: "launch",
      launch: open({
        settings: settings({ language: "fr", theme: "dark", lockAfter: 5, earlier: "noneTold" }),
      }),
    });
    await settled();
    expect(ipc.calls).toEqual([
      "listen",
      "documents",
      "draft new",
      "conversations",
      "collections",
      "watchedFolders",
      "erasures",
    ]);
    const { language, theme, lockAfter, earlier } = aparte;
    expect([language, theme, lockAfter, earlier]).toEqual(["fr", "dark", 5, "noneTold"]);
  });

  test("says why a passphrase did not open it, and takes another", async () => {
    const { ipc, aparte } = await started((ipc) => {
      ipc.start.launch = locked();
      ipc.failing.unlock = wrong;
    });
    await aparte.vault.unlock(passphrase("sesame"));
    expect([aparte.vault.problem, aparte.vault.busy]).toEqual([wrong, false]);
    delete ipc.failing.unlock;
    await aparte.vault.unlock(passphrase("open sesame"));
    expect([aparte.vault.problem, aparte.vault.busy], "busy until the vault is open").toEqual([null, true]);
    ipc.tell({ kind: "launch", launch: open() });
    expect(aparte.vault.busy).toBe(false);
  });

  test("keeps the reason beside the passphrase when it is asked for again, and not longer", async () => {
    const { ipc, aparte } = await started((ipc) => {
      ipc.start.launch = locked();
      ipc.failing.unlock = wrong;
    });
    await aparte.vault.unlock(passphrase("sesame"));
    ipc.tell({ kind: "launch", launch: locked() });
    expect([aparte.vault.problem, aparte.vault.busy]).toEqual([wrong, false]);
    ipc.tell({ kind: "launch", launch: { state: "failed", error: wrong } });
    expect(aparte.vault.problem).toBe(null);
  });

  test("that does not answer at all has failed", async () => {
    const { aparte } = await started((ipc) => (ipc.failing.listen = wrong));
    expect(aparte.vault.launch).toEqual({ state: "failed", error: wrong });
  });

  test("news that overtakes the start wins over it", async () => {
    const ipc = new Scripted();
    ipc.start.launch = { state: "opening" };
    const listen = ipc.listen.bind(ipc);
    ipc.listen = async (onNews) => {
      const start = await listen(onNews);
      ipc.tell({ kind: "launch", launch: { state: "newPassphrase" } });
      return start;
    };
    const aparte = new Aparte(ipc, new Frames().onFrame);
    await aparte.start();
    expect(aparte.vault.launch.state).toBe("newPassphrase");
  });
});

describe("settings", () => {
  test("apply at once and go back when they are not kept", async () => {
    const { ipc, aparte } = await started();
    await aparte.change({ language: "fr" });
    expect([aparte.language, ipc.calls.at(-1)]).toEqual([
      "fr",
      "changeSettings fr system 10 oldestLeftOut careful",
    ]);
    ipc.failing.changeSettings = { code: "vault_full", message: "The disk is full." };
    await aparte.change({ theme: "dark" });
    expect([aparte.theme, aparte.settingsProblem?.message]).toEqual(["system", "The disk is full."]);
  });
});

describe("the library", () => {
  const file = { id: 7, name: "new.pdf" };

  test("follows a file until it is a document, which the open conversation looks in", async () => {
    const { ipc, aparte, conversations } = await started((ipc) => (ipc.stored = [stored("c1")]));
    await conversations.openStored(stored("c1"));
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "waiting" } } });
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "reading", page: 2, pages: 9 } } });
    expect(aparte.intake.files.map(({ progress }) => progress.state)).toEqual(["reading"]);
    const document = aDocument("d9", "new.pdf");
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "added", document, already: false } } });
    expect(aparte.intake.files).toEqual([]);
    expect(aparte.library.documents.map(({ id }) => id)).toEqual(["d1", "d2", "d9"]);
    expect([...conversations.open.chosen]).toEqual(["d1", "d9"]);
  });

  test("keeps a file that comes in private to private conversations", async () => {
    const { ipc, conversations } = await started();
    conversations.openNewPrivate();
    expect(ipc.calls).toContain("inPrivate true");
    const document = { ...aDocument("d9", "new.pdf"), private: true };
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "added", document, already: false } } });
    expect([...conversations.open.chosen]).toEqual(["d1", "d2", "d9"]);
    conversations.openNew();
    expect(ipc.calls.at(-1)).toBe("inPrivate false");
    expect([...conversations.open.chosen], "one that is kept does not look in it").toEqual(["d1", "d2"]);
    void conversations.ask("How much?");
    await expect.poll(() => ipc.asked.at(-1)?.documents).toEqual(["d1", "d2"]);
  });

  test("that could not be read is read by trying again, and is then what a new conversation looks in", async () => {
    const { ipc, aparte, conversations } = await started((ipc) => {
      ipc.failing.documents = { code: "vault_damaged", message: "The store is damaged." };
    });
    expect([aparte.library.loaded, aparte.library.problem?.code]).toEqual([false, "vault_damaged"]);
    delete ipc.failing.documents;
    await aparte.load();
    expect([aparte.library.loaded, aparte.library.problem]).toEqual([true, null]);
    expect([...conversations.open.chosen]).toEqual(["d1", "d2"]);
    conversations.open.choose("d1", false);
    await aparte.load();
    expect([...conversations.open.chosen], "the person's choice stays").toEqual(["d2"]);
  });

  test("has a document once, however often it is added", async () => {
    const { ipc, aparte } = await started();
    const document = aDocument("d1");
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "added", document, already: true } } });
    expect(aparte.library.documents.map(({ id }) => id)).toEqual(["d1", "d2"]);
    expect(aparte.library.arrival).toEqual({ document: "d1", already: true });
  });

  test("keeps a failure until it is dismissed", async () => {
    const { ipc, aparte } = await started();
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "failed", message: "It is damaged." } } });
    expect(aparte.intake.files).toHaveLength(1);
    await aparte.intake.dismiss(7);
    expect([aparte.intake.files, ipc.calls.at(-1)]).toEqual([[], "dismiss 7"]);
  });
});

describe("conversations", () => {
  test("begin with their first question and the documents chosen", async () => {
    const { ipc, conversations } = await started();
    conversations.open.choose("d2", false);
    conversations.open.write("How much?");
    void conversations.askDraft();
    await settled();
    expect(conversations.open.draft).toBe("");
    expect(ipc.last).toMatchObject({ question: "How much?", documents: ["d1"] });
    expect(conversations.list.map(({ title }) => title)).toEqual(["How much?"]);
    ipc.last.answer(anAnswer());
    await settled();
    expect(conversations.open.exchanges.map(({ question }) => question)).toEqual(["How much?"]);
    expect(conversations.open.isAnswering).toBe(false);
  });

  test("a new one looks in all documents", async () => {
    const { conversations } = await started();
    expect([...conversations.open.chosen]).toEqual(["d1", "d2"]);
  });

  test("a stored one looks in its own documents that are still here", async () => {
    const { ipc, conversations } = await started();
    await conversations.openStored(stored("c1", ["d2", "gone"]));
    void conversations.ask("How much?");
    await settled();
    expect(ipc.last.documents).toEqual(["d2"]);
  });

  test("one whose documents are all gone keeps what was written", async () => {
    const { ipc, conversations } = await started();
    await conversations.openStored(stored("c1", ["gone"]));
    conversations.open.write("How much?");
    await conversations.askDraft();
    expect([ipc.asked, conversations.open.draft]).toEqual([[], "How much?"]);
  });

  test("one that is opened before the library is known looks in its own documents, a new one in all", async () => {
    let arrive = () => {};
    const { ipc, conversations } = await started((ipc) => {
      ipc.documents = () => new Promise((resolve) => (arrive = () => resolve(ipc.library)));
    });
    await conversations.openStored(stored("c1", ["d2"]));
    arrive();
    await settled();
    void conversations.ask("How much?");
    await settled();
    expect(ipc.last.documents).toEqual(["d2"]);
    conversations.openNew();
    expect([...conversations.open.chosen]).toEqual(["d1", "d2"]);
  });

  test("nothing is asked without a document or a word", async () => {
    const { ipc, conversations } = await started();
    await conversations.ask("   ");
    conversations.open.choose("d1", false);
    conversations.open.choose("d2", false);
    await conversations.ask("How much?");
    expect([ipc.asked, ipc.calls.filter((call) => call.startsWith("begin"))]).toEqual([[], []]);
  });

  test("are answered at the same time, each with its own words", async () => {
    const { ipc, frames, conversations } = await started();
    const { first, second } = await askedTwo(conversations);
    expect(ipc.asked.map(({ question }) => question)).toEqual(["First?", "Second?"]);
    expect([...conversations.answering]).toEqual([first.id, second.id]);
    const [one, other] = ipc.asked;
    one!.say({ kind: "text", text: "It cost" });
    other!.say({ kind: "text", text: "In May" });
    frames.draw();
    const words = (conversation: Conversation) => {
      const { reply } = conversation.writing;
      return (
        reply.state === "writing" &&
        [...reply.text.settled, ...reply.text.last].map(({ raw }) => raw).join("")
      );
    };
    expect([words(first), words(second)]).toEqual(["It cost", "In May"]);
    other!.answer(anAnswer({ text: "In May." }));
    await settled();
    expect([first.isAnswering, second.isAnswering]).toEqual([true, false]);
    expect([...conversations.answering]).toEqual([first.id]);
    one!.answer(anAnswer());
    await settled();
    expect([first, second].map(({ exchanges }) => exchanges.map(({ question }) => question))).toEqual([
      ["First?"],
      ["Second?"],
    ]);
  });

  test("one in which an answer is written takes no second question, and keeps what was not sent", async () => {
    const { ipc, conversations } = await started();
    void conversations.ask("First?");
    await settled();
    conversations.open.write("A second one");
    await conversations.askDraft();
    await conversations.ask("A third one");
    expect([ipc.asked.length, conversations.open.draft]).toEqual([1, "A second one"]);
  });

  test("one is stopped without the other", async () => {
    const { ipc, conversations } = await started();
    const { first, second } = await askedTwo(conversations);
    await conversations.stop();
    expect(ipc.calls.filter((call) => call.startsWith("stop"))).toEqual([`stop ${second.id}`]);
    expect([first.stopping, second.stopping]).toEqual([false, true]);
    await conversations.openStored(first.stored!);
    await conversations.stop();
    expect(ipc.calls.filter((call) => call.startsWith("stop"))).toEqual([
      `stop ${second.id}`,
      `stop ${first.id}`,
    ]);
  });

  test("both keep what was written when the engine dies under them", async () => {
    const { ipc, conversations } = await started();
    const { first, second } = await askedTwo(conversations);
    for (const asked of ipc.asked) asked.answer(anAnswer({ text: "It", ending: "interrupted" }));
    await settled();
    expect([first, second].map(({ exchanges }) => exchanges[0]?.answer?.ending)).toEqual([
      "interrupted",
      "interrupted",
    ]);
    expect([...conversations.answering]).toEqual([]);
  });

  test("one that is erased while it is answered is stopped, and the other goes on", async () => {
    const { ipc, aparte, conversations } = await started();
    const { first, second } = await askedTwo(conversations);
    const erasing = aparte.erasures.erase({ kind: "conversation", id: first.id! }, "First?");
    await settled();
    expect(ipc.calls.at(-1), "it is erased once nothing is written to it any more").toBe(`stop ${first.id}`);
    ipc.asked[0]!.answer(anAnswer({ ending: "stopped" }));
    await erasing;
    expect(ipc.calls).toContain(`erase conversation ${first.id}`);
    expect([second.isAnswering, second.stopping]).toEqual([true, false]);
  });

  test("none of them is there any more once the vault is locked, whatever still comes of their answers", async () => {
    const { ipc, frames, aparte, conversations } = await started();
    await askedTwo(conversations);
    ipc.tell({ kind: "launch", launch: locked() });
    for (const asked of ipc.asked) {
      asked.say({ kind: "text", text: "It cost" });
      frames.draw();
      asked.answer(anAnswer({ ending: "stopped" }));
    }
    await settled();
    const after = aparte.conversations;
    expect([[...after.answering], after.list, after.open.isEmpty, after.open.draft]).toEqual([
      [],
      [],
      true,
      "",
    ]);
  });

  test("a new one can be written in while the one before it still begins", async () => {
    const { ipc, conversations } = await started();
    const begin = ipc.begin;
    let begun = () => {};
    ipc.begin = async (question, documents, privately) => {
      await new Promise<void>((resolve) => (begun = resolve));
      return begin(question, documents, privately);
    };
    void conversations.ask("First?");
    await settled();
    conversations.openNew();
    expect(conversations.open.isAnswering).toBe(false);
    conversations.open.write("Second?");
    begun();
    await settled();
    expect(conversations.list.map(({ title }) => title)).toEqual(["First?"]);
    conversations.openNew();
    expect(conversations.open.draft).toBe("Second?");
    expect([...conversations.open.chosen], "it looks in all documents").toEqual(["d1", "d2"]);
  });

  test("a question whose conversation could not begin is in the new one that took its place", async () => {
    const { ipc, conversations } = await started();
    let fail = () => {};
    ipc.begin = () =>
      new Promise((_, reject) => (fail = () => reject({ code: "vault_full", message: "The disk is full." })));
    void conversations.ask("First?");
    await settled();
    conversations.openNew();
    conversations.write("Second?");
    fail();
    await settled();
    expect(conversations.open.draft).toBe("First?\n\nSecond?");
    await expect.poll(() => ipc.calls.at(-1)).toBe("keepDraft new “First?\n\nSecond?”");
  });

  test("stop asks once, for the conversation that is being answered", async () => {
    const { ipc, conversations } = await started();
    void conversations.ask("First?");
    await settled();
    await Promise.all([conversations.stop(), conversations.stop()]);
    expect(ipc.calls.filter((call) => call.startsWith("stop"))).toEqual([`stop ${ipc.last.conversation}`]);
    ipc.last.answer(anAnswer({ ending: "stopped", text: "It" }));
    await settled();
    expect(conversations.open.exchanges[0]?.answer?.ending).toBe("stopped");
  });

  test("stop is heard while the conversation is still beginning", async () => {
    const { ipc, conversations } = await started();
    const begin = ipc.begin;
    let begun = () => {};
    ipc.begin = async (question, documents, privately) => {
      await new Promise<void>((resolve) => (begun = resolve));
      return begin(question, documents, privately);
    };
    void conversations.ask("First?");
    await settled();
    await conversations.stop();
    expect([conversations.open.stopping, ipc.asked]).toEqual([true, []]);
    begun();
    await settled();
    const stops = () => ipc.calls.filter((call) => call.startsWith("stop"));
    expect(stops()).toEqual([`stop ${ipc.last.conversation}`]);
    ipc.last.say({ kind: "loading", percent: 1 });
    ipc.last.say({ kind: "loading", percent: 2 });
    expect(stops(), "once more, should it have overtaken the question").toHaveLength(2);
  });

  test("a question that failed stays, and is asked again in the same conversation", async () => {
    const { ipc, conversations } = await started();
    void conversations.ask("How much?");
    await settled();
    ipc.last.fail({ code: "engine_stopped", message: "The engine stopped." });
    await settled();
    expect(conversations.open.writing.reply).toMatchObject({ state: "failed", question: "How much?" });
    void conversations.ask("How much?");
    await settled();
    expect(ipc.asked[1]?.conversation).toBe(ipc.asked[0]?.conversation);
    ipc.last.answer(anAnswer());
    await settled();
    expect(conversations.open.exchanges).toHaveLength(1);
    expect(conversations.list).toHaveLength(1);
  });

  test("another question after a failed one leaves that one visible without an answer", async () => {
    const { ipc, conversations } = await started();
    void conversations.ask("First?");
    await settled();
    ipc.last.fail({ code: "x", message: "No." });
    await settled();
    void conversations.ask("Second?");
    await settled();
    expect(conversations.open.exchanges).toMatchObject([{ question: "First?", answer: null }]);
  });

  test("a stored question without an answer is told once when it is asked again", async () => {
    const { ipc, conversations } = await started((ipc) => {
      ipc.history["c1"] = [
        { role: "question", text: "How much?" },
        { role: "answer", answer: anAnswer() },
        { role: "question", text: "Lost?" },
      ];
    });
    await conversations.openStored(stored("c1"));
    void conversations.ask("Lost?");
    await settled();
    const told = () => conversations.open.exchanges.map(({ question }) => question);
    expect(told(), "the reply shows it").toEqual(["How much?"]);
    ipc.last.answer(anAnswer());
    await settled();
    expect(told()).toEqual(["How much?", "Lost?"]);
  });

  test("a conversation that cannot begin keeps the question", async () => {
    const { ipc, conversations } = await started((ipc) => {
      ipc.failing.begin = { code: "vault_full", message: "The disk is full." };
    });
    await conversations.ask("How much?");
    expect(conversations.open.writing.reply).toMatchObject({ state: "failed", question: "How much?" });
    expect([conversations.list, conversations.open.isAnswering, ipc.asked]).toEqual([[], false, []]);
  });

  test("stored messages become questions with their answers", async () => {
    const answer = anAnswer();
    const { ipc, conversations } = await started((ipc) => {
      ipc.history["c1"] = [
        { role: "question", text: "Lost?" },
        { role: "question", text: "Again?" },
        { role: "question", text: "Again?" },
        { role: "answer", answer },
      ];
    });
    await conversations.openStored(stored("c1"));
    expect(conversations.open.exchanges).toEqual([
      { question: "Lost?", answer: null, lost: 0, at: 0 },
      { question: "Again?", answer, lost: 0, at: 1 },
    ]);
    await conversations.openStored(stored("c1"));
    expect(
      ipc.calls.filter((call) => call.startsWith("messages")),
      "read once",
    ).toHaveLength(1);
  });
});

describe("the context of a conversation", () => {
  const context = (used: number, leftOut = 0) => ({ used, capacity: 8192, told: 2, leftOut });

  test("is asked for when it is opened and when its answer is there", async () => {
    const { ipc, conversations } = await started((ipc) => {
      ipc.stored = [stored("c1")];
      ipc.context["c1"] = context(300);
    });
    await conversations.openStored(stored("c1"));
    expect(conversations.open.contextUse).toEqual(context(300));
    void conversations.ask("And then?");
    await settled();
    ipc.context["c1"] = context(700);
    ipc.last.answer(anAnswer());
    await settled();
    expect(conversations.open.contextUse).toEqual(context(700));
  });

  test("is asked for when a model is there, and gone with it", async () => {
    const { ipc, conversations } = await started((ipc) => (ipc.start.model = { state: "waiting" }));
    await conversations.openStored(stored("c1"));
    expect(conversations.open.contextUse).toBeNull();
    ipc.context["c1"] = context(300);
    ipc.tell({ kind: "model", model: { state: "loading", name: "Model", percent: 40 } });
    const asked = () => ipc.calls.filter((call) => call === "contextUse c1").length;
    const before = asked();
    ipc.tell({ kind: "model", model: { state: "loading", name: "Model", percent: 80 } });
    expect(asked(), "not at every step").toBe(before);
    ipc.tell({ kind: "model", model: ready });
    await settled();
    expect(conversations.open.contextUse).toEqual(context(300));
    delete ipc.context["c1"];
    ipc.tell({ kind: "model", model: { state: "stopped", name: "Model" } });
    await settled();
    expect(conversations.open.contextUse).toBeNull();
  });

  test("is asked for when it is chosen what the model is told, once that is kept", async () => {
    const { ipc, aparte, conversations } = await started((ipc) => (ipc.context["c1"] = context(5000, 3)));
    await conversations.openStored(stored("c1"));
    ipc.context["c1"] = context(90);
    await aparte.change({ theme: "dark" });
    expect(conversations.open.contextUse).toEqual(context(5000, 3));
    await aparte.change({ earlier: "noneTold" });
    await settled();
    expect(ipc.calls).toContain("changeSettings en dark 10 noneTold careful");
    expect(conversations.open.contextUse).toEqual(context(90));
  });

  test("is what was asked for last, whatever comes back last", async () => {
    const { ipc, conversations } = await started();
    const answers: ((used: number) => void)[] = [];
    ipc.contextUse = () => new Promise((resolve) => answers.push((used) => resolve(context(used))));
    await conversations.openStored(stored("c1"));
    void conversations.measure();
    answers[1]!(700);
    await settled();
    answers[0]!(300);
    await settled();
    expect(conversations.open.contextUse).toEqual(context(700));
  });

  test("is not shown when it cannot be told", async () => {
    const { ipc, conversations } = await started((ipc) => (ipc.context["c1"] = context(300)));
    await conversations.openStored(stored("c1"));
    ipc.failing.contextUse = { code: "engine_stopped", message: "The engine stopped." };
    await conversations.measure();
    expect([conversations.open.contextUse, conversations.problem]).toEqual([null, null]);
  });
});
