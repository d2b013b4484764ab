import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Frames } from "../test/scripted";
import { Writing } from "./reply.svelte";

function begun() {
  const frames = new Frames();
  const writing = new Writing(frames.onFrame);
  writing.begin("How much?");
  return { frames, writing };
}

const written = (writing: Writing) =>
  writing.reply.state === "writing"
    ? [...writing.reply.text.settled, ...writing.reply.text.last].map(({ raw }) => raw).join("")
    : null;

describe("a reply", () => {
  test("goes from searching over loading and reading to writing", () => {
    const { frames, writing } = begun();
    const states = [writing.reply.state];
    writing.hear({ kind: "loading", percent: 40 });
    states.push(writing.reply.state);
    writing.hear({ kind: "reading", done: 100, total: 600 });
    states.push(writing.reply.state);
    writing.hear({ kind: "text", text: "It " });
    frames.draw();
    states.push(writing.reply.state);
    expect(states).toEqual(["searching", "loading", "reading", "writing"]);
    writing.hear({ kind: "reading", done: 600, total: 600 });
    expect(writing.reply.state, "late progress does not hide the text").toBe("writing");
  });

  test("is drawn once a frame, however many pieces come", () => {
    const { frames, writing } = begun();
    for (const text of ["It ", "cost ", "412,000."]) writing.hear({ kind: "text", text });
    expect(frames.count).toBe(1);
    expect(writing.reply.state).toBe("searching");
    frames.draw();
    expect(written(writing)).toBe("It cost 412,000.");
  });

  test("is not drawn after its end", () => {
    const { frames, writing } = begun();
    writing.hear({ kind: "text", text: "late" });
    writing.end("The answer.");
    frames.draw();
    expect(writing.reply).toEqual({ state: "none" });
  });

  test("speaks sentences that are finished, not tokens", () => {
    const { frames, writing } = begun();
    const say = (text: string) => {
      writing.hear({ kind: "text", text });
      frames.draw();
      return writing.spoken;
    };
    expect(say("It **cost** 412")).toBe("");
    expect(say(",000 euros.")).toBe("");
    expect(say(" Then")).toBe("It cost 412,000 euros.");
    expect(say(" it ended! And")).toBe("Then it ended!");
  });

  test("speaks its last words when it ends, whether they were drawn or not", () => {
    const { frames, writing } = begun();
    writing.hear({ kind: "text", text: "It cost 412,000 euros. It **ended**" });
    frames.draw();
    writing.hear({ kind: "text", text: " in May." });
    writing.end("It cost 412,000 euros [1]. It **ended** in May [1].");
    expect(writing.spoken).toBe("It ended in May.");
  });

  test("speaks an answer that came in one piece", () => {
    const { writing } = begun();
    writing.end("This is not in these documents.");
    expect(writing.spoken).toBe("This is not in these documents.");
  });

  test("keeps its question when it fails", () => {
    const { writing } = begun();
    writing.fail({ code: "engine_stopped", message: "The engine stopped." });
    expect(writing.reply).toEqual({
      state: "failed",
      question: "How much?",
      error: { code: "engine_stopped", message: "The engine stopped." },
    });
  });
});

describe("what a reasoning model thinks", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("is kept apart from the answer, with how long it took", () => {
    const { frames, writing } = begun();
    const hear = (kind: "thinking" | "text", text: string) => {
      writing.hear({ kind, text });
      frames.draw();
    };
    hear("thinking", "The cost ");
    expect(writing.reply.state).toBe("thinking");
    expect(writing.thought).toMatchObject({ text: "The cost ", ms: null });
    vi.advanceTimersByTime(3000);
    hear("thinking", "is asked for.");
    writing.hear({ kind: "reading", done: 1, total: 2 });
    expect(writing.reply.state, "late progress does not hide it").toBe("thinking");
    vi.advanceTimersByTime(2000);
    hear("text", "It cost 412,000 euros. ");
    expect(written(writing)).toBe("It cost 412,000 euros. ");
    expect(writing.thought).toMatchObject({ text: "The cost is asked for.", ms: 5000 });
    vi.advanceTimersByTime(2000);
    hear("text", "Yes.");
    expect(writing.thought?.ms, "it is over").toBe(5000);
    expect(writing.spoken, "it is not read aloud").toBe("It cost 412,000 euros.");
  });

  test("is over when both come in one frame", () => {
    const { frames, writing } = begun();
    writing.hear({ kind: "thinking", text: "Hm." });
    writing.hear({ kind: "text", text: "Yes." });
    frames.draw();
    expect(writing.reply.state).toBe("writing");
    expect(writing.thought).toMatchObject({ text: "Hm.", ms: 0 });
  });

  test("does not stay for the next question", () => {
    const { frames, writing } = begun();
    writing.hear({ kind: "thinking", text: "Hm." });
    frames.draw();
    writing.end("Yes.");
    writing.begin("And then?");
    expect(writing.thought).toBeNull();
  });
});
