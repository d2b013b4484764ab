import { fireEvent, render } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { describe, expect, test, vi } from "vitest";

import { speaking } from "../i18n/spoken.svelte";
import Composer from "./Composer.svelte";

function drawn(change: Partial<{ text: string; answering: boolean; hindrance: string | null }> = {}) {
  const heard = { onwrite: vi.fn(), onask: vi.fn(), onstop: vi.fn() };
  const children = createRawSnippet(() => ({ render: () => "<span></span>" }));
  const { container } = render(Composer, {
    props: {
      text: "How much?",
      answering: false,
      stopping: false,
      hindrance: null,
      trouble: null,
      children,
      ...heard,
      ...change,
    },
    context: speaking("en"),
  });
  const part = <Kind extends HTMLElement>(name: string) => {
    const element = container.querySelector<Kind>(`[data-part=${name}]`);
    if (!element) throw new Error(`no ${name}`);
    return element;
  };
  return { ...heard, container, part, question: part<HTMLTextAreaElement>("question") };
}

describe("the composer", () => {
  test("asks on Enter, and not on Shift + Enter", async () => {
    const { onask, question } = drawn();
    const allowed = await fireEvent.keyDown(question, { key: "Enter", shiftKey: true });
    expect([onask.mock.calls.length, allowed], "the new line is the browser's").toEqual([0, true]);
    await fireEvent.keyDown(question, { key: "Enter" });
    expect(onask).toHaveBeenCalledOnce();
  });

  test("leaves Enter to an input method", async () => {
    const { onask, question } = drawn();
    await fireEvent.keyDown(question, { key: "Enter", isComposing: true });
    await fireEvent.keyDown(question, { key: "Enter", keyCode: 229 });
    expect(onask).not.toHaveBeenCalled();
  });

  test("does not ask nothing", async () => {
    const { onask, question, part } = drawn({ text: " \n " });
    await fireEvent.keyDown(question, { key: "Enter" });
    expect(onask).not.toHaveBeenCalled();
    expect(part<HTMLButtonElement>("send").disabled).toBe(true);
  });

  test("says why it cannot ask", async () => {
    const { onask, question, part, container } = drawn({ hindrance: "Choose a document." });
    await fireEvent.keyDown(question, { key: "Enter" });
    expect(onask).not.toHaveBeenCalled();
    expect(part<HTMLButtonElement>("send").disabled).toBe(true);
    const note = container.querySelector(`#${question.getAttribute("aria-describedby")}`);
    expect(note?.textContent).toContain("Choose a document.");
  });

  test("stops while an answer is written, and can be written in meanwhile", async () => {
    const { onask, onstop, onwrite, question, part } = drawn({ answering: true });
    await fireEvent.click(part("stop"));
    expect(onstop).toHaveBeenCalledOnce();
    await fireEvent.keyDown(question, { key: "Enter" });
    expect(onask).not.toHaveBeenCalled();
    await fireEvent.input(question, { target: { value: "Next" } });
    expect(onwrite).toHaveBeenCalledWith("Next");
  });

  test("takes a hundred thousand characters without measuring them", () => {
    const measured = vi.spyOn(HTMLTextAreaElement.prototype, "scrollHeight", "get");
    const { question } = drawn({ text: "word ".repeat(20_000) });
    expect(question.value).toHaveLength(100_000);
    expect(measured).not.toHaveBeenCalled();
  });
});
