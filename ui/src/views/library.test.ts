// The library as a person uses it, over a scripted door.
import { fireEvent } from "@testing-library/svelte";
import { describe, expect, test } from "vitest";

import { noIntake } from "../ipc/sample";
import { opened, rest } from "../test/opened";
import { aConversation, aDocument, anAnswer, open, settings, type Scripted } from "../test/scripted";

async function shelved(prepare: (ipc: Scripted) => void = () => {}) {
  const window = await opened((ipc) => {
    ipc.library = ["a", "b", "c"].map((id, index) => ({ ...aDocument(id), added: 30 - index }));
    prepare(ipc);
  });
  await window.click("library");
  const lines = () => window.all("shelf-line").map(({ dataset }) => dataset.id);
  const selected = () =>
    window
      .all("shelf-line")
      .filter((line) => line.getAttribute("aria-selected") === "true")
      .map(({ dataset }) => dataset.id);
  return { ...window, lines, selected };
}

const reading = (id: number) => ({
  id,
  name: `${id}.pdf`,
  progress: { state: "reading" as const, page: 3, pages: 9 },
});
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

describe("a search of the library's text", () => {
  const after = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
  const hit = (document: string, page: number | null, text: string) => ({
    document,
    name: `${document}.pdf`,
    page,
    anchor: page === null ? "Fees" : null,
    range: { start: 4, end: 9 },
    text,
  });

  async function searching() {
    const window = await shelved((ipc) => {
      ipc.hits = [hit("a", 3, "The visitors’ fees were raised."), hit("b", null, "Dues of the berth.")];
      ipc.library = ipc.library.map((document, index) => ({
        ...document,
        format: index === 2 ? "markdown" : "pdf",
        added: Date.now() - index * 20 * 86_400_000,
        collections: index === 1 ? [7] : [],
      }));
      ipc.gathered = [{ id: 7, name: "Harbour" }];
    });
    const asked = () => window.ipc.calls.filter((call) => call.startsWith("search"));
    await window.type("filter", "a");
    await window.click("in-text");
    await window.type("filter", "fees");
    await after(300);
    await rest();
    return { ...window, asked };
  }

  test("finds passages, and opens them with the others to go on to", async () => {
    const { ipc, all, part, press, asked } = await searching();
    expect(asked(), "once the keys rest").toEqual(["search fees in a,b,c"]);
    expect(all("hit").map(({ textContent }) => textContent?.replace(/\s+/g, " ").trim())).toEqual([
      "a.pdf page 3 The visitors’ fees were raised.",
      "b.pdf Fees Dues of the berth.",
    ]);
    expect(part("shown").textContent).toContain("2 passages");
    part("filter").focus();
    await press("ArrowDown");
    await fireEvent.click(document.activeElement!);
    await rest();
    await press("ArrowDown", { altKey: true });
    expect(ipc.calls.filter((call) => call.startsWith("page"))).toEqual(["page a 3 4-9", "page b 1 4-9"]);
    expect(part("source").textContent).toContain("Result 2 of 2");
    expect(part("source").querySelector(".badge"), "nobody claims anything of it").toBe(null);
  });

  test("is kept to a kind, a time, a collection and what is selected", async () => {
    const { part, click, asked, container } = await searching();
    const choose = async (name: string, value: string) => {
      await fireEvent.change(part(name), { target: { value } });
      await rest();
    };
    await choose("search-kind", "Markdown");
    await choose("search-kind", "");
    await choose("search-age", "30");
    await choose("search-age", "0");
    await fireEvent.click(
      [...container.querySelectorAll("button")].find((each) => /Harbour/.test(each.textContent))!,
    );
    await rest();
    expect(asked().map((call) => call.split(" in ")[1])).toEqual([
      "a,b,c",
      "c",
      "a,b,c",
      "a,b",
      "a,b,c",
      "b",
    ]);
    await click("clear-filter");
    expect(part("shelf")).toBeTruthy();
  });

  test("says that nothing was found, and gives the names back", async () => {
    const { ipc, click, type, part, all, container, lines } = await searching();
    ipc.hits = [];
    await type("filter", "mooring");
    part("filter").focus();
    await fireEvent.keyDown(part("filter"), { key: "Enter" });
    await rest();
    expect(container.textContent).toContain("No passage of these documents speaks of this.");
    await click("in-names");
    expect([all("hit"), (part("filter") as HTMLInputElement).value, lines()]).toEqual([[], "mooring", []]);
  });
});

