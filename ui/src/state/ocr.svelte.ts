// Text recognition of pages that are images: one document after the other, page by page, while other things go on.
import type { AppError, Document, DocumentId } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import type { Scan } from "../ocr/scan";

/** A document that is being read. */
export interface Recognition {
  document: DocumentId;
  name: string;
  /** Pages read, and those that were to be read. */
  done: number;
  total: number;
  /** Milliseconds until the rest is read at the pace so far; null before the first page. */
  left: number | null;
}

export class Ocr {
  running = $state.raw<Recognition | null>(null);
  /** Documents that wait for their turn. */
  waiting = $state.raw<Document[]>([]);
  paused = $state(false);
  /** Why a document could not be read to its end; its name is in it. */
  failed = $state.raw<{ document: DocumentId; name: string; error: AppError | null } | null>(null);
  #going = new AbortController();
  #resume: (() => void) | null = null;
  readonly #ipc: Ipc;
  readonly #open: (bytes: ArrayBuffer, password: string | null) => Promise<Scan>;
  readonly #onRead: (document: Document) => void;

  /** `onRead` is told of a document each time that one of its pages was read. */
  constructor(
    ipc: Ipc,
    open: (bytes: ArrayBuffer, password: string | null) => Promise<Scan>,
    onRead: (document: Document) => void,
  ) {
    this.#ipc = ipc;
    this.#open = open;
    this.#onRead = onRead;
  }

  /** Whether a document is read, or will be. */
  isOn(document: DocumentId): boolean {
    return this.running?.document === document || this.waiting.some(({ id }) => id === document);
  }

  /** Reads the pages of documents that are images. */
  async read(documents: Document[]): Promise<void> {
    this.failed = null;
    const more = documents.filter(({ id, imagePages }) => imagePages.length > 0 && !this.isOn(id));
    this.waiting = [...this.waiting, ...more];
    if (this.running) return;
    // A pause ends with what was paused.
    this.paused = false;
    this.#going = new AbortController();
    const { signal } = this.#going;
    for (;;) {
      const [next, ...rest] = this.waiting;
      if (!next || signal.aborted) return;
      this.running = {
        document: next.id,
        name: next.name,
        done: 0,
        total: next.imagePages.length,
        left: null,
      };
      this.waiting = rest;
      try {
        await this.#readPages(next, signal);
      } catch (reason) {
        if (signal.aborted) return;
        const error = isAppError(reason) ? asAppError(reason) : null;
        this.failed = { document: next.id, name: next.name, error };
      }
      if (signal.aborted) return;
      this.running = null;
    }
  }

  /** Reads no further page until it goes on; the one at hand is read to its end. */
  pause(): void {
    this.paused = true;
  }

  goOn(): void {
    this.paused = false;
    this.#resume?.();
    this.#resume = null;
  }

  /** Ends it. Pages that were read stay read. */
  cancel(): void {
    this.#going.abort();
    this.waiting = [];
    this.running = null;
    this.goOn();
  }

  async #readPages({ id, imagePages }: Document, signal: AbortSignal): Promise<void> {
    const [bytes, password] = await Promise.all([this.#ipc.original(id), this.#ipc.originalPassword(id)]);
    const scan = await this.#open(bytes, password);
    try {
      let spent = 0;
      for (const [index, number] of imagePages.entries()) {
        await this.#unpaused();
        signal.throwIfAborted();
        const began = performance.now();
        const page = await scan.read(number, signal);
        const document = await this.#ipc.recognised(id, page);
        signal.throwIfAborted();
        spent += performance.now() - began;
        const done = index + 1;
        const left = (spent / done) * (imagePages.length - done);
        if (this.running) this.running = { ...this.running, done, left };
        // It was erased meanwhile.
        if (!document) return;
        this.#onRead(document);
      }
    } finally {
      scan.close();
    }
  }

  async #unpaused(): Promise<void> {
    if (this.paused) await new Promise<void>((resume) => (this.#resume = resume));
  }
}

function isAppError(reason: unknown): boolean {
  // A number would be the code of an exception of the web view.
  return typeof reason === "object" && reason !== null && "code" in reason && typeof reason.code === "string";
}
