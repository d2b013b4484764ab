// One conversation as it is on screen: its messages, the unsent draft, the documents chosen, the reply.
import { SvelteSet } from "svelte/reactivity";

import type { Answer, AppError, Conversation as Stored, ConversationId, DocumentId, Message } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { Writing, type OnFrame } from "./reply.svelte";

/** A question and what came of it. */
export interface Exchange {
  question: string;
  /** None was stored: the application ended, or the question failed. */
  answer: Answer | null;
}

type Messages =
  { state: "unread" } | { state: "reading" } | { state: "read" } | { state: "failed"; error: AppError };

export class Conversation {
  /** Null until its first question has been asked. */
  stored = $state.raw<Stored | null>(null);
  messages = $state.raw<Messages>({ state: "unread" });
  exchanges = $state.raw<Exchange[]>([]);
  /** The answer to the question that was asked here last: what is stored from before is no news. */
  concluded = $state.raw<Answer | null>(null);
  draft = $state("");
  readonly chosen = new SvelteSet<DocumentId>();
  readonly writing: Writing;
  readonly #ipc: Ipc;

  constructor(ipc: Ipc, onFrame: OnFrame, stored: Stored | null, chosen: DocumentId[]) {
    this.#ipc = ipc;
    this.writing = new Writing(onFrame);
    this.stored = stored;
    if (!stored) this.messages = { state: "read" };
    for (const document of chosen) this.chosen.add(document);
  }

  get id(): ConversationId | null {
    return this.stored?.id ?? null;
  }

  get isEmpty(): boolean {
    return this.exchanges.length === 0 && this.writing.reply.state === "none";
  }

  /** Reads what is stored of it, once. */
  async read(): Promise<void> {
    if (!this.stored || this.messages.state === "read" || this.messages.state === "reading") return;
    this.messages = { state: "reading" };
    try {
      this.exchanges = paired(await this.#ipc.messages(this.stored.id));
      this.messages = { state: "read" };
    } catch (reason) {
      this.messages = { state: "failed", error: asAppError(reason) };
    }
  }

  write(draft: string): void {
    this.draft = draft;
  }

  choose(document: DocumentId, chosen: boolean): void {
    if (chosen) this.chosen.add(document);
    else this.chosen.delete(document);
  }

  /** A question is on its way: the one that failed before it stays, without an answer, unless it is the same. */
  asks(question: string): void {
    const { reply } = this.writing;
    if (reply.state === "failed" && reply.question !== question) {
      this.exchanges = [...this.exchanges, { question: reply.question, answer: null }];
    }
    const last = this.exchanges.at(-1);
    if (last?.answer === null && last.question === question) this.exchanges = this.exchanges.slice(0, -1);
    this.concluded = null;
    this.writing.begin(question);
  }

  became(stored: Stored): void {
    this.stored = stored;
  }

  answered(question: string, answer: Answer): void {
    this.exchanges = [...this.exchanges, { question, answer }];
    this.writing.end(answer.text);
    this.concluded = answer;
  }
}

/** Messages as exchanges. A question that was asked again directly is told once. */
function paired(messages: Message[]): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const message of messages) {
    const last = exchanges.at(-1);
    if (message.role === "question") {
      const again = last?.answer === null && last.question === message.text;
      if (!again) exchanges.push({ question: message.text, answer: null });
    } else if (last && !last.answer) {
      last.answer = message.answer;
    }
  }
  return exchanges;
}