describe("the library", () => {
  test("is one click or one key away, has the focus, and is left for the question", async () => {
    const { part, press, all, lines } = await shelved();
    expect(lines()).toEqual(["a", "b", "c"]);
    expect([all("question"), document.activeElement]).toEqual([[], part("shelf")]);
    await press("Escape");
    expect(document.activeElement).toBe(part("question"));
    await press("O", { ctrlKey: true, shiftKey: true });
    expect(document.activeElement).toBe(part("shelf"));
    await press("n", { ctrlKey: true });
    expect(document.activeElement).toBe(part("question"));
  });

  test("is gone through by keys, which show the report and open the page", async () => {
    const { ipc, part, all, press, selected } = await shelved();
    expect(all("report")).toEqual([]);
    await press("ArrowDown");
    await press("ArrowDown");
    expect(selected()).toEqual(["b"]);
    expect(part("shelf").getAttribute("aria-activedescendant")).toBe(all("shelf-line")[1]!.id);
    expect(part("report").getAttribute("aria-label")).toBe("About b.pdf");
    await press("ArrowDown", { shiftKey: true });
    expect([selected(), part("report").textContent]).toEqual([
      ["b", "c"],
      expect.stringContaining("2 documents selected"),
    ]);
    await press("a", { ctrlKey: true });
    expect(selected()).toEqual(["a", "b", "c"]);
    await press("Escape");
    expect(selected()).toEqual([]);
    await press("Home");
    await press("Enter");
    expect(ipc.calls.at(-1)).toBe("page a 1 -");
  });

  test("is selected in with the mouse, and a second click opens", async () => {
    const { ipc, all, selected } = await shelved();
    const line = (index: number) => all("shelf-line")[index]!;
    await fireEvent.click(line(0));
    await fireEvent.click(line(2), { ctrlKey: true });
    await rest();
    expect(selected()).toEqual(["a", "c"]);
    await fireEvent.click(line(1), { shiftKey: true });
    await rest();
    expect(selected(), "from the one that was clicked last").toEqual(["b", "c"]);
    await fireEvent.dblClick(line(1));
    await rest();
    expect(ipc.calls.at(-1)).toBe("page b 1 -");
  });

  test("has names that are changed where they stand", async () => {
    const { ipc, part, all, press, type } = await shelved();
    await press("ArrowDown");
    await press("F2");
    const field = part("new-name") as HTMLInputElement;
    expect(document.activeElement).toBe(field);
    expect(field.value.slice(field.selectionStart!, field.selectionEnd!), "what it says it is stays").toBe(
      "a",
    );
    await type("new-name", "the harbour.pdf");
    await press("Enter");
    expect(ipc.calls.at(-1)).toBe("renameDocument a the harbour.pdf");
    expect(part("shelf-line").textContent).toContain("the harbour.pdf");
    expect([all("new-name"), document.activeElement]).toEqual([[], part("shelf")]);
    const asked = ipc.calls.length;
    await press("F2");
    await type("new-name", "something else");
    await press("Escape");
    expect([ipc.calls.length, all("report").length]).toEqual([asked, 1]);
  });

  test("lets one document go and keeps the focus", async () => {
    const { ipc, part, press, lines } = await shelved();
    await press("ArrowDown");
    await press("Delete");
    expect([lines(), ipc.calls.at(-1)]).toEqual([["b", "c"], "erase document a"]);
    expect(document.activeElement).toBe(part("shelf"));
  });

  test("asks before several go, and brings them all back", async () => {
    const { ipc, part, all, press, click, lines } = await shelved((ipc) => {
      ipc.library = Array.from({ length: 6 }, (_, index) => ({
        ...aDocument(`m${index}`),
        added: 9 - index,
      }));
    });
    await press("a", { ctrlKey: true });
    await click("erase-selected");
    expect(part("erase-question").textContent).toContain("Delete 6 documents?");
    await click("erase-anyway");
    expect(lines()).toEqual([]);
    expect(ipc.calls.filter((call) => call.startsWith("erase"))).toHaveLength(6);
    expect(part("erasures").textContent).toContain("6 deleted");
    await click("undo-erase");
    expect([lines().length, all("erasures")]).toEqual([6, []]);
  });

  test("brings back what was deleted where the sidebar is away", async () => {
    const { container, all, part, press, click, lines } = await shelved();
    await press("ArrowDown");
    await press("Delete");
    expect(all("erasure")).toHaveLength(1);
    await fireEvent.click(container.querySelector('[aria-label="Hide the sidebar"]')!);
    await rest();
    expect(part("library-view").contains(part("erasure"))).toBe(true);
    await click("undo-erase");
    expect(lines()).toEqual(["a", "b", "c"]);
  });

  test("reads documents again", async () => {
    const { ipc, part, press, click } = await shelved((ipc) => {
      ipc.again = { a: { ...aDocument("a"), pages: 12, added: 30 } };
    });
    await press("ArrowDown");
    await click("read-again");
    expect(ipc.calls).toContain("readAgain a");
    expect(part("report").textContent).toContain("12 pages");
  });

  test("tells what could not be read, and where a document came from", async () => {
    const { part, press } = await shelved((ipc) => {
      ipc.library = [
        { ...aDocument("a"), imagePages: [3, 7], incompletePages: [2, 3, 7, 9, 10, 11], folder: "Minutes" },
      ];
    });
    await press("ArrowDown");
    const said = part("report").textContent;
    expect(said).toContain("Pages 3 and 7 are images: their text is not read yet.");
    expect(said).toContain("Pages 2 and 9–11 could not be read completely.");
    expect(said).toContain("the folder “Minutes”");
  });

  test("is filtered, and says how many are left", async () => {
    const { part, type, press, lines } = await shelved();
    await type("filter", "B");
    expect([lines(), part("shown").textContent?.trim()]).toEqual([["b"], "1 of 3 documents"]);
    part("filter").focus();
    await press("Escape");
    expect([lines().length, part("shown").textContent?.trim()]).toEqual([3, "3 documents"]);
    await press("Enter");
    expect(document.activeElement).toBe(part("shelf"));
  });

  test("is sorted by its columns, which say how", async () => {
    const { container, lines } = await shelved();
    const column = container.querySelector<HTMLElement>('[data-part="sort"][data-order="added"]')!;
    expect(column.parentElement?.getAttribute("aria-sort")).toBe("descending");
    await fireEvent.click(column);
    await rest();
    expect([column.parentElement?.getAttribute("aria-sort"), lines()]).toEqual([
      "ascending",
      ["c", "b", "a"],
    ]);
  });

  test("draws of ten thousand documents those in sight, and finds each of the others by the keys", async () => {
    const { all, part, press } = await shelved((ipc) => {
      ipc.library = Array.from({ length: 10_000 }, (_, index) => ({
        ...aDocument(`m${index}`),
        added: 20_000 - index,
      }));
    });
    expect(all("shelf-line").length).toBeLessThan(100);
    expect(part("shelf").getAttribute("aria-rowcount")).toBe("10001");
    expect(all("document"), "and a dozen beside it").toHaveLength(12);
    await press("End");
    expect(part("report").getAttribute("aria-label")).toBe("About m9999.pdf");
  });

  test("invites files where there are none, and adds to the collection that is looked at", async () => {
    const { ipc, part, all, click } = await shelved((ipc) => {
      ipc.gathered = [{ id: 4, name: "Contracts" }];
    });
    await click("collection");
    expect(part("library-view").textContent).toContain("No document is in this collection yet.");
    await click("add-to-library");
    expect(ipc.calls.at(-1)).toBe("chooseFiles 4");
    await click("add-folder");
    await fireEvent.click(part("watch"));
    await click("choose-folder");
    expect([ipc.calls.at(-1), all("choose-folder")]).toEqual(["chooseFolder 4 true", []]);
  });
});

