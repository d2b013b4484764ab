// The window as a person uses it, over a scripted door.
import { fireEvent, within } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";

import type { Ending, ModelStatus, StepDown } from "../nouns";
import { opened, rest } from "../test/opened";
import { aCitation, aConversation, aList, anAnswer, locked, open, settings } from "../test/scripted";

describe("launch", () => {
  test("a new passphrase is long enough, typed twice the same, and then sent", async () => {
    const { ipc, part, click, container } = await opened(
      (ipc) => (ipc.start.launch = { state: "newPassphrase" }),
    );
    const type = (name: string, value: string) => fireEvent.input(part(name), { target: { value } });
    const button = part("open-vault") as HTMLButtonElement;
    await type("passphrase", "short");
    expect(container.textContent).toContain("3 characters to go.");
    await type("passphrase", "long enough");
    await type("passphrase-again", "long enouhg");
    expect([container.textContent?.includes("The two differ."), button.disabled]).toEqual([true, true]);
    await type("passphrase-again", "long enough");
    expect(button.disabled).toBe(false);
    await click("open-vault");
    expect(ipc.calls).toContain("createVault long enough");
  });

  test("a wrong passphrase is told beside the field and stays, selected", async () => {
    const { part, click } = await opened((ipc) => {
      ipc.start.launch = locked();
      ipc.failing.unlock = { code: "wrong_passphrase", message: "This is not the passphrase." };
    });
    const field = part("passphrase") as HTMLInputElement;
    await fireEvent.input(field, { target: { value: "sesame" } });
    await click("open-vault");
    expect(part("problem").textContent).toBe("This is not the passphrase.");
    expect([field.value, field.selectionStart, field.selectionEnd]).toEqual(["sesame", 0, 6]);
  });

  test("a failure is told, and tried again", async () => {
    const error = { code: "vault_damaged", message: "The store is damaged." };
    const { ipc, part, click } = await opened((ipc) => (ipc.start.launch = { state: "failed", error }));
    expect(part("problem").textContent).toBe("The store is damaged.");
    await click("retry");
    expect(ipc.calls).toContain("retry");
  });

  test("speaks the language and wears the appearance of the settings", async () => {
    const { ipc, container } = await opened((ipc) => (ipc.start.launch = { state: "opening" }));
    ipc.tell({
      kind: "launch",
      launch: open({ settings: settings({ language: "fr", theme: "dark", lockAfter: 0 }) }),
    });
    await rest();
    expect(document.documentElement.lang).toBe("fr");
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(container.textContent).toContain("Nouvelle conversation");
    ipc.tell({ kind: "launch", launch: open() });
    await rest();
    expect(document.documentElement.dataset.theme).toBeUndefined();
  });
});

