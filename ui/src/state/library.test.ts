import { describe, expect, test } from "vitest";

import { noIntake } from "../ipc/sample";
import { aDocument, Frames, locked, open, Scripted, settled } from "../test/scripted";
import { Aparte } from "./aparte.svelte";
import { Shelf } from "./shelf.svelte";

async function started(prepare: (ipc: Scripted) => void = () => {}) {
  const ipc = new Scripted();
  prepare(ipc);
  const aparte = new Aparte(ipc, new Frames().onFrame);
  await aparte.start();
  await settled();
  const names = () => aparte.shelf.shown.map(({ name }) => name);
  const selected = () => aparte.shelf.selected.map(({ id }) => id).join(" ");
  return { ipc, aparte, names, selected };
}

const trouble = { code: "vault_full", message: "The disk is full." };
const reading = (id: number, page = 1) => ({
  id,
  name: `${id}.pdf`,
  progress: { state: "reading" as const, page, pages: 9 },
});
const waiting = (id: number) => ({ id, name: `${id}.pdf`, progress: { state: "waiting" as const } });
const failed = (id: number) => ({
  id,
  name: `${id}.pdf`,
  progress: { state: "failed" as const, message: `${id} is damaged.` },
});

const closed = (id: number) => ({
  id,
  name: `${id}.pdf`,
  progress: { state: "closed" as const, message: `${id} wants a password.` },
});

describe("the shelf", () => {
  const shelved = () =>
    started((ipc) => {
      ipc.library = [
        { ...aDocument("a", "Étude 10.pdf"), bytes: 3, added: 1, collections: [1] },
        { ...aDocument("b", "etude 9.pdf"), bytes: 1, added: 3 },
        { ...aDocument("c", "budget.md"), format: "markdown", bytes: 2, added: 2, collections: [1] },
      ];
    });

  test("begins with what came last, and sorts by what is chosen, the other way round the second time", async () => {
    const { aparte, names } = await shelved();
    expect(names()).toEqual(["etude 9.pdf", "budget.md", "Étude 10.pdf"]);
    aparte.shelf.sortBy("name");
    expect(names(), "9 comes before 10, accents and capitals are nothing").toEqual([
      "budget.md",
      "etude 9.pdf",
      "Étude 10.pdf",
    ]);
    aparte.shelf.sortBy("name");
    expect(names()).toEqual(["Étude 10.pdf", "etude 9.pdf", "budget.md"]);
    aparte.shelf.sortBy("size");
    expect(names()).toEqual(["Étude 10.pdf", "budget.md", "etude 9.pdf"]);
    aparte.shelf.sortBy("kind");
    expect(names()[0]).toBe("budget.md");
  });

  test("puts what comes, changes or goes in the place that sorting all of it would", async () => {
    const orders = ["name", "kind", "size", "added"] as const;
    const numbers = Array.from({ length: 300 }, (_, number) => (number * 7919) % 300);
    const document = (number: number, change = 0) => ({
      ...aDocument(`d${number}`, `${(number * 31 + change) % 97}.pdf`),
      bytes: (number * 17 + change) % 41,
      added: (number * 13 + change) % 53,
      collections: number % 3 === 0 ? [1] : [],
    });
    const { ipc, aparte, names } = await started((ipc) => {
      ipc.library = numbers.map((number) => document(number));
    });
    const anew = () => {
      const { order, ascending, collection } = aparte.shelf;
      const fresh = new Shelf({ documents: aparte.library.documents });
      fresh.collection = collection;
      fresh.order = order;
      fresh.ascending = ascending;
      return fresh.shown.map(({ name, bytes, added }) => [name, bytes, added]);
    };
    const shown = () => aparte.shelf.shown.map(({ name, bytes, added }) => [name, bytes, added]);
    let file = 0;
    const comes = (number: number, change = 0) =>
      ipc.tell({
        kind: "file",
        file: {
          id: ++file,
          name: "x",
          progress: { state: "added", document: document(number, change), already: false },
        },
      });
    for (const collection of [null, 1]) {
      aparte.shelf.lookAt(collection);
      for (const order of orders) {
        aparte.shelf.sortBy(order);
        names();
        comes(1000 + file);
        expect(shown(), `one came, by ${order}`).toEqual(anew());
        comes(numbers[file] ?? 0, 5);
        comes(2000 + file);
        expect(shown(), `one changed and one came, by ${order}`).toEqual(anew());
        aparte.library.forget(`d${numbers[file + 100]}`);
        comes(3000 + file);
        expect(shown(), `one went and one came, by ${order}`).toEqual(anew());
      }
    }
  });

  test("is filtered by words in any order, whatever their accents", async () => {
    const { aparte, names } = await shelved();
    aparte.shelf.filter = "10 ETUDE";
    expect(names()).toEqual(["Étude 10.pdf"]);
    aparte.shelf.filter = "ÉTÙDE";
    expect(names()).toHaveLength(2);
    aparte.shelf.filter = "  ";
    expect(names()).toHaveLength(3);
  });

  test("shows a collection alone", async () => {
    const { aparte, names } = await shelved();
    aparte.shelf.lookAt(1);
    expect(names()).toEqual(["budget.md", "Étude 10.pdf"]);
    aparte.shelf.lookAt(null);
    expect(names()).toHaveLength(3);
  });

  test("has one selected, or several, and nothing that is not shown", async () => {
    const { aparte, selected } = await shelved();
    const { shelf } = aparte;
    shelf.select("b");
    shelf.toggle("a");
    expect(selected()).toBe("b a");
    shelf.toggle("b");
    expect(selected()).toBe("a");
    shelf.select("b");
    shelf.extendTo("a");
    expect(selected(), "all between").toBe("b c a");
    shelf.extendTo("c");
    expect(selected(), "from where it began").toBe("b c");
    shelf.filter = "budget";
    expect(selected()).toBe("c");
    shelf.filter = "";
    shelf.selectAll();
    expect(selected()).toBe("b c a");
    shelf.lookAt(1);
    expect(selected()).toBe("");
  });

  test("is gone through line by line, and ends at its ends", async () => {
    const { aparte, selected } = await shelved();
    const { shelf } = aparte;
    expect([shelf.step(1, false), selected()]).toEqual([0, "b"]);
    expect([shelf.step(1, true), selected()]).toEqual([1, "b c"]);
    expect([shelf.step(100, false), selected()]).toEqual([2, "a"]);
    expect([shelf.step(-100, true), selected()]).toEqual([0, "b c a"]);
    shelf.filter = "nothing has this";
    expect(shelf.step(1, false)).toBe(null);
  });
});