describe("files that are dropped", () => {
  test("go into the collection that is looked at, as long as it is", async () => {
    const { ipc, click, press } = await shelved((ipc) => {
      ipc.gathered = [{ id: 4, name: "Contracts" }];
    });
    const told = () => ipc.calls.filter((call) => call.startsWith("dropInto"));
    expect(told()).toEqual([]);
    await click("collection");
    expect(told()).toEqual(["dropInto 4"]);
    await press("n", { ctrlKey: true });
    expect(told().slice(1)).toEqual(["dropInto -"]);
    await click("library");
    expect(told().slice(2)).toEqual(["dropInto 4"]);
  });
});

describe("files that were copied elsewhere", () => {
  test("are pasted into the collection that is looked at", async () => {
    const { ipc, click, press, part } = await shelved((ipc) => {
      ipc.gathered = [{ id: 4, name: "Contracts" }];
    });
    await press("v", { ctrlKey: true });
    expect(ipc.calls.at(-1)).toBe("pasteFiles -");
    await click("collection");
    await press("v", { metaKey: true });
    expect(ipc.calls.at(-1)).toBe("pasteFiles 4");
    const asked = ipc.calls.length;
    part("filter").focus();
    await press("v", { ctrlKey: true });
    expect(ipc.calls.length, "in a field the web view pastes text").toBe(asked);
  });

  test("are no text where a question is written", async () => {
    const { ipc, part } = await opened();
    const paste = (...types: string[]) => {
      const event = new Event("paste", { bubbles: true, cancelable: true });
      part("question").dispatchEvent(Object.assign(event, { clipboardData: { types } }));
      return event.defaultPrevented;
    };
    expect([paste("text/plain"), ipc.calls.includes("pasteFiles -")]).toEqual([false, false]);
    expect([paste("Files", "text/plain"), ipc.calls.includes("pasteFiles -")]).toEqual([true, true]);
  });
});

