// One conversation as it is on screen: its messages, the unsent draft, the documents chosen, the reply.
import { SvelteSet } from "svelte/reactivity";

import type {
  Answer,
  AppError,
  ContextUse,
  Conversation as Stored,
  ConversationId,
  DocumentId,
  Message,
} from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { Listing } from "./listing.svelte";
import { Writing, type OnFrame } from "./reply.svelte";

/** A question and what came of it. */
export interface Exchange {
  /** Null where it stood and does not open any more. */
  question: string | null;
  /** None was stored: the application ended, or the question failed. */
  answer: Answer | null;
  /** How many messages stood here that do not open any more. */
  lost: number;
  /** Which of the stored messages the question was; what was asked since they were read comes after all of them. */
  at: number;
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
  /** The person wants the reply that is written here to end. */
  stopping = $state(false);
  /** Null while no model is loaded, or while nothing was asked here. */
  contextUse = $state.raw<ContextUse | null>(null);
  /** The exchange to bring into view, by its index. */
  sought = $state.raw<{ index: number } | null>(null);
  readonly chosen = new SvelteSet<DocumentId>();
  readonly writing: Writing;
  /** Everything that a question here wants. It is made anew rather than kept. */
  readonly listing: Listing;
  /** An answer is being written here. Derived, so that whoever asks does not hear of each word. */
  readonly isAnswering = $derived.by(() => {
    const { state } = this.writing.reply;
    return state !== "none" && state !== "failed";
  });
  readonly #ipc: Ipc;
  readonly #privately: boolean;
  #reading: Promise<void> | null = null;
  /** What was typed since is newer than the draft that was kept. */
  #written = false;
  /** How often its share of the context was asked for: what was asked for before says nothing any more. */
  #measured = 0;

  constructor(
    ipc: Ipc,
    onFrame: OnFrame,
    stored: Stored | null,
    chosen: DocumentId[],
    privately = stored?.private ?? false,
  ) {
    this.#ipc = ipc;
    this.#privately = privately;
    this.writing = new Writing(onFrame);
    this.listing = new Listing(ipc);
    this.stored = stored;
    if (!stored) this.messages = { state: "read" };
    for (const document of chosen) this.chosen.add(document);
  }

  get id(): ConversationId | null {
    return this.stored?.id ?? null;
  }

  /** It is kept nowhere. */
  get isPrivate(): boolean {
    return this.#privately;
  }

  get isEmpty(): boolean {
    return (
      this.exchanges.length === 0 &&
      this.writing.reply.state === "none" &&
      this.listing.stage.state === "none"
    );
  }

  /** Reads what is stored of it, once. */
  read(): Promise<void> {
    if (this.messages.state === "read") return Promise.resolve();
    return (this.#reading ??= this.#read().finally(() => (this.#reading = null)));
  }

  /** Opens at a message. What was asked here since may be that message: its place is read anew. */
  async seek(message: number): Promise<void> {
    await this.read();
    if (this.stored && this.messages.state === "read" && this.writing.reply.state === "none") {
      try {
        this.exchanges = paired(await this.#ipc.messages(this.stored.id));
      } catch {
        // What was read before is there, and its places are nearly right.
      }
    }
    const index = this.exchanges.findLastIndex(({ at }) => at <= message);
    if (index >= 0) this.sought = { index };
  }

  write(draft: string): void {
    this.draft = draft;
    this.#written = true;
  }

  /** Shows the draft that was kept, unless something was written since, or it stands above without an answer. */
  recover(draft: string): void {
    const last = this.exchanges.at(-1);
    if (this.#written || (last?.answer === null && last.question === draft)) return;
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
      this.exchanges = [...this.exchanges, { question: reply.question, answer: null, lost: 0, at: Infinity }];
    }
    const last = this.exchanges.at(-1);
    if (last?.answer === null && last.question === question) this.exchanges = this.exchanges.slice(0, -1);
    this.concluded = null;
    this.stopping = false;
    this.writing.begin(question);
  }

  /** Asks how much of the model's context it takes. */
  async measure(): Promise<void> {
    if (!this.stored) return;
    const turn = (this.#measured += 1);
    let contextUse: ContextUse | null = null;
    try {
      contextUse = await this.#ipc.contextUse(this.stored.id);
    } catch {
      // What cannot be told is not shown; the next question says what is the matter.
    }
    if (turn === this.#measured) this.contextUse = contextUse;
  }

  became(stored: Stored): void {
    this.stored = stored;
  }

  answered(question: string, answer: Answer): void {
    this.exchanges = [...this.exchanges, { question, answer, lost: 0, at: Infinity }];
    this.writing.end(answer.text);
    this.concluded = answer;
  }

  async #read(): Promise<void> {
    if (!this.stored) return;
    this.messages = { state: "reading" };
    try {
      this.exchanges = paired(await this.#ipc.messages(this.stored.id));
      this.messages = { state: "read" };
    } catch (reason) {
      this.messages = { state: "failed", error: asAppError(reason) };
    }
  }
}

/** Messages as exchanges. A question that was asked again directly is told once. */
function paired(messages: Message[]): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const [at, message] of messages.entries()) {
    const last = exchanges.at(-1);
    if (message.role === "question") {
      const again = last?.answer === null && last.question === message.text;
      if (!again) exchanges.push({ question: message.text, answer: null, lost: 0, at });
    } else if (message.role === "lost") {
      exchanges.push({ question: null, answer: null, lost: message.number, at });
    } else if (last && !last.answer) {
      last.answer = message.answer;
    }
  }
  return exchanges;
}