describe("documents", () => {
  test("are renamed, and keep their name when that is not kept", async () => {
    const { ipc, aparte } = await started();
    const [document] = aparte.library.documents;
    await aparte.library.rename(document!, "  The harbour ");
    expect([aparte.library.document("d1")?.name, ipc.calls.at(-1)]).toEqual([
      "The harbour",
      "renameDocument d1 The harbour",
    ]);
    ipc.failing.renameDocument = trouble;
    await aparte.library.rename(document!, "Another");
    expect([aparte.library.document("d1")?.name, aparte.library.problem]).toEqual(["The harbour", trouble]);
    const before = ipc.calls.length;
    await aparte.library.rename(document!, "   ");
    expect(ipc.calls).toHaveLength(before);
  });

  test("are read again one after the other; one that fails does not keep the others from it", async () => {
    const { ipc, aparte } = await started((ipc) => {
      ipc.again = { d2: { ...aDocument("d2"), pages: 99 } };
    });
    const read = ipc.readAgain;
    ipc.readAgain = async (id) => {
      if (id === "d1") throw trouble;
      return read(id);
    };
    const done = aparte.library.readAgain(aparte.library.documents);
    expect([...aparte.library.rereading]).toEqual(["d1", "d2"]);
    await done;
    expect([...aparte.library.rereading]).toEqual([]);
    expect([aparte.library.document("d2")?.pages, aparte.library.problem]).toEqual([99, trouble]);
  });

  test("that are open are shown as they were read anew, by hand or because the file changed", async () => {
    const { ipc, aparte } = await started((ipc) => (ipc.again = { d1: aDocument("d1") }));
    await aparte.reader.openDocument(aDocument("d1"), 3);
    const [document] = aparte.library.documents;
    await aparte.library.readAgain([document!]);
    await settled();
    const progress = { state: "added" as const, document: aDocument("d1"), already: true };
    ipc.tell({ kind: "file", file: { id: 1, name: "d1.pdf", progress } });
    await settled();
    expect(ipc.calls.filter((call) => call.startsWith("page"))).toEqual(Array(3).fill("page d1 3 -"));
    expect(ipc.calls.filter((call) => call === "original d1")).toHaveLength(3);
  });

  test("are as the last news of them says", async () => {
    const { ipc, aparte } = await started();
    const document = { ...aDocument("d1", "changed.pdf"), pages: 3 };
    const progress = { state: "added" as const, document, already: true };
    ipc.tell({ kind: "file", file: { id: 1, name: "changed.pdf", progress } });
    expect(aparte.library.documents.map(({ name }) => name)).toEqual(["changed.pdf", "d2.pdf"]);
  });

  test("that came last are at hand, the latest first", async () => {
    const { aparte } = await started((ipc) => {
      ipc.library = Array.from({ length: 40 }, (_, index) => ({
        ...aDocument(`d${index}`),
        added: (index * 7) % 40,
      }));
    });
    expect(aparte.library.latest.map(({ added }) => added)).toEqual([
      39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28,
    ]);
  });
});