describe("collections", () => {
  test("are made, filled from the report, looked at, renamed and removed", async () => {
    const { ipc, part, all, press, click, type, lines } = await shelved();
    await press("ArrowDown");
    await press("ArrowDown", { shiftKey: true });
    ipc.made = 7;
    ipc.gathered = [{ id: 7, name: "Contracts" }];
    await click("gather-new");
    await type("name", "Contracts");
    await click("name-it");
    expect(ipc.calls.at(-1)).toBe("gather a,b into 7");
    expect(part("collection").textContent).toContain("2");
    await fireEvent.click(part("gather"));
    await rest();
    expect(ipc.calls.at(-1)).toBe("gather a,b out of 7");
    await fireEvent.click(part("gather"));
    await rest();
    await click("collection");
    expect([lines(), part("library-view").querySelector("h1")?.textContent]).toEqual([
      ["a", "b"],
      "Contracts",
    ]);
    ipc.gathered = [{ id: 7, name: "Agreements" }];
    await click("rename-collection");
    await type("name", "Agreements");
    await click("name-it");
    expect(ipc.calls).toContain("renameCollection 7 Agreements");
    expect(part("library-view").querySelector("h1")?.textContent).toBe("Agreements");
    await click("remove-collection");
    expect(ipc.calls.slice(-2)).toEqual(["removeCollection 7", "dropInto -"]);
    expect([all("collection"), lines().length]).toEqual([[], 3]);
  });

  test("leave the focus where their name was asked for, and at another place when they go", async () => {
    const { ipc, part, press, click, type } = await shelved((ipc) => {
      ipc.gathered = [
        { id: 4, name: "Contracts" },
        { id: 5, name: "Minutes" },
      ];
    });
    await click("make-collection");
    await press("Escape");
    expect(document.activeElement).toBe(part("make-collection"));
    await click("collection");
    await click("rename-collection");
    await type("name", "Agreements");
    await click("name-it");
    expect(document.activeElement).toBe(part("rename-collection"));
    await click("remove-collection");
    expect([ipc.calls.includes("removeCollection 4"), document.activeElement]).toEqual([
      true,
      part("all-documents"),
    ]);
  });

  test("that cannot be made say why", async () => {
    const { part, click, type } = await shelved((ipc) => {
      ipc.failing.makeCollection = { code: "x", message: "The disk is full." };
    });
    await click("make-collection");
    await type("name", "Contracts");
    await click("name-it");
    expect(part("problem").textContent).toBe("The disk is full.");
  });
});

