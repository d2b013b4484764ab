// All conversations, the one that is open, and the one in which an answer is being written.
import { SvelteSet } from "svelte/reactivity";

import type { AppError, Conversation as Stored, ConversationId, Document, DocumentId, Found } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { Conversation } from "./conversation.svelte";
import type { Drafts } from "./drafts.svelte";
import type { OnFrame } from "./reply.svelte";

export class Conversations {
  #known = $state.raw<Stored[]>([]);
  /** Erased, and can still be brought back. */
  readonly #hidden = new SvelteSet<ConversationId>();
  /** The latest first. */
  readonly list = $derived(this.#known.filter(({ id }) => !this.#hidden.has(id)));
  open = $state.raw() as Conversation;
  /** One reply at a time in the whole application. */
  answering = $state.raw<Conversation | null>(null);
  /** The person wants the reply to end. */
  stopping = $state(false);
  problem = $state.raw<AppError | null>(null);
  /** Conversations that have been open keep their draft, choice and reply. */
  readonly #opened = new Map<ConversationId, Conversation>();
  #fresh: Conversation;
  /** The private one that has not begun yet. */
  #freshPrivate: Conversation;
  #replying: Promise<void> = Promise.resolve();
  readonly #ipc: Ipc;
  readonly #onFrame: OnFrame;
  readonly #library: (privately: boolean) => Document[];
  readonly #drafts: Drafts;

  /** `library` answers the documents that a private conversation sees, or one that is kept. */
  constructor(ipc: Ipc, library: (privately: boolean) => Document[], drafts: Drafts, onFrame: OnFrame) {
    this.#ipc = ipc;
    this.#library = library;
    this.#drafts = drafts;
    this.#onFrame = onFrame;
    this.open = this.#fresh = new Conversation(ipc, onFrame, null, []);
    this.#freshPrivate = new Conversation(ipc, onFrame, null, [], true);
  }

  async load(): Promise<void> {
    this.problem = null;
    const recovered = this.#recover(this.#fresh);
    try {
      this.#known = await this.#ipc.conversations();
    } catch (reason) {
      this.problem = asAppError(reason);
    }
    await recovered;
  }

  /** Opens the conversation that has not begun yet. */
  openNew(): void {
    this.#turnTo(this.#fresh);
  }

  openNewPrivate(): void {
    this.#turnTo(this.#freshPrivate);
  }

  async openStored(stored: Stored): Promise<void> {
    await this.#turnToStored(stored).read();
  }

  /** Opens the conversation in which something was found, at that message. */
  async openFound({ conversation, message }: Found): Promise<void> {
    const stored = this.#known.find(({ id }) => id === conversation);
    if (stored) await this.#turnToStored(stored).seek(message);
  }

  openAnswering(): void {
    if (this.answering) this.#turnTo(this.answering);
  }

  /** A conversation that has not begun looks in every document that the library turns out to hold. */
  found(documents: Document[]): void {
    for (const document of documents) {
      this.#choose(this.#fresh, document);
      this.#choose(this.#freshPrivate, document);
    }
  }

  /** A document that came while a conversation is open belongs to what it looks in. */
  arrived(document: Document): void {
    this.#choose(this.open, document);
    this.found([document]);
  }

  /** What is written in the open conversation. It is kept, unless the conversation is private. */
  write(draft: string): void {
    this.open.write(draft);
    this.#keep(this.open, this.open.id, draft);
  }

  /** Takes a conversation out of sight, and ends the reply that is written in it. */
  async hide(id: ConversationId): Promise<void> {
    this.#hidden.add(id);
    if (this.open.id === id) this.openNew();
    if (this.answering?.id !== id) return;
    await this.stop();
    await this.#replying;
  }

  show(id: ConversationId): void {
    this.#hidden.delete(id);
  }

  /** It is gone for good. */
  forget(id: ConversationId): void {
    this.#known = this.#known.filter((known) => known.id !== id);
    this.#hidden.delete(id);
    this.#opened.delete(id);
  }

  /** Asks in the open conversation; its first question begins it. */
  async ask(question: string): Promise<void> {
    const conversation = this.open;
    const documents = this.#documents(conversation);
    if (this.answering || documents.length === 0 || question.trim() === "") return;
    this.answering = conversation;
    this.stopping = false;
    this.#replying = this.#reply(conversation, question, documents);
    await this.#replying;
  }

  /** Asks what was written, and empties the draft. */
  async askDraft(): Promise<void> {
    const { draft } = this.open;
    if (this.answering || this.#documents(this.open).length === 0 || draft.trim() === "") return;
    this.open.write("");
    await this.ask(draft);
  }

  async stop(): Promise<void> {
    if (!this.answering || this.stopping) return;
    this.stopping = true;
    // Without an id it is still beginning, and `ask` tells as soon as there is one.
    if (this.answering.id) await this.#tellToStop(this.answering.id);
  }

  async #reply(conversation: Conversation, question: string, documents: DocumentId[]): Promise<void> {
    const before = conversation.id;
    let stored = false;
    const wasStored = () => {
      if (stored) return;
      stored = true;
      // Only now is the question in the vault, and its draft may go.
      this.#keepAfter(conversation, before, conversation.draft);
    };
    conversation.asks(question);
    try {
      const { id } = conversation.stored ?? (await this.#begin(conversation, question, documents));
      // Who wanted to stop while the conversation began is heard as soon as there is something to stop.
      let early = this.stopping;
      const answer = this.#ipc.ask(id, question, documents, (news) => {
        wasStored();
        conversation.writing.hear(news);
        // The word to stop may have overtaken the question; at its first news it cannot.
        if (early) void this.#tellToStop(id);
        early = false;
      });
      if (early) void this.#tellToStop(id);
      conversation.answered(question, await answer);
      wasStored();
    } catch (reason) {
      conversation.writing.fail(asAppError(reason));
      // What could not be stored comes back as a draft when the application is opened again.
      if (!stored) this.#keepAfter(conversation, before, conversation.draft || question);
    } finally {
      this.answering = null;
    }
  }