describe("a question", () => {
  test("that wants everything is listed on Enter, and each place opens its page", async () => {
    const { ipc, all, part, click, press } = await opened((ipc) => (ipc.offers = "atOnce"));
    const question = part("question");
    await fireEvent.input(question, { target: { value: "List every amount over 1 000" } });
    await vi.waitFor(() => part("list-all"));
    question.focus();
    await press("Enter");
    await rest();
    expect(part("listing").dataset.state).toBe("finding");
    expect((question as HTMLTextAreaElement).value).toBe("");
    ipc.listed(aList({ unread: [{ document: "d2", page: 6 }] }));
    await rest();
    expect(part("count").textContent).toBe("2 found, 3 mentions");
    expect(part("coverage").textContent).toContain("Not read, or not completely: d2.pdf, 6.");
    expect(all("listed-place").map(({ textContent }) => textContent?.trim())).toEqual([
      "page 3",
      "page 4",
      "page 5",
    ]);
    await fireEvent.click(all("listed-place")[2] as HTMLElement);
    await rest();
    expect(part("source").textContent).toContain("harbour-report.pdf");
    expect(ipc.asked, "no answer was asked for").toEqual([]);
    await click("ask-instead");
    expect(ipc.last.question).toBe("List every amount over 1 000");
  });

  test("is asked by its suggestion, streams, ends in an answer, and its mark opens the page", async () => {
    const { ipc, frames, all, part, click, press } = await opened();
    await click("suggestion");
    expect(part("asked").textContent).toBe("How much?");
    ipc.last.say({ kind: "reading", done: 100, total: 600 });
    await rest();
    expect(part("reply").textContent).toContain("100 of 600 tokens");
    ipc.last.say({ kind: "text", text: "It cost **412,000** euros" });
    frames.draw();
    await rest();
    expect(part("reply").querySelector("strong")?.textContent).toBe("412,000");
    ipc.last.answer(
      anAnswer({
        text: "It cost 412,000 euros [1].",
        citations: [aCitation({ range: { start: 3, end: 9 } })],
      }),
    );
    await rest();
    expect(all("reply")).toEqual([]);
    expect(part("answer").dataset).toMatchObject({ ending: "complete", refused: "false" });

    await click("citation");
    expect(ipc.calls.at(-1)).toBe("page d1 3 3-9");
    // Its original is not there, which is told once what would show it is loaded.
    await vi.waitFor(() => expect(part("quote").textContent).toBe("The quote."));
    expect(part("look-trouble").textContent).toContain("is not here any more");
    expect(part("source").contains(document.activeElement), "the focus moves to the source").toBe(true);
    await press("Escape");
    expect(all("source")).toEqual([]);
    expect(document.activeElement, "and back to the mark").toBe(part("citation"));

    part("question").focus();
    await fireEvent.click(part("citation"));
    await fireEvent.click(part("close-source"));
    await rest();
    expect(document.activeElement, "even where a click does not focus it").toBe(part("citation"));
  });

  test("is stopped by Escape", async () => {
    const { ipc, click, press } = await opened();
    await click("suggestion");
    await press("Escape");
    expect(ipc.calls.at(-1)).toBe(`stop ${ipc.last.conversation}`);
  });

  test("is not stopped by Escape in another conversation", async () => {
    const { ipc, click, press } = await opened();
    await click("suggestion");
    await click("new-conversation");
    await press("Escape");
    expect(ipc.calls.filter((call) => call.startsWith("stop"))).toEqual([]);
    await click("conversation");
    await press("Escape");
    expect(ipc.calls.at(-1)).toBe(`stop ${ipc.last.conversation}`);
  });

  test("says that the model is being loaded, which only the model itself tells at the start", async () => {
    const { ipc, click, part } = await opened(
      (ipc) => (ipc.start.model = { state: "loading", name: "Model", percent: 42 }),
    );
    await click("suggestion");
    expect(part("reply").textContent).toContain("Loading the model, 42%");
    ipc.tell({ kind: "model", model: { state: "loading", name: "Model", percent: 90 } });
    await rest();
    expect(part("reply").querySelector("progress")?.value).toBe(90);
    ipc.tell({ kind: "model", model: { state: "stopped", name: "Model" } });
    await rest();
    expect(part("reply").textContent).toContain("Looking in your documents");
  });

  test("that fails stays in sight with its sentence, and is asked again", async () => {
    const { ipc, part, click, all } = await opened();
    await click("suggestion");
    ipc.last.fail({ code: "engine_stopped", message: "The engine stopped." });
    await rest();
    expect([part("asked").textContent, part("problem").textContent]).toEqual([
      "How much?",
      "The engine stopped.",
    ]);
    await click("again");
    expect(ipc.asked.map(({ question }) => question)).toEqual(["How much?", "How much?"]);
    expect(all("asked")).toHaveLength(1);
  });

  test("is never Markdown", async () => {
    const { part } = await opened((ipc) => {
      ipc.start.launch = open();
      ipc.stored = [aConversation("c1")];
      ipc.history["c1"] = [{ role: "question", text: "**bold**\n\n# [1]" }];
    }).then(async (window) => (await window.click("conversation"), window));
    expect(part("asked").textContent).toBe("**bold**\n\n# [1]");
    expect(part("asked").children).toHaveLength(0);
  });

  test("is asked in another conversation while the first is answered, and the list tells of both", async () => {
    const { ipc, frames, all, part, click, type } = await opened();
    await click("suggestion");
    await click("new-conversation");
    await type("question", "And then?");
    await click("send");
    expect(ipc.asked.map(({ question }) => question)).toEqual(["How much?", "And then?"]);
    expect(all("writing").map(({ textContent }) => textContent)).toEqual([
      "An answer is being written",
      "An answer is being written",
    ]);
    ipc.asked[0]!.say({ kind: "text", text: "It cost" });
    ipc.asked[1]!.say({ kind: "text", text: "In May" });
    frames.draw();
    await rest();
    expect(part("reply").textContent).toContain("In May");
    ipc.asked[1]!.answer(anAnswer({ text: "In May." }));
    await rest();
    expect(all("writing")).toHaveLength(1);
    await fireEvent.click(all("conversation")[1]!);
    await rest();
    expect(part("reply").textContent).toContain("It cost");
    ipc.asked[0]!.answer(anAnswer());
    await rest();
    expect(all("writing")).toEqual([]);
  });

  test("of a conversation that is deleted is stopped", async () => {
    const { ipc, click, press } = await opened();
    await click("suggestion");
    await click("new-conversation");
    await fireEvent.click(within(document.body).getByText("How much?", { selector: ".title" }));
    await click("erase-conversation");
    expect(ipc.calls.filter((call) => call.startsWith("stop"))).toEqual([`stop ${ipc.last.conversation}`]);
    await press("Escape");
    ipc.last.answer(anAnswer({ ending: "stopped" }));
    await rest();
    expect(ipc.calls).toContain(`erase conversation ${ipc.last.conversation}`);
  });

  test("needs a document to look in", async () => {
    const { part, container, click, ipc } = await opened();
    await fireEvent.input(part("question"), { target: { value: "How much?" } });
    await click("looks-in");
    for (const box of container.querySelectorAll('[data-part="choice"] input')) await fireEvent.click(box);
    await rest();
    expect((part("send") as HTMLButtonElement).disabled).toBe(true);
    expect(container.textContent).toContain("Choose at least one document to look in.");
    await fireEvent.click(container.querySelector('[data-part="choice"][data-id="d2"] input')!);
    await click("send");
    expect(ipc.last.documents).toEqual(["d2"]);
  });
});

