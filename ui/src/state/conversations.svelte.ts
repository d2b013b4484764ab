// All conversations, the one that is open, and those in which answers are being written.
import { SvelteMap, SvelteSet } from "svelte/reactivity";

import type { AppError, Conversation as Stored, ConversationId, Document, DocumentId, Found } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { Conversation } from "./conversation.svelte";
import type { Drafts } from "./drafts.svelte";
import { parted, withQuoted, type Quoted } from "../quoted";
import type { OnFrame } from "./reply.svelte";

export class Conversations {
  #known = $state.raw<Stored[]>([]);
  /** Erased, and can still be brought back. */
  readonly #hidden = new SvelteSet<ConversationId>();
  /** The latest first. */
  readonly list = $derived(this.#known.filter(({ id }) => !this.#hidden.has(id)));
  open = $state.raw() as Conversation;
  problem = $state.raw<AppError | null>(null);
  /** Conversations that have been open keep their draft, choice and reply. */
  readonly #opened = new SvelteMap<ConversationId, Conversation>();
  /** Those in which an answer is being written: as many as the person likes, with one answer at a time in each. */
  readonly answering: ReadonlySet<ConversationId> = $derived(
    new Set([...this.#opened].filter(([, { isAnswering }]) => isAnswering).map(([id]) => id)),
  );
  #fresh: Conversation;
  /** The private one that has not begun yet. */
  #freshPrivate: Conversation;
  /** Something else may be seen in the place of the open one. */
  #isShown = true;
  /** What Rust knows of the open one: whether it is private and seen; null where it could not be told. */
  #isTold: boolean | null = false;
  /** Each is kept when the answer that is being written is there, or failed. */
  readonly #replies = new Map<Conversation, Promise<void>>();
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
    if (this.#fresh.isAnswering) this.#renew(this.#fresh);
    this.#turnTo(this.#fresh);
  }

  openNewPrivate(): void {
    if (this.#freshPrivate.isAnswering) this.#renew(this.#freshPrivate);
    this.#turnTo(this.#freshPrivate);
  }

  /** Opens a conversation that has not begun yet and looks in some documents alone. */
  openNewAbout(documents: Document[]): void {
    // A document that is in memory alone is for private conversations.
    if (documents.some((document) => document.private)) this.openNewPrivate();
    else this.openNew();
    this.open.chosen.clear();
    for (const { id } of documents) this.open.choose(id, true);
  }

  /** Whether the open conversation is what is seen. */
  shown(isShown: boolean): void {
    this.#isShown = isShown;
    void this.#tellPrivacy();
  }

  async openStored(stored: Stored): Promise<void> {
    await this.#turnToStored(stored).read();
  }

  /** Opens the conversation in which something was found, at that message. */
  async openFound({ conversation, message }: Found): Promise<void> {
    const stored = this.#known.find(({ id }) => id === conversation);
    if (stored) await this.#turnToStored(stored).seek(message);
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

  /** The next question of the open conversation is about a passage of a document, which it looks in from here on. */
  quote(about: Quoted, document: DocumentId): void {
    const isIn = (privately: boolean) => this.#library(privately).some(({ id }) => id === document);
    // Words of a document that is in memory alone are not written where they would be kept.
    if (!isIn(this.open.isPrivate) && isIn(true)) this.openNewPrivate();
    this.write(withQuoted(about, parted(this.open.draft).question));
    if (isIn(this.open.isPrivate)) this.open.choose(document, true);
  }

  /** Takes a conversation out of sight, and ends the reply that is written in it. */
  async hide(id: ConversationId): Promise<void> {
    this.#hidden.add(id);
    if (this.open.id === id) this.openNew();
    const conversation = this.#opened.get(id);
    if (!conversation?.isAnswering) return;
    await this.#stop(conversation);
    await this.#replies.get(conversation);
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
    if (conversation.isAnswering || documents.length === 0 || question.trim() === "") return;
    const replied = this.#reply(conversation, question, documents);
    this.#replies.set(conversation, replied);
    await replied;
  }

  /** Asks what was written, and empties the draft. */
  async askDraft(): Promise<void> {
    const { draft, isAnswering } = this.open;
    if (isAnswering || this.#documents(this.open).length === 0 || draft.trim() === "") return;
    this.open.write("");
    await this.ask(draft);
  }

  /** Lists everything that a question wants, in the documents of the open conversation. */
  async listAll(question: string): Promise<void> {
    const documents = this.#documents(this.open);
    if (documents.length > 0) await this.open.listing.plan(question, documents);
  }

  /** Lists what was written, and empties the draft. */
  async listDraft(): Promise<void> {
    const { draft } = this.open;
    if (draft.trim() === "" || this.#documents(this.open).length === 0 || this.open.listing.isBusy) return;
    this.write("");
    await this.listAll(draft);
  }

  /** Ends the reply that is written in the open conversation. */
  async stop(): Promise<void> {
    await this.#stop(this.open);
  }

  /** Asks how much of the model's context the open conversation takes; another is asked about when it is opened. */
  async measure(): Promise<void> {
    await this.open.measure();
  }

  async #stop(conversation: Conversation): Promise<void> {
    if (!conversation.isAnswering || conversation.stopping) return;
    conversation.stopping = true;
    // Without an id it is still beginning, and `ask` tells as soon as there is one.
    if (conversation.id) await this.#tellToStop(conversation);
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
      let early = conversation.stopping;
      const answer = this.#ipc.ask(id, question, documents, (news) => {
        wasStored();
        conversation.writing.hear(news);
        // The word to stop may have overtaken the question; at its first news it cannot.
        if (early) void this.#tellToStop(conversation);
        early = false;
      });
      if (early) void this.#tellToStop(conversation);
      conversation.answered(question, await answer);
      wasStored();
    } catch (reason) {
      conversation.writing.fail(asAppError(reason));
      // What could not be stored comes back as a draft when the application is opened again.
      if (!stored) this.#keepUnsent(conversation, before, question);
    } finally {
      this.#replies.delete(conversation);
    }
    void conversation.measure();
  }

  async #tellToStop(conversation: Conversation): Promise<void> {
    if (!conversation.id) return;
    try {
      await this.#ipc.stop(conversation.id);
    } catch {
      // The reply goes on and can be stopped again; its own end tells what happened.
      conversation.stopping = false;
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
    const stored = await this.#ipc.begin(parted(question).question, documents, isPrivate);
    conversation.became(stored);
    this.#known = [stored, ...this.#known];
    this.#opened.set(stored.id, conversation);
    this.#renew(conversation);
    return stored;
  }

  /** Another takes the place of the conversation that has not begun, once that one is on its way. */
  #renew(begun: Conversation): void {
    const seen = this.#library(begun.isPrivate).map(({ id }) => id);
    const next = new Conversation(this.#ipc, this.#onFrame, null, seen, begun.isPrivate);
    if (this.#fresh === begun) this.#fresh = next;
    if (this.#freshPrivate === begun) this.#freshPrivate = next;
  }

  #choose(conversation: Conversation, { id, private: inMemory }: Document): void {
    if (conversation.isPrivate || !inMemory) conversation.choose(id, true);
  }

  #turnTo(conversation: Conversation): void {
    if (this.open !== conversation) void this.#drafts.flush();
    this.open = conversation;
    void this.#tellPrivacy();
  }

  /** Tells whether a private conversation is what is seen, where that has changed. */
  async #tellPrivacy(): Promise<void> {
    const privately = this.#isShown && this.open.isPrivate;
    if (privately === this.#isTold) return;
    this.#isTold = privately;
    try {
      await this.#ipc.inPrivate(privately);
    } catch (reason) {
      this.#isTold = null;
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
    void conversation.measure();
    return conversation;
  }

  async #recover(conversation: Conversation): Promise<void> {
    if (conversation.isPrivate) return;
    const [draft] = await Promise.all([this.#drafts.of(conversation.id), conversation.read()]);
    conversation.recover(draft);
  }

  /** Keeps a question that was not stored. One that began no conversation goes to the next, if that took its place. */
  #keepUnsent(conversation: Conversation, before: ConversationId | null, question: string): void {
    const next = conversation.isPrivate ? this.#freshPrivate : this.#fresh;
    if (conversation.id === null && conversation !== next) {
      next.write(next.draft === "" ? question : `${question}\n\n${next.draft}`);
      this.#keep(next, null, next.draft);
    } else {
      this.#keepAfter(conversation, before, conversation.draft || question);
    }
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
