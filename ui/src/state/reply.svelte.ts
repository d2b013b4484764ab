// An answer while it is being written. Pieces of text are gathered and drawn once per animation frame.
import type { AppError, ReplyNews } from "../nouns";
import { grown, nothingYet, type Growing } from "../markdown/growing";

export type Reply =
  | { state: "none" }
  | { state: "searching"; question: string }
  | { state: "loading"; question: string; percent: number }
  | { state: "reading"; question: string; done: number; total: number }
  | { state: "writing"; question: string; text: Growing }
  | { state: "failed"; question: string; error: AppError };

/** Calls back before the next frame is drawn. */
export type OnFrame = (draw: () => void) => void;

export class Writing {
  reply = $state.raw<Reply>({ state: "none" });
  /** The sentences finished last, for a screen reader: sentences, not tokens. */
  spoken = $state("");
  #pieces = "";
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
    this.#pieces = this.#unspoken = this.spoken = "";
    this.reply = { state: "searching", question };
  }

  hear(news: ReplyNews): void {
    const { reply } = this;
    if (reply.state === "none" || reply.state === "failed") return;
    const { question } = reply;
    if (news.kind === "text") {
      this.#pieces += news.text;
      this.#drawSoon();
    } else if (reply.state !== "writing") {
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
    this.#pieces = this.#unspoken = "";
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
    const piece = this.#pieces;
    this.#pieces = "";
    // The answer may have come between a piece and its frame.
    if (piece === "" || reply.state === "none" || reply.state === "failed") return;
    const text = grown(reply.state === "writing" ? reply.text : nothingYet, piece);
    this.reply = { state: "writing", question: reply.question, text };
    this.#speak(piece);
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
