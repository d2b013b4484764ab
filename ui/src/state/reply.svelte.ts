// An answer while it is being written. Pieces of text are gathered and drawn once per animation frame.
import type { AppError, ReplyNews } from "../nouns";
import { grown, nothingYet, type Growing } from "../markdown/growing";

export type Reply =
  | { state: "none" }
  | { state: "searching"; question: string }
  | { state: "loading"; question: string; percent: number }
  | { state: "reading"; question: string; done: number; total: number }
  | { state: "thinking"; question: string }
  | { state: "writing"; question: string; text: Growing }
  | { state: "failed"; question: string; error: AppError };

/** What a reasoning model writes on the way to its answer. */
export interface Thought {
  text: string;
  /** When it began, in milliseconds since 1970. */
  began: number;
  /** How long it took, in milliseconds; null while it goes on. */
  ms: number | null;
}

/** Calls back before the next frame is drawn. */
export type OnFrame = (draw: () => void) => void;

export class Writing {
  reply = $state.raw<Reply>({ state: "none" });
  /** The sentences finished last, for a screen reader: sentences, not tokens. */
  spoken = $state("");
  /** Null as long as nothing was thought. It is drawn apart from the answer, and not read aloud. */
  thought = $state.raw<Thought | null>(null);
  #pieces = "";
  #thoughts = "";
  #unspoken = "";
  #drawing = false;
  readonly #onFrame: OnFrame;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  get question(): string | null {
    return this.reply.state === "none" ? null : this.reply.question;
  }

  begin(question: string): void {
    this.#pieces = this.#thoughts = this.#unspoken = this.spoken = "";
    this.thought = null;
    this.reply = { state: "searching", question };
  }

  hear(news: ReplyNews): void {
    const { reply } = this;
    if (reply.state === "none" || reply.state === "failed") return;
    const { question } = reply;
    if (news.kind === "text") {
      this.#pieces += news.text;
      this.#drawSoon();
    } else if (news.kind === "thinking") {
      this.#thoughts += news.text;
      this.#drawSoon();
    } else if (reply.state !== "writing" && reply.state !== "thinking") {
      this.reply =
        news.kind === "loading"
          ? { state: "loading", question, percent: news.percent }
          : { state: "reading", question, done: news.done, total: news.total };
    }
  }

  fail(error: AppError): void {
    if (this.question !== null) this.reply = { state: "failed", question: this.question, error };
  }

  /** The answer is there. What was not spoken of it is: its last words, or all of it if it came in one piece. */
  end(answer: string): void {
    const piecemeal = this.reply.state === "writing" || this.#pieces !== "";
    this.spoken = withoutSigns(piecemeal ? this.#unspoken + this.#pieces : answer);
    this.#pieces = this.#thoughts = this.#unspoken = "";
    this.thought = null;
    this.reply = { state: "none" };
  }

  #drawSoon(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    this.#onFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { reply } = this;
    const [piece, thoughts] = [this.#pieces, this.#thoughts];
    this.#pieces = this.#thoughts = "";
    // The answer may have come between a piece and its frame.
    if (reply.state === "none" || reply.state === "failed") return;
    this.#think(thoughts, piece !== "");
    if (piece === "") {
      if (thoughts !== "" && reply.state !== "writing")
        this.reply = { state: "thinking", question: reply.question };
      return;
    }
    const text = grown(reply.state === "writing" ? reply.text : nothingYet, piece);
    this.reply = { state: "writing", question: reply.question, text };
    this.#speak(piece);
  }

  /** Goes on with what is thought; it is over for now where the answer goes on. */
  #think(thoughts: string, isOver: boolean): void {
    const now = Date.now();
    const { text, began, ms } = this.thought ?? { text: "", began: now, ms: null };
    if (thoughts !== "") {
      this.thought = { text: text + thoughts, began, ms: isOver ? now - began : null };
    } else if (isOver && this.thought && ms === null) {
      this.thought = { text, began, ms: now - began };
    }
  }

  #speak(piece: string): void {
    this.#unspoken += piece;
    const end = /^[\s\S]*[.!?…][»”")]?(?=\s)/.exec(this.#unspoken)?.[0].length ?? 0;
    if (end === 0) return;
    this.spoken = withoutSigns(this.#unspoken.slice(0, end));
    this.#unspoken = this.#unspoken.slice(end);
  }
}

function withoutSigns(markdown: string): string {
  return markdown
    .replace(/[*_`#>|]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