describe("collections", () => {
  test("are made with documents, which are in them then", async () => {
    const { ipc, aparte } = await started();
    ipc.made = 5;
    ipc.gathered = [{ id: 5, name: "Contracts" }];
    expect(await aparte.collections.make("Contracts", ["d1", "d2"])).toBe(5);
    expect(ipc.calls.slice(-3)).toEqual(["makeCollection Contracts", "collections", "gather d1,d2 into 5"]);
    expect(aparte.library.documents.map(({ collections }) => collections)).toEqual([[5], [5]]);
    await aparte.collections.gather(["d1"], 5, false);
    expect(aparte.library.documents.map(({ collections }) => collections)).toEqual([[], [5]]);
  });

  test("lose nothing of the library when they are removed", async () => {
    const { ipc, aparte } = await started((ipc) => {
      ipc.gathered = [{ id: 1, name: "Contracts" }];
      ipc.library = [{ ...aDocument("d1"), collections: [1, 2] }];
    });
    await aparte.collections.remove(1);
    expect([aparte.collections.list, ipc.calls.at(-1)]).toEqual([[], "removeCollection 1"]);
    expect(aparte.library.documents.map(({ collections }) => collections)).toEqual([[2]]);
  });

  test("that cannot be kept say so, and nothing is otherwise", async () => {
    const { ipc, aparte } = await started((ipc) => (ipc.failing.gather = trouble));
    await aparte.collections.gather(["d1"], 1, true);
    expect(aparte.collections.problem).toEqual(trouble);
    expect(aparte.library.document("d1")?.collections).toEqual([]);
    ipc.failing.makeCollection = trouble;
    expect(await aparte.collections.make("Contracts")).toBe(null);
  });
});

describe("folders", () => {
  test("that are to be watched are listed once their files come", async () => {
    const { ipc, aparte } = await started();
    await aparte.folders.choose(3, true);
    expect(ipc.calls.at(-1)).toBe("chooseFolder 3 true");
    ipc.watched = [{ number: 0, name: "Minutes", collection: 3 }];
    ipc.tell({ kind: "intake", intake: { ...noIntake, total: 4 } });
    await settled();
    expect(aparte.folders.list.map(({ name }) => name)).toEqual(["Minutes"]);
    const asked = ipc.calls.length;
    ipc.tell({ kind: "intake", intake: { ...noIntake, total: 4, done: 1 } });
    await settled();
    expect(ipc.calls, "and not at each file").toHaveLength(asked);
    ipc.watched = [];
    await aparte.folders.letGo(aparte.folders.list[0]!);
    expect([aparte.folders.list, ipc.calls.slice(-2)]).toEqual([[], ["unwatchFolder 0", "watchedFolders"]]);
  });

  test("whose files are gone leave a question, which is answered once", async () => {
    const { ipc, aparte } = await started();
    ipc.tell({ kind: "gone", documents: ["d1", "elsewhere"] });
    ipc.tell({ kind: "gone", documents: ["d1", "d2"] });
    expect(aparte.goneDocuments.map(({ id }) => id)).toEqual(["d1", "d2"]);
    ipc.failing.keepGone = trouble;
    await aparte.folders.keep();
    expect([aparte.goneDocuments.length, aparte.folders.problem]).toEqual([2, trouble]);
    delete ipc.failing.keepGone;
    await aparte.folders.keep();
    expect([aparte.goneDocuments, ipc.calls.at(-1)]).toEqual([[], "keepGone d1,elsewhere,d2"]);
  });

  test("leave no question about a document that is deleted", async () => {
    const { ipc, aparte } = await started();
    ipc.tell({ kind: "gone", documents: ["d1"] });
    await aparte.erasures.erase({ kind: "document", id: "d1" }, "d1.pdf");
    expect(aparte.goneDocuments).toEqual([]);
  });
});