describe("what a screen reader is told", () => {
  async function asked() {
    const window = await opened();
    await window.click("suggestion");
    window.ipc.last.say({ kind: "text", text: "It cost 412,000 euros. It ended in May." });
    window.frames.draw();
    await rest();
    const announced = () => window.part("announced").textContent;
    const ends = async (ending: Ending) => {
      window.ipc.last.answer(anAnswer({ ending }));
      await rest();
    };
    return { ...window, announced, ends };
  }

  test.each([
    ["complete", "It ended in May. The answer is complete, with 1 source."],
    ["stopped", "It ended in May. You stopped this answer."],
    ["interrupted", "It ended in May. The engine stopped; what it had written is kept."],
    ["length", "It ended in May. This answer was cut at its greatest length."],
  ] as const)("is the last sentence and how the answer ended: %s", async (ending, said) => {
    const { announced, ends } = await asked();
    expect(announced()).toBe("It cost 412,000 euros.");
    await ends(ending);
    expect(announced()).toBe(said);
  });

  test("is nothing of another conversation, and nothing twice", async () => {
    const { aparte, announced, ends, click } = await asked();
    await click("new-conversation");
    expect(announced()).toBe("");
    await ends("complete");
    expect(announced()).toBe("");
    await aparte.conversations.openStored(aparte.conversations.list[0]!);
    await rest();
    expect(announced()).toBe("");
  });
});