describe("many files on their way", () => {
  const busy = { ...noIntake, total: 200, done: 37, secondsLeft: 132 };

  test("are told in one line, with the one that is being read, and can be paused", async () => {
    const { ipc, part, all, click } = await opened();
    for (let id = 2; id < 90; id += 1)
      ipc.tell({ kind: "file", file: { id, name: `${id}.pdf`, progress: { state: "waiting" } } });
    ipc.tell({ kind: "file", file: reading(1) });
    ipc.tell({ kind: "intake", intake: busy });
    await rest();
    expect(part("intake-line").textContent).toBe("37 of 200 files · about 2 minutes left");
    expect(all("incoming").map(({ textContent }) => textContent)).toEqual([
      expect.stringContaining("Reading page 3 of 9"),
    ]);
    expect(part("intake-news").textContent).toBe("200 files to read.");
    await click("pause-intake");
    expect(ipc.calls.at(-1)).toBe("pauseIntake true");
    ipc.tell({ kind: "intake", intake: { ...busy, paused: true } });
    await rest();
    expect([part("intake-line").textContent, part("pause-intake").textContent]).toEqual([
      "37 of 200 files · Paused",
      "Go on",
    ]);
    await click("pause-intake");
    expect(ipc.calls.at(-1)).toBe("pauseIntake false");
  });

  test("are given up without a question, and what stays is told until it is put away", async () => {
    const { ipc, part, all, click } = await opened();
    ipc.tell({ kind: "file", file: reading(1) });
    ipc.tell({ kind: "intake", intake: busy });
    await rest();
    await click("cancel-intake");
    expect(ipc.calls.at(-1)).toBe("cancelIntake");
    ipc.tell({ kind: "cancelled" });
    ipc.tell({ kind: "intake", intake: noIntake });
    await rest();
    expect(part("given-up").textContent).toContain(
      "Cancelled. The 37 files that were read stay in the library.",
    );
    expect(part("intake-news").textContent).toBe(part("given-up").querySelector("p")?.textContent);
    expect(document.activeElement, "the focus is not lost with the button").toBe(part("put-away"));
    await click("put-away");
    expect(all("intake")).toEqual([]);
  });

  test("that could not be read are listed with their sentences, a few at first, and dismissed together", async () => {
    const { ipc, part, all, click } = await opened();
    for (let id = 1; id <= 30; id += 1) ipc.tell({ kind: "file", file: failed(id) });
    await rest();
    expect(part("intake-failed").textContent).toBe("30 files could not be read");
    expect(all("problem").map(({ textContent }) => textContent)).toEqual([
      "1 is damaged.",
      "2 is damaged.",
      "3 is damaged.",
    ]);
    expect(part("more-failed").textContent).toBe("Show 20 more");
    await click("more-failed");
    expect(all("problem")).toHaveLength(23);
    await click("dismiss-all");
    expect(all("intake")).toEqual([]);
    expect(ipc.calls.filter((call) => call.startsWith("dismiss"))).toHaveLength(30);
  });

  test("go on after a restart, and that is said", async () => {
    const { part } = await opened((ipc) => (ipc.start.intake = { ...busy, resumed: true }));
    const sentence = "Reading goes on where it ended when Aparté was closed.";
    expect([part("intake-resumed").textContent, part("intake-news").textContent]).toEqual([
      sentence,
      `${sentence} 200 files to read.`,
    ]);
  });

  test("are followed by the search by meaning, quietly", async () => {
    const { ipc, part, all } = await opened();
    const embedding = { ...noIntake, embedded: 120, passages: 900, embeddingSecondsLeft: 171 };
    ipc.tell({ kind: "intake", intake: embedding });
    await rest();
    expect(part("embedding").textContent).toBe(
      "Preparing search by meaning: 120 of 900 passages, about 3 minutes left",
    );
    expect(part("intake-news").textContent).toBe("");
    ipc.tell({ kind: "intake", intake: { ...embedding, embedded: 900 } });
    await rest();
    expect(all("intake")).toEqual([]);
  });

  test("are told in French", async () => {
    const { ipc, part } = await opened((ipc) => {
      ipc.start.intake = { ...busy, total: 1200 };
      ipc.start.launch = open({ settings: settings({ language: "fr" }) });
    });
    expect(part("intake-line").textContent).toBe("37 fichiers sur 1\u202f200 · encore environ 2 minutes");
    ipc.tell({ kind: "intake", intake: { ...noIntake, embedded: 1, passages: 90, embeddingSecondsLeft: 5 } });
    await rest();
    expect(part("embedding").textContent).toBe(
      "Préparation de la recherche par le sens\u202f: 1 passage sur 90, encore quelques secondes",
    );
    expect(part("intake-news").textContent).toBe("Tous les fichiers sont lus.");
  });
});

