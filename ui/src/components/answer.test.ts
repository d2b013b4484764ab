import { fireEvent, render } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { speaking } from "../i18n/spoken.svelte";
import type { Answer, Language } from "../nouns";
import { aCitation, anAnswer } from "../test/scripted";
import AnswerView from "./AnswerView.svelte";
import ThinkingView from "./ThinkingView.svelte";

function drawn(change: Partial<Answer>, language: Language = "en", isGone = false) {
  const onopen = vi.fn();
  const answer = anAnswer(change);
  const again = createRawSnippet(() => ({ render: () => "<button>again</button>" }));
  const { container } = render(AnswerView, {
    props: { answer, current: null, isGone: () => isGone, onopen, again },
    context: speaking(language),
  });
  const marks = [...container.querySelectorAll<HTMLElement>("[data-part=citation]")];
  return { container, marks, answer, onopen };
}

describe("an answer", () => {
  const citations = [aCitation(), aCitation({ verified: false, page: null, anchor: "Fees" })];

  test("says of a citation that its document is gone", () => {
    const { marks, container } = drawn({}, "en", true);
    expect(marks[0]?.getAttribute("aria-label")).toContain("no longer in the library");
    expect(container.querySelector("[data-part=gone]")?.textContent).toBe("no longer in the library");
  });

  test("has a mark for each citation that exists, and text for those that do not", () => {
    const { container, marks } = drawn({ text: "One [1]. Two [2] and [7]. `[1]`", citations });
    expect(marks.map((mark) => mark.dataset.number)).toEqual(["1", "2"]);
    expect(container.querySelector(".text")?.textContent).toContain("and [7].");
    expect(container.querySelector("code")?.textContent).toBe("[1]");
  });

  test("says of a sentence that nothing bears out that it has no source", () => {
    const { container, marks } = drawn({ text: "One [1]. Two [?] is `[?]`.", citations });
    const doubts = [...container.querySelectorAll<HTMLElement>("[data-part=doubt]")];
    expect(doubts.map((doubt) => [doubt.textContent, doubt.title])).toEqual([
      ["no source", "Nothing in the documents bears out this sentence."],
    ]);
    expect(marks).toHaveLength(1);
    expect(container.querySelector("code")?.textContent).toBe("[?]");
  });

  test("says of a quote that it was corrected", () => {
    const { container } = drawn({ text: "It says “one” [~] [1].", citations });
    const corrected = container.querySelector<HTMLElement>("[data-part=corrected]");
    expect(corrected?.textContent).toBe("quote corrected");
    expect(corrected?.title).toContain("the words of the document");
  });

  test("names its marks for who cannot see them", () => {
    const { marks } = drawn({ text: "One [1]. Two [2].", citations });
    expect(marks.map((mark) => mark.getAttribute("aria-label"))).toEqual([
      "Source 1: harbour-report.pdf, page 3, verified",
      "Source 2: harbour-report.pdf, Fees, not found in the source",
    ]);
  });

  test("opens the citation of a mark, and that of the list", async () => {
    const { container, marks, answer, onopen } = drawn({ text: "One [1]. Two [2].", citations });
    const [, second] = marks;
    await fireEvent.click(second!);
    await fireEvent.click(container.querySelectorAll("ol button")[0]!);
    expect(onopen.mock.calls).toEqual([
      [answer.citations, 1],
      [answer.citations, 0],
    ]);
  });

  test.each([
    ["stopped", "You stopped this answer."],
    ["interrupted", "The engine stopped; what it had written is kept."],
    ["length", "This answer was cut at its greatest length."],
  ] as const)("that was %s says so", (ending, note) => {
    const { container } = drawn({ ending });
    expect(container.querySelector(".note")?.textContent).toContain(note);
    expect(container.querySelector(".note button") !== null, "ask again").toBe(ending === "interrupted");
    expect(container.querySelector<HTMLElement>("[data-part=answer]")?.dataset.ending).toBe(ending);
  });

  test("that is a refusal shows the nearest passages, which open too", async () => {
    const nearest = [aCitation({ quote: "Something near." })];
    const { container, answer, onopen } = drawn({
      text: "This is not in these documents.",
      refused: true,
      ending: "notAsked",
      citations: [],
      nearest,
    });
    expect(container.textContent).toContain("The passages that come nearest");
    expect(container.textContent).toContain("the model was not asked");
    expect(container.textContent, "what it was given is told only when it was asked").not.toContain(
      "passages read",
    );
    await fireEvent.click(container.querySelector("ol button")!);
    expect(onopen).toHaveBeenCalledWith(answer.nearest, 0);
  });

  test("says what it took in the language of the interface", () => {
    const { container } = drawn({}, "fr");
    expect(container.textContent).toContain("15 jetons/s · premier mot après 0,9 s · 2,5 s en tout");
  });

  test("keeps what was thought before it folded, and opens it at a click", async () => {
    const { container } = drawn({ thinking: { text: "So [1] it <b>is</b>.", ms: 12_400 } });
    const button = container.querySelector<HTMLElement>("[data-part=show-thinking]")!;
    const thought = container.querySelector<HTMLElement>("[data-part=thought]")!;
    expect(button.textContent).toContain("Thought for 12 s");
    expect([button.getAttribute("aria-expanded"), thought.hidden]).toEqual(["false", true]);
    expect(button.getAttribute("aria-controls")).toBe(thought.id);
    await fireEvent.click(button);
    expect([button.getAttribute("aria-expanded"), thought.hidden]).toEqual(["true", false]);
    expect(thought.textContent?.trim(), "plain text without marks").toBe("So [1] it <b>is</b>.");
    expect(thought.children.length).toBe(0);
    await fireEvent.click(button);
    expect(thought.hidden).toBe(true);
  });

  test("has no such line where nothing was thought", () => {
    const { container } = drawn({});
    expect(container.querySelector("[data-part=thinking]")).toBeNull();
  });
});

describe("thinking that goes on", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("says for how many seconds", async () => {
    const { container } = render(ThinkingView, {
      props: { text: "Hm", ms: null, began: Date.now() },
      context: speaking("fr"),
    });
    expect(container.textContent).toContain("Réflexion… 0 s");
    await vi.advanceTimersByTimeAsync(3000);
    expect(container.textContent).toContain("Réflexion… 3 s");
  });
});
