// All conversations, the one that is open, and the one in which an answer is being written.
import type { AppError, Conversation as Stored, ConversationId, DocumentId } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { Conversation } from "./conversation.svelte";
import type { OnFrame } from "./reply.svelte";

export class Conversations {
  /** The latest first. */
  list = $state.raw<Stored[]>([]);
  open = $state.raw() as Conversation;
  /** One reply at a time in the whole application. */
  answering = $state.raw<Conversation | null>(null);
  /** The person wants the reply to end. */
  stopping = $state(false);
  problem = $state.raw<AppError | null>(null);
  /** Conversations that have been open keep their draft, choice and reply. */
  readonly #opened = new Map<ConversationId, Conversation>();
  #fresh: Conversation;
  readonly #ipc: Ipc;
  readonly #onFrame: OnFrame;
  readonly #library: () => DocumentId[];

  /** `library` answers the ids of all documents. */
  constructor(ipc: Ipc, library: () => DocumentId[], onFrame: OnFrame) {
    this.#ipc = ipc;
    this.#library = library;
    this.#onFrame = onFrame;
    this.open = this.#fresh = new Conversation(ipc, onFrame, null, []);
  }

  async load(): Promise<void> {
    this.problem = null;
    try {
      this.list = await this.#ipc.conversations();
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }

  /** Opens the conversation that has not begun yet. */
  openNew(): void {
    this.open = this.#fresh;
  }

  async openStored(stored: Stored): Promise<void> {
    let conversation = this.#opened.get(stored.id);
    if (!conversation) {
      conversation = new Conversation(this.#ipc, this.#onFrame, stored, stored.documents);
      this.#opened.set(stored.id, conversation);
    }
    this.open = conversation;
    await conversation.read();
  }

  openAnswering(): void {
    if (this.answering) this.open = this.answering;
  }

  /** A conversation that has not begun looks in every document that the library turns out to hold. */
  found(documents: DocumentId[]): void {
    for (const document of documents) this.#fresh.choose(document, true);
  }

  /** A document that came while a conversation is open belongs to what it looks in. */
  arrived(document: DocumentId): void {
    this.open.choose(document, true);
    this.#fresh.choose(document, true);
  }

  /** Asks in the open conversation; its first question begins it. */
  async ask(question: string): Promise<void> {
    const conversation = this.open;
    const documents = this.#documents(conversation);
    if (this.answering || documents.length === 0 || question.trim() === "") return;
    this.answering = conversation;
    this.stopping = false;
    conversation.asks(question);
    try {
      const { id } = conversation.stored ?? (await this.#begin(conversation, question, documents));
      // Who wanted to stop while the conversation began is heard as soon as there is something to stop.
      let early = this.stopping;
      const answer = this.#ipc.ask(id, question, documents, (news) => {
        conversation.writing.hear(news);
        // The word to stop may have overtaken the question; at its first news it cannot.
        if (early) void this.#tellToStop(id);
        early = false;
      });
      if (early) void this.#tellToStop(id);
      conversation.answered(question, await answer);
    } catch (reason) {
      conversation.writing.fail(asAppError(reason));
    } finally {
      this.answering = null;
    }
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

  async #tellToStop(id: ConversationId): Promise<void> {
    try {
      await this.#ipc.stop(id);
    } catch {
      // The reply goes on and can be stopped again; its own end tells what happened.
      this.stopping = false;
    }
  }

  /** What a question of this conversation looks in: the documents chosen that are in the library. */
  #documents({ chosen }: Conversation): DocumentId[] {
    return this.#library().filter((id) => chosen.has(id));
  }

  async #begin(conversation: Conversation, question: string, documents: DocumentId[]): Promise<Stored> {
    const stored = await this.#ipc.begin(question, documents);
    conversation.became(stored);
    this.list = [stored, ...this.list];
    this.#opened.set(stored.id, conversation);
    this.#fresh = new Conversation(this.#ipc, this.#onFrame, null, this.#library());
    return stored;
  }
}