describe("folders", () => {
  test("are listed by name and let go", async () => {
    const { ipc, part, click } = await shelved((ipc) => {
      ipc.gathered = [{ id: 1, name: "Board" }];
      ipc.watched = [{ number: 0, name: "Minutes", collection: 1 }];
    });
    await click("watched-folders");
    expect(part("watched-folder").textContent).toMatch(/Minutes.*into Board/);
    ipc.watched = [];
    await click("let-go");
    expect(ipc.calls).toContain("unwatchFolder 0");
  });

  test("ask about documents whose files are gone", async () => {
    const { ipc, part, all, click } = await opened();
    ipc.tell({ kind: "gone", documents: ["d1", "d2"] });
    await rest();
    expect(part("gone").textContent).toContain("The files of 2 documents are gone from their folders.");
    await click("keep-gone");
    expect([all("gone"), ipc.calls.at(-1)]).toEqual([[], "keepGone d1,d2"]);
    ipc.tell({ kind: "gone", documents: ["d2"] });
    await rest();
    await click("erase-gone");
    expect([all("gone"), ipc.calls.at(-1)]).toEqual([[], "erase document d2"]);
  });
});

describe("pages that are images", () => {
  const scanned = (ipc: Scripted) => {
    ipc.library = [{ ...aDocument("d1", "scan.pdf"), imagePages: [3, 7] }, aDocument("d2")];
    ipc.stored = [aConversation("c1")];
    ipc.history["c1"] = [
      { role: "question", text: "How much?" },
      { role: "answer", answer: anAnswer() },
    ];
  };

  test("are told before the first question, of the documents that are chosen", async () => {
    const { part, all, click, aparte } = await opened(scanned);
    expect(part("image-pages").textContent).toContain(
      "Pages 3 and 7 of “scan.pdf” are images: their text is not read yet.",
    );
    aparte.conversations.open.choose("d1", false);
    await rest();
    expect(all("image-pages")).toEqual([]);
    aparte.conversations.open.choose("d1", true);
    await rest();
    expect(all("image-pages")).toHaveLength(1);
    await click("conversation");
    expect(all("image-pages"), "and not once something was asked").toEqual([]);
  });
});

describe("the choice of documents", () => {
  test("takes a collection as a whole", async () => {
    const { part, all, click } = await opened((ipc) => {
      ipc.gathered = [
        { id: 1, name: "Contracts" },
        { id: 2, name: "Nothing yet" },
      ];
      ipc.library = ["a", "b", "c"].map((id) => ({
        ...aDocument(id),
        collections: id === "c" ? [] : [1],
      }));
    });
    await click("looks-in");
    expect(all("choice-collection").map(({ textContent }) => textContent?.trim())).toEqual(["Contracts"]);
    const box = () => part("choice-collection").querySelector("input")!;
    await fireEvent.click(all("choice")[0]!.querySelector("input")!);
    await rest();
    expect(box().indeterminate).toBe(true);
    await fireEvent.click(box());
    await fireEvent.click(box());
    await rest();
    expect(part("looks-in").textContent).toContain("c.pdf");
  });

  test("draws few of many, and finds the others by their names", async () => {
    const { part, all, click, type } = await opened((ipc) => {
      ipc.library = Array.from({ length: 3000 }, (_, index) => aDocument(`m${index}`));
    });
    await click("looks-in");
    expect(all("choice")).toHaveLength(50);
    await type("filter-choice", "m2999");
    expect(all("choice").map(({ dataset }) => dataset.id)).toEqual(["m2999"]);
    await type("filter-choice", "PDF M2999");
    expect(all("choice"), "as the library finds them").toHaveLength(1);
    await fireEvent.click(part("choice").querySelector("input")!);
    await rest();
    expect(part("looks-in").textContent).toContain("2,999 of 3,000 documents");
  });
});

describe("a private conversation", () => {
  test("makes files private while it is seen, and not while the library is", async () => {
    const { ipc, click, press } = await opened();
    const told = () => ipc.calls.filter((call) => call.startsWith("inPrivate"));
    await click("new-private");
    expect(told()).toEqual(["inPrivate true"]);
    await click("library");
    expect(told().slice(1)).toEqual(["inPrivate false"]);
    await press("Escape");
    expect(told().slice(2)).toEqual(["inPrivate true"]);
  });
});