describe("a narrow window", () => {
  async function narrow() {
    vi.spyOn(window, "matchMedia").mockImplementation((media) =>
      Object.assign(new EventTarget(), {
        media,
        matches: true,
        onchange: null,
        addListener: () => {},
        removeListener: () => {},
      }),
    );
    const desk = await opened((ipc) => (ipc.stored = [aConversation("c1")]));
    const main = desk.container.querySelector("main")!;
    const covered = () => main.inert || main.hasAttribute("inert");
    const show = async () => {
      await fireEvent.click(desk.container.querySelector('[aria-label="Show the sidebar"]')!);
      expect(covered(), "the drawer lies over the conversation").toBe(true);
    };
    desk.part("question").blur();
    /** jsdom lets what is inert take the focus; a browser does not. */
    const focused: boolean[] = [];
    desk.part("question").addEventListener("focus", () => focused.push(!covered()));
    return { ...desk, show, focused };
  }

  test.each(["conversation", "new-conversation", "skip"])(
    "gives the focus to the question once the drawer is gone: %s",
    async (name) => {
      const { show, click, focused, part } = await narrow();
      await show();
      await click(name);
      expect([focused, document.activeElement]).toEqual([[true], part("question")]);
    },
  );

  test.each([
    ["Ctrl+N", "n", { ctrlKey: true }],
    ["Escape", "Escape", {}],
  ])("so does %s", async (_, key, options) => {
    const { show, press, focused, part } = await narrow();
    await show();
    await press(key, options);
    expect([focused, document.activeElement]).toEqual([[true], part("question")]);
  });

  test("puts the source away that lies over the question", async () => {
    const { show, click, press, focused, all } = await narrow();
    await show();
    await click("document");
    await press("n", { ctrlKey: true });
    expect([all("source"), focused]).toEqual([[], [true]]);
  });
});

