// A summary as a person makes and reads it, over a scripted door.
import { fireEvent } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";

import { opened, rest } from "../test/opened";
import { aCitation, aDocument, aSection, aSummary, open, settings, type Scripted } from "../test/scripted";

/** The options of a summary of the first document, from the library. */
async function choosing(prepare: (ipc: Scripted) => void = () => {}) {
  const window = await opened(prepare);
  await window.click("library");
  const [line] = window.all("shelf-line");
  await fireEvent.click(line!);
  await rest();
  await window.click("summarize");
  return window;
}

async function made(summary = aSummary(), prepare?: (ipc: Scripted) => void) {
  const window = await choosing(prepare);
  await window.click("make-summary");
  window.ipc.summarized(summary);
  await rest();
  return window;
}

describe("a summary", () => {
  test("is asked for with what it is to be, and says what that means", async () => {
    const { ipc, part, all, click, type } = await choosing((ipc) => {
      if (ipc.start.model.state === "ready") ipc.start.model = { ...ipc.start.model, languages: null };
    });
    expect(part("summary-view").textContent).toContain("Every page is read, section by section: 8 pages.");
    expect(part("summary-length").textContent).toContain("A few sentences on the whole.");
    const choose = async (name: string, value: string) => {
      await fireEvent.click(all(name).find(({ dataset }) => dataset.value === value)!);
      await rest();
    };
    await choose("summary-length-choice", "detailed");
    await choose("summary-style-choice", "minutes");
    await type("summary-focus", "  the finance committee ");
    const [languages] = all("summary-language");
    await fireEvent.click(languages!.querySelector<HTMLElement>('input[data-value="fr"]')!);
    await click("make-summary");
    expect(ipc.calls.at(-1)).toBe("summarize d1 detailed minutes the finance committee fr");
  });

  test("shows what is read while the rest is, with the time that is left", async () => {
    const { ipc, part, all, click } = await choosing();
    await click("make-summary");
    expect(part("summary-announced").textContent).toBe("The summary has begun.");
    const unread = aSummary().outline.map((section) => ({ ...section, isRead: false }));
    ipc.tellOfSummary({ kind: "planned", outline: unread, unread: [] });
    ipc.tellOfSummary({ kind: "reading", done: 0, total: 2, leftMs: null });
    await rest();
    expect(part("summary-left").textContent).toBe("how long it takes is not known yet");
    expect(all("outlined").map(({ dataset }) => dataset.standing)).toEqual(["waiting", "waiting"]);
    ipc.tellOfSummary({ kind: "note", section: aSection() });
    ipc.tellOfSummary({ kind: "reading", done: 1, total: 2, leftMs: 120_000 });
    await rest();
    expect(part("summary-progress").textContent).toContain("1 of 2 sections read");
    expect(part("summary-left").textContent).toBe("about 2 minutes left");
    expect(part("summary-announced").textContent).toBe("Half of the sections are read.");
    expect(part("summary-notes").textContent).toContain("Works (pages 3–4)");
    expect(all("outlined").map(({ dataset }) => dataset.standing)).toEqual(["read", "waiting"]);
    expect(part("summary-share").textContent).toBe("50%");
    await click("new-conversation");
    expect(all("summary-view"), "it goes on while somebody asks").toEqual([]);
    await click("summary");
    expect(part("summary-view").dataset.state).toBe("making");
  });

  test("marks what has a source, what has none and what stands nowhere, and opens the page", async () => {
    const { ipc, part, all, click, press } = await made();
    expect(all("summary-sentence").map(({ dataset }) => dataset.supported)).toEqual([
      "true",
      "false",
      "true",
    ]);
    expect([all("doubt").length, part("unknown").textContent]).toEqual([1, "2031"]);
    await click("citation");
    expect(ipc.calls).toContain("page d1 3 4-9");
    expect(part("citation").getAttribute("aria-current")).toBe("true");
    await press("Escape");
    expect([all("source"), document.activeElement]).toEqual([[], part("citation")]);
    const outlined = all("outlined");
    expect(outlined.map(({ dataset }) => dataset.standing)).toEqual(["shown", "leftOut"]);
    await fireEvent.click(outlined[1]!);
    await rest();
    expect(ipc.calls.filter((call) => call.startsWith("page ")).at(-1)).toBe("page d1 5 -");
  });

  test("of a citation that is not in its source says so at the mark", async () => {
    const citation = aCitation({ verified: false });
    const sentences = [{ text: "It cost 5.", isQuote: false, citation, unknown: [] }];
    const { part } = await made(aSummary({ sections: [aSection({ sentences })] }));
    expect(part("citation").getAttribute("aria-label")).toContain("not found in the source");
  });

  test("says exactly what it covers", async () => {
    const { part } = await made();
    const covers = part("summary-coverage").textContent;
    for (const line of [
      "2 of 2 sections read; 7 of 8 pages could be read completely.",
      "Page 6 was not read, or not completely: damaged.",
      "The sentences above rest on 1 of 2 sections.",
      "1 of 3 sentences has no source.",
      "Made in 2 minutes.",
    ])
      expect(covers).toContain(line);
  });

  test("is paused, shows what was read, and goes on", async () => {
    const { ipc, part, click, all } = await choosing();
    await click("make-summary");
    await click("pause-summary");
    expect((part("pause-summary") as HTMLButtonElement).disabled).toBe(true);
    ipc.summarized(aSummary({ ending: "stopped", sections: [aSection()], read: 1 }));
    await rest();
    expect(part("summary-cut").textContent).toContain("it is not read again");
    expect(all("summary-text"), "it is not taken for the summary").toEqual([]);
    await click("go-on-summary");
    expect(ipc.calls.filter((call) => call.startsWith("summarize"))).toEqual([
      "summarize d1 standard prose - -",
      "summarize d1 standard prose - -",
    ]);
  });

  test("is made otherwise, and says beforehand whether the document is read again", async () => {
    const { ipc, part, all, click, type, press } = await made();
    await click("change-summary");
    expect(part("summary-reuse").textContent).toContain("used again");
    await type("summary-focus", "the costs");
    expect(part("summary-reuse").textContent).toContain("read again");
    await press("Escape");
    expect([all("summary-options"), document.activeElement]).toEqual([[], part("change-summary")]);
    await click("change-summary");
    await fireEvent.click(all("summary-length-choice").find(({ dataset }) => dataset.value === "brief")!);
    await click("make-summary");
    expect(ipc.calls.at(-1)).toBe("summarize d1 brief prose - -");
  });

  test("that fails says why, and is tried again", async () => {
    const { ipc, part, click } = await choosing();
    await click("make-summary");
    ipc.summaryFails({ code: "summary_only_images", message: "The document has only images." });
    await rest();
    expect(part("problem").textContent).toBe("The document has only images.");
    await click("again");
    expect(part("summary-view").dataset.state).toBe("making");
  });

  test("is asked about in a conversation that looks in its documents alone", async () => {
    const { part, click, aparte } = await made();
    await click("ask-about-summary");
    expect([...aparte.conversations.open.chosen]).toEqual(["d1"]);
    expect(document.activeElement).toBe(part("question"));
  });

  test("is copied with its sources", async () => {
    const written = vi.fn().mockResolvedValue(undefined);
    Object.defineProperty(navigator, "clipboard", { value: { writeText: written }, configurable: true });
    const { part, click } = await made();
    await click("copy-summary");
    expect(written.mock.calls[0]?.[0]).toBe("It cost 412,000 euros.[^1]");
    expect(part("copy-summary").textContent).toContain("Copied");
  });

  test("is written into a file of the format that is chosen", async () => {
    const { ipc, part, all, click } = await made();
    await click("export-formats");
    await fireEvent.click(all("export-summary").find(({ dataset }) => dataset.format === "docx")!);
    await rest();
    expect(ipc.calls.at(-1)).toBe("exportSummary docx Summary of “d1.pdf”");
    expect(part("summary-exported").textContent).toBe("The file is written.");
  });

  test("is printed from a sheet beside the window, which goes with it", async () => {
    const print = vi.spyOn(window, "print").mockImplementation(() => {});
    const { click } = await made();
    const sheet = () => document.querySelector("body > [data-print-pages]");
    expect(sheet()?.textContent).toContain("It ended in 2031.");
    await click("print-summary");
    expect(print).toHaveBeenCalledOnce();
    await click("new-conversation");
    expect(sheet()).toBeNull();
  });

  test("tells beforehand that the model does not know the language", async () => {
    const { part, all } = await choosing((ipc) => {
      ipc.library = [{ ...aDocument("d1"), language: "fr" }];
      ipc.start.model = {
        state: "ready",
        name: "Starter",
        devices: [],
        context: 8192,
        languages: ["en"],
        steps: [],
      };
    });
    expect(part("summary-foreign").textContent).toContain("Starter does not know French");
    expect(all("summary-language"), "there is nothing to choose").toEqual([]);
  });

  test("of a collection has a part of each document, and says which is not in it", async () => {
    const window = await opened((ipc) => {
      ipc.library = [aDocument("d1", "b.pdf"), aDocument("d2", "a.pdf")].map((document) => ({
        ...document,
        collections: [1],
      }));
      ipc.gathered = [{ id: 1, name: "Works" }];
    });
    const { ipc, part, click } = window;
    await click("library");
    await click("collection");
    await click("summarize-collection");
    expect(part("summary-view").querySelector("h1")?.textContent).toBe("Works");
    expect(part("summary-length").textContent).toContain("and one on each document");
    await click("make-summary");
    expect(ipc.calls.at(-1)).toBe("summarize d2,d1 standard prose - -");
    ipc.summarized(
      aSummary({
        documents: [
          { document: "d2", name: "a.pdf", pages: 8, read: 0, total: 0, trouble: "It is empty." },
          ...aSummary().documents,
        ],
      }),
    );
    await rest();
    expect(part("summary-text").textContent).toContain("b.pdf");
    expect(part("summary-coverage").textContent).toContain("a.pdf: It is empty.");
  });

  test("is begun from an open document, and put away from the sidebar", async () => {
    const { part, all, click, press } = await opened();
    await click("document");
    await click("summarize-open");
    await click("make-summary");
    part("summary").focus();
    await press("Delete");
    expect([all("summary"), all("summary-view")]).toEqual([[], []]);
  });

  test("that was made before is there again from the sidebar, with its other versions", async () => {
    const { ipc, all, part, click } = await opened((ipc) => {
      const wish = { length: "brief", style: "bullets", focus: null, language: null } as const;
      const of = { subject: { name: null, documents: ["d1"] }, asked: 0, isWhole: true };
      ipc.keptOfSummaries = [
        { ...of, wish },
        { ...of, wish: { ...wish, length: "detailed", focus: "the costs" } },
      ];
    });
    await click("summary");
    ipc.summarized(aSummary());
    await rest();
    const versions = all("summary-version");
    expect(versions.map(({ textContent }) => textContent?.trim())).toEqual([
      "Brief · Bullets",
      "Detailed · Bullets · Focus: the costs",
    ]);
    expect(versions.map((version) => version.getAttribute("aria-pressed"))).toEqual(["true", "false"]);
    await fireEvent.click(versions[1]!);
    await rest();
    expect(ipc.calls.at(-1)).toBe("summarize d1 detailed bullets the costs -");
    ipc.summarized(aSummary());
    await rest();
    await click("forget-version");
    expect(ipc.calls.at(-1)).toBe("forgetKeptSummary d1 brief bullets");
    expect(part("summary-view").dataset.state).toBe("made");
  });

  test("that was not finished before offers to go on", async () => {
    const { ipc, click, part } = await opened((ipc) => {
      ipc.keptOfSummaries = [
        {
          subject: { name: null, documents: ["d1"] },
          wish: { length: "detailed", style: "prose", focus: null, language: null },
          asked: 0,
          isWhole: false,
        },
      ];
    });
    await click("summary");
    expect(part("summary-unfinished").textContent).toContain("Detailed · Prose");
    await click("go-on-summary");
    expect(ipc.calls.at(-1)).toBe("summarize d1 detailed prose - -");
  });

  test("speaks French", async () => {
    const { part } = await made(aSummary(), (ipc) => {
      ipc.start.launch = open({ settings: settings({ language: "fr" }) });
    });
    expect(part("summary-coverage").textContent).toContain("2 parties lues sur 2");
    expect(part("doubt").textContent).toBe("sans source");
  });
});