describe("what is looked for in the conversations", () => {
  test("is opened at once by Enter, where the words are and not where those before were", async () => {
    const { ipc, type, press, part } = await opened((ipc) => {
      ipc.stored = [aConversation("c1"), aConversation("c2")];
      ipc.findings = [{ conversation: "c1", message: 0, text: "harbour" }];
    });
    part("find").focus();
    await type("find", "harbour");
    await press("Enter");
    expect(ipc.calls).toContain("find harbour");
    expect(ipc.calls).toContain("messages c1");
    ipc.findings = [{ conversation: "c2", message: 0, text: "basin" }];
    part("find").focus();
    await type("find", "basin");
    await press("Enter");
    expect(ipc.calls.at(-1)).not.toBe("messages c1");
    expect(ipc.calls).toContain("messages c2");
  });
});

describe("where the sidebar is away", () => {
  async function alone(prepare: (ipc: Scripted) => void = () => {}) {
    const window = await opened(prepare);
    await fireEvent.click(window.container.querySelector('[aria-label="Hide the sidebar"]')!);
    await rest();
    return window;
  }

  test("a conversation shows what is on its way, what wants a password and what went wrong", async () => {
    const { ipc, part, all, aparte } = await alone();
    ipc.tell({ kind: "file", file: closed(1) });
    ipc.tell({ kind: "gone", documents: ["d2"] });
    ipc.failing.chooseFiles = { code: "x", message: "No picker opens." };
    await aparte.library.choose();
    await rest();
    expect(all("problem").map(({ textContent }) => textContent)).toEqual([
      "No picker opens.",
      "1 wants a password.",
    ]);
    expect([all("file-password").length, all("gone").length]).toEqual([1, 1]);
    ipc.failing.undoErase = { code: "x", message: "It cannot be brought back." };
    await aparte.erasures.erase({ kind: "document", id: "d1" }, "d1.pdf");
    await rest();
    await fireEvent.click(part("undo-erase"));
    await rest();
    expect(all("problem").map(({ textContent }) => textContent)).toContain("It cannot be brought back.");
  });

  test("the sidebar that is shown has the focus", async () => {
    const { container, part } = await alone();
    const show = container.querySelector<HTMLElement>('[aria-label="Show the sidebar"]')!;
    show.focus();
    await fireEvent.click(show);
    await rest();
    expect(document.activeElement).toBe(part("new-conversation"));
  });
});

describe("files that want a password", () => {
  test("are drawn a few at a time, together with those that failed", async () => {
    const { ipc, all, click } = await opened();
    for (let id = 1; id <= 30; id += 1) ipc.tell({ kind: "file", file: closed(id) });
    ipc.tell({ kind: "file", file: failed(31) });
    await rest();
    expect([all("file-password").length, all("incoming").length]).toEqual([3, 3]);
    await click("more-failed");
    await click("more-failed");
    expect([all("file-password").length, all("incoming").length]).toEqual([30, 31]);
  });

  test("are told aloud, and have the focus again when it was another", async () => {
    const { ipc, part, all, container } = await opened();
    ipc.tell({ kind: "file", file: closed(1) });
    await rest();
    const alerts = [...container.querySelectorAll('[role="alert"]')].map(({ textContent }) => textContent);
    expect(alerts).toContain("1 wants a password.");
    const field = part("file-password") as HTMLInputElement;
    field.focus();
    field.value = "wrong";
    await fireEvent.submit(field.form!);
    ipc.tell({ kind: "file", file: reading(1) });
    await rest();
    expect([all("file-password"), document.activeElement]).toEqual([[], document.body]);
    ipc.tell({ kind: "file", file: closed(1) });
    await rest();
    expect(document.activeElement).toBe(part("file-password"));
  });

  test("leave the focus near when they are dismissed", async () => {
    const { ipc, part, click } = await opened();
    for (const id of [1, 2]) ipc.tell({ kind: "file", file: closed(id) });
    await rest();
    await click("dismiss");
    expect(document.activeElement).toBe(part("intake"));
    await click("dismiss");
    expect(document.activeElement).toBe(part("new-conversation"));
  });
});

describe("documents that come", () => {
  test("are told aloud one by one only where they are few", async () => {
    const { ipc, container } = await opened();
    const come = async (id: string, total: number) => {
      ipc.tell({ kind: "intake", intake: { ...noIntake, total } });
      const progress = { state: "added" as const, document: aDocument(id), already: false };
      ipc.tell({ kind: "file", file: { id: 9, name: id, progress } });
      await rest();
      return [...container.querySelectorAll('[role="status"]')].some(({ textContent }) =>
        textContent.includes(`${id}.pdf: `),
      );
    };
    expect([await come("d8", 1), await come("d9", 40)]).toEqual([true, false]);
  });
});