describe("the desk", () => {
  test("has the focus on the question when it opens", async () => {
    const { part } = await opened();
    expect(document.activeElement).toBe(part("question"));
  });

  test("hears its keys", async () => {
    const { ipc, part, press, aparte } = await opened();
    await press("o", { ctrlKey: true });
    expect(ipc.calls.at(-1)).toBe("chooseFiles");
    await press("/");
    expect(document.activeElement).toBe(part("question"));
    await press("/");
    expect(document.activeElement, "a slash can be typed").toBe(part("question"));
    aparte.conversations.open.write("a draft");
    await press("n", { metaKey: true });
    expect((part("question") as HTMLTextAreaElement).value, "the draft is kept").toBe("a draft");
  });

  test("shows where files would land while they hang over it", async () => {
    const { ipc, all } = await opened();
    ipc.tell({ kind: "drag", over: true });
    await rest();
    expect(all("drop")).toHaveLength(1);
    ipc.tell({ kind: "drag", over: false });
    await rest();
    expect(all("drop")).toEqual([]);
    const dropped = new Event("drop", { cancelable: true });
    window.dispatchEvent(dropped);
    expect(dropped.defaultPrevented, "the window does not go to a dropped file").toBe(true);
  });

  test("says that a file is being opened until its pages are counted", async () => {
    const { ipc, part } = await opened();
    const file = { id: 7, name: "new.pdf" };
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "reading", page: 0, pages: 0 } } });
    await rest();
    expect(part("incoming").textContent).toContain("Opening");
    expect(part("incoming").querySelector("progress")?.hasAttribute("value")).toBe(false);
    ipc.tell({ kind: "file", file: { ...file, progress: { state: "reading", page: 2, pages: 9 } } });
    await rest();
    expect(part("incoming").textContent).toContain("Reading page 2 of 9");
    expect(part("incoming").querySelector("progress")?.value).toBe(2);
  });

  test("reads all that could not be read when one of its lists is tried again", async () => {
    const { ipc, container, all, part } = await opened((ipc) => {
      ipc.failing.documents = ipc.failing.conversations = { code: "x", message: "The store is damaged." };
    });
    expect(all("problem")).toHaveLength(2);
    ipc.failing = {};
    await fireEvent.click(within(container).getAllByText("Try again")[0]!);
    await rest();
    expect(all("problem")).toEqual([]);
    expect(part("looks-in").textContent).toContain("all 2 documents");
  });

  test("is not loaded anew by the keys or the menu of a browser", async () => {
    const { part, container } = await opened();
    // Answers whether the web view would go on to do its own.
    const own = (element: Element, event: Event) => element.dispatchEvent(event);
    const key = (init: KeyboardEventInit) =>
      new KeyboardEvent("keydown", { ...init, bubbles: true, cancelable: true });
    const menu = () => new MouseEvent("contextmenu", { bubbles: true, cancelable: true });
    const title = container.querySelector("h2")!;
    expect([
      own(title, key({ key: "F5" })),
      own(title, key({ key: "r", ctrlKey: true })),
      own(title, key({ key: "R", metaKey: true, shiftKey: true })),
      own(title, key({ key: "r" })),
    ]).toEqual([false, false, false, true]);
    expect([own(title, menu()), own(part("question"), menu())]).toEqual([false, true]);
    window.getSelection()?.selectAllChildren(title);
    expect([own(title, menu()), own(part("send"), menu())], "selected text").toEqual([true, false]);
  });

  test("opens a document of the library at its first page", async () => {
    const { ipc, click, part } = await opened();
    await click("document");
    expect(ipc.calls.at(-1)).toBe("page d1 1 -");
    expect(part("source").textContent).toContain("page 1 of 8");
  });

  test("changes language and appearance from its settings", async () => {
    const { ipc, click, container } = await opened();
    await click("settings");
    await fireEvent.click(container.querySelector('[data-value="fr"]')!);
    await rest();
    expect(ipc.calls.at(-1)).toBe("changeSettings fr system 10 oldestLeftOut careful");
    expect(container.textContent).toContain("Apparence");
  });

  test("changes how the model chooses its words, and keeps it", async () => {
    const { ipc, click, container } = await opened();
    await click("settings");
    const choice = (value: string) =>
      container.querySelector<HTMLInputElement>(`[data-part="preset-choice"][data-value="${value}"]`)!;
    expect(choice("careful").checked).toBe(true);
    await fireEvent.click(choice("creative"));
    await rest();
    expect(ipc.calls.at(-1)).toBe("changeSettings en system 10 oldestLeftOut creative");
    expect([choice("careful").checked, choice("creative").checked]).toEqual([false, true]);
  });

  test("says in what a model runs with less than it could use, and why", async () => {
    const { ipc, part, all, click } = await opened();
    expect(part("model").textContent).toContain("Ready");
    await click("model");
    expect(all("step-down")).toEqual([]);
    const steps = [
      { kind: "fewerLayersOnGpu", layers: 12, of: 31 },
      { kind: "shorterContext", wanted: 8192, given: 4096 },
    ] satisfies StepDown[];
    const model: ModelStatus = {
      state: "ready",
      name: "Model",
      devices: ["CPU"],
      context: 4096,
      languages: null,
      steps,
    };
    ipc.tell({ kind: "model", model });
    await rest();
    expect(part("model").textContent).toContain("Ready, with limits");
    expect(all("step-down").map((step) => step.textContent)).toEqual([
      "The graphics processor has memory for 12 of 31 layers of the model. The processor computes the others, more slowly.",
      "There is free memory for 4,096 tokens at once instead of 8,192. Close other programs to give it more.",
    ]);
  });

  test("shows what the model thinks as one line, until the answer keeps it", async () => {
    const { ipc, frames, part, all, click } = await opened();
    await click("suggestion");
    const { last } = ipc;
    const frame = async () => {
      frames.draw();
      await rest();
    };
    last.say({ kind: "thinking", text: "The cost is asked for." });
    await frame();
    expect(part("reply").dataset.state).toBe("thinking");
    expect(part("show-thinking").textContent).toContain("Thinking… 0 s");
    expect(part("thought").hidden).toBe(true);
    await click("show-thinking");
    last.say({ kind: "text", text: "It cost" });
    await frame();
    expect(part("show-thinking").textContent).toMatch(/Thought for [\d.]+ s/);
    expect(part("thought").hidden, "whoever opened it reads on").toBe(false);
    last.answer(anAnswer({ thinking: { text: "The cost is asked for.", ms: 3000 } }));
    await rest();
    expect(all("thinking").length).toBe(1);
    expect([part("thought").hidden, part("thought").textContent]).toEqual([true, "The cost is asked for."]);
    expect(part("announced").textContent).not.toContain("asked for");
  });

  test("says what a missing model means", async () => {
    const { part } = await opened(
      (ipc) => (ipc.start.model = { state: "missing", message: "Put a model there." }),
    );
    expect(part("model").dataset.state).toBe("missing");
    expect(part("problem").textContent).toBe("Put a model there.");
  });

  test("invites files where there are none", async () => {
    const { ipc, container, part } = await opened((ipc) => (ipc.library = []));
    expect(container.textContent).toContain(
      "PDF, Office and OpenDocument files, web pages, books, e-mail, tables and texts are read. Nothing leaves this machine.",
    );
    await fireEvent.click(part("add-files"));
    expect(ipc.calls.at(-1)).toBe("chooseFiles");
  });

  test("draws the latest exchanges of a long conversation first", async () => {
    const { all, container, click } = await opened((ipc) => {
      ipc.stored = [aConversation("c1")];
      ipc.history["c1"] = Array.from({ length: 100 }, (_, index) => [
        { role: "question" as const, text: `Question ${index}` },
        { role: "answer" as const, answer: anAnswer() },
      ]).flat();
    });
    await click("conversation");
    expect([all("asked").length, all("asked").at(-1)?.textContent]).toEqual([20, "Question 99"]);
    await fireEvent.click(within(container).getByText("Show earlier questions (80)"));
    await rest();
    expect(all("asked")).toHaveLength(40);
  });
});