  async #tellToStop(id: ConversationId): Promise<void> {
    try {
      await this.#ipc.stop(id);
    } catch {
      // The reply goes on and can be stopped again; its own end tells what happened.
      this.stopping = false;
    }
  }

  /** What a question of this conversation looks in: the documents chosen that are in the library. */
  #documents({ chosen, isPrivate }: Conversation): DocumentId[] {
    return this.#library(isPrivate)
      .map(({ id }) => id)
      .filter((id) => chosen.has(id));
  }

  async #begin(conversation: Conversation, question: string, documents: DocumentId[]): Promise<Stored> {
    const { isPrivate } = conversation;
    const stored = await this.#ipc.begin(question, documents, isPrivate);
    conversation.became(stored);
    this.#known = [stored, ...this.#known];
    this.#opened.set(stored.id, conversation);
    const seen = this.#library(isPrivate).map(({ id }) => id);
    const next = new Conversation(this.#ipc, this.#onFrame, null, seen, isPrivate);
    if (isPrivate) this.#freshPrivate = next;
    else this.#fresh = next;
    return stored;
  }

  #choose(conversation: Conversation, { id, private: inMemory }: Document): void {
    if (conversation.isPrivate || !inMemory) conversation.choose(id, true);
  }

  #turnTo(conversation: Conversation): void {
    if (this.open !== conversation) void this.#drafts.flush();
    if (this.open.isPrivate !== conversation.isPrivate) void this.#tellPrivacy(conversation.isPrivate);
    this.open = conversation;
  }

  async #tellPrivacy(privately: boolean): Promise<void> {
    try {
      await this.#ipc.inPrivate(privately);
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }

  #turnToStored(stored: Stored): Conversation {
    let conversation = this.#opened.get(stored.id);
    if (!conversation) {
      conversation = new Conversation(this.#ipc, this.#onFrame, stored, stored.documents);
      this.#opened.set(stored.id, conversation);
      void this.#recover(conversation);
    }
    this.#turnTo(conversation);
    return conversation;
  }

  async #recover(conversation: Conversation): Promise<void> {
    if (conversation.isPrivate) return;
    const [draft] = await Promise.all([this.#drafts.of(conversation.id), conversation.read()]);
    conversation.recover(draft);
  }

  /** Keeps a draft once its conversation may have got a name: the next one has taken its place then. */
  #keepAfter(conversation: Conversation, before: ConversationId | null, draft: string): void {
    this.#keep(conversation, conversation.id, draft);
    const begun = before === null && conversation.id !== null;
    if (begun && !conversation.isPrivate) this.#keep(this.#fresh, null, this.#fresh.draft);
  }

  #keep(conversation: Conversation, id: ConversationId | null, draft: string): void {
    if (!conversation.isPrivate) this.#drafts.keep(id, draft);
  }
}