describe("the intake", () => {
  const standing = (change: Partial<typeof noIntake>) => ({ ...noIntake, ...change });

  test("says how it begins, each quarter and how it ends, and nothing between", async () => {
    const { ipc, aparte } = await started();
    const said: unknown[] = [];
    for (const done of [0, 1, 2, 3, 4, 7, 8]) {
      ipc.tell({ kind: "intake", intake: standing({ total: 8, done, failed: done > 2 ? 1 : 0 }) });
      if (aparte.intake.milestone !== said.at(-1)) said.push(aparte.intake.milestone);
    }
    ipc.tell({ kind: "intake", intake: noIntake });
    said.push(aparte.intake.milestone);
    expect(said).toEqual([
      { kind: "begun", total: 8 },
      { kind: "quarter", done: 2, total: 8 },
      { kind: "quarter", done: 4, total: 8 },
      { kind: "quarter", done: 7, total: 8 },
      { kind: "done", total: 8, failed: 1 },
    ]);
  });

  test("says nothing of a file alone, which has news of its own", async () => {
    const { ipc, aparte } = await started();
    for (const change of [{ total: 1 }, { total: 1, done: 1 }, {}]) {
      ipc.tell({ kind: "intake", intake: standing(change) });
    }
    expect(aparte.intake.milestone).toBe(null);
    ipc.tell({ kind: "intake", intake: standing({ total: 1 }) });
    ipc.tell({ kind: "intake", intake: standing({ total: 30 }) });
    expect(aparte.intake.milestone, "until it turns out to be the first of many").toEqual({
      kind: "begun",
      total: 30,
    });
  });

  test("that goes on from before says so", async () => {
    const { aparte } = await started((ipc) => {
      ipc.start.intake = standing({ total: 30, done: 12, resumed: true });
      ipc.start.files = [reading(1)];
    });
    expect(aparte.intake.milestone).toEqual({ kind: "resumed", total: 30 });
    expect(aparte.intake.files.map(({ id }) => id)).toEqual([1]);
  });

  test("is paused and goes on", async () => {
    const { ipc, aparte } = await started();
    ipc.tell({ kind: "intake", intake: standing({ total: 8 }) });
    await aparte.intake.pause(true);
    expect(ipc.calls.at(-1)).toBe("pauseIntake true");
    ipc.tell({ kind: "intake", intake: standing({ total: 8, paused: true }) });
    expect([aparte.intake.milestone, aparte.intake.isBusy]).toEqual([{ kind: "paused" }, true]);
    ipc.tell({ kind: "intake", intake: standing({ total: 8 }) });
    expect(aparte.intake.milestone).toEqual({ kind: "wentOn" });
  });

  test("that is cancelled says what stays, keeps what failed or wants a password, and hears no more of the rest", async () => {
    const { ipc, aparte } = await started();
    for (const file of [failed(1), reading(2), waiting(3), closed(5)]) ipc.tell({ kind: "file", file });
    ipc.tell({ kind: "intake", intake: standing({ total: 9, done: 5, failed: 1 }) });
    await aparte.intake.cancel();
    ipc.tell({ kind: "cancelled" });
    ipc.tell({ kind: "intake", intake: noIntake });
    ipc.tell({ kind: "file", file: reading(2, 5) });
    expect(aparte.intake.files.map(({ id }) => id)).toEqual([1, 5]);
    expect(aparte.intake.lastTrouble).toBe("5 wants a password.");
    expect([aparte.intake.givenUp, aparte.intake.milestone]).toEqual([3, { kind: "givenUp", kept: 3 }]);
    ipc.tell({ kind: "file", file: waiting(4) });
    expect([aparte.intake.givenUp, aparte.intake.files.length], "what comes next is news").toEqual([null, 3]);
  });

  test("forgets one failure, or all of them", async () => {
    const { ipc, aparte } = await started();
    for (const file of [failed(1), failed(2), failed(3), reading(4)]) ipc.tell({ kind: "file", file });
    expect(aparte.intake.lastTrouble).toBe("3 is damaged.");
    await aparte.intake.dismiss(1);
    await aparte.intake.dismissAll();
    expect(aparte.intake.files.map(({ id }) => id)).toEqual([4]);
    expect(ipc.calls.filter((call) => call.startsWith("dismiss"))).toEqual([
      "dismiss 1",
      "dismiss 2",
      "dismiss 3",
    ]);
  });

  test("tells of vectors only while they are computed", async () => {
    const { ipc, aparte } = await started();
    const embedded = { embedded: 120, passages: 900 };
    ipc.tell({ kind: "intake", intake: standing(embedded) });
    expect(aparte.intake.isBusy, "without a model there is nothing to wait for").toBe(false);
    ipc.tell({ kind: "intake", intake: standing({ ...embedded, embeddingSecondsLeft: 171 }) });
    expect([aparte.intake.isBusy, aparte.intake.isEmbedding]).toEqual([true, true]);
  });

  test("is forgotten with everything else at a lock", async () => {
    const { ipc, aparte } = await started();
    ipc.tell({ kind: "file", file: failed(1) });
    ipc.tell({ kind: "gone", documents: ["d1"] });
    aparte.shelf.filter = "harbour";
    ipc.tell({ kind: "launch", launch: locked() });
    ipc.tell({ kind: "launch", launch: open() });
    await settled();
    expect([aparte.intake.files, aparte.goneDocuments, aparte.shelf.filter]).toEqual([[], [], ""]);
  });
});