describe("the gauge of the context", () => {
  const history = [
    { role: "question" as const, text: "How much?" },
    { role: "answer" as const, answer: anAnswer() },
  ];
  async function measured(context = { used: 1234, capacity: 8192, told: 1, leftOut: 0 }) {
    const window = await opened((ipc) => {
      ipc.stored = [aConversation("c1")];
      ipc.history["c1"] = history;
      ipc.context["c1"] = context;
    });
    await window.click("conversation");
    return window;
  }

  test("is a line below the question, with a name, once something was asked", async () => {
    const { all, part, click } = await measured();
    expect(part("context").textContent?.trim()).toBe("1,234 of 8,192 tokens");
    expect(part("context").getAttribute("aria-label")).toBe(
      "Context of the conversation: 1,234 of 8,192 tokens",
    );
    await click("new-conversation");
    expect(all("context"), "nothing was asked here").toEqual([]);
  });

  test("is not there while it is not known", async () => {
    const { all, ipc } = await measured();
    delete ipc.context["c1"];
    ipc.tell({ kind: "model", model: { state: "stopped", name: "Model" } });
    await rest();
    expect(all("context")).toEqual([]);
  });

  test.each([
    [1, "1 left out", "The earliest question is no longer told to the model."],
    [1200, "1,200 left out", "The 1,200 earliest questions are no longer told to the model."],
  ])("says how many questions are left out: %d", async (leftOut, short, sentence) => {
    const { part, click } = await measured({ used: 7000, capacity: 8192, told: 9, leftOut });
    expect(part("context").textContent).toContain(short);
    await click("context");
    expect(part("left-out").textContent).toBe(sentence);
  });

  test("explains itself and offers the choice that stands in the settings too", async () => {
    const { ipc, all, part, click, press, container } = await measured();
    await click("context");
    expect(all("left-out")).toEqual([]);
    const choice = (value: string) =>
      container.querySelector<HTMLInputElement>(`[data-part="earlier-choice"][data-value="${value}"]`)!;
    expect([choice("oldestLeftOut").checked, choice("noneTold").checked]).toEqual([true, false]);
    ipc.context["c1"] = { used: 60, capacity: 8192, told: 0, leftOut: 0 };
    await fireEvent.click(choice("noneTold"));
    await rest();
    expect(ipc.calls).toContain("changeSettings en system 10 noneTold careful");
    expect(part("context").textContent?.trim()).toBe("60 of 8,192 tokens");
    await press("Escape");
    expect([all("earlier"), document.activeElement]).toEqual([[], part("context")]);
    await click("settings");
    expect(choice("noneTold").checked).toBe(true);
  });

  test("speaks French", async () => {
    const { ipc, part, click } = await measured({ used: 7000, capacity: 8192, told: 9, leftOut: 2 });
    ipc.tell({ kind: "launch", launch: open({ settings: settings({ language: "fr" }) }) });
    await rest();
    expect(part("context").textContent).toContain("7\u202f000 jetons sur 8\u202f192");
    await click("context");
    expect(part("left-out").textContent).toBe("Les 2 premières questions ne sont plus transmises au modèle.");
  });
});
