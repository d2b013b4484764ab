// The documents, and the files on their way to become some.
import { SvelteSet } from "svelte/reactivity";

import type { AppError, Document, DocumentId, IncomingFile } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** A document that has just been added, or turned out to be here already. */
export interface Arrival {
  document: DocumentId;
  already: boolean;
}

export class Library {
  #known = $state.raw<Document[]>([]);
  /** Erased, and can still be brought back. */
  readonly #hidden = new SvelteSet<DocumentId>();
  readonly documents = $derived(this.#known.filter(({ id }) => !this.#hidden.has(id)));
  /** Files that wait, are read or have failed. */
  incoming = $state.raw<IncomingFile[]>([]);
  arrival = $state.raw<Arrival | null>(null);
  problem = $state.raw<AppError | null>(null);
  /** Whether `documents` has been read. */
  loaded = $state(false);
  readonly #ipc: Ipc;
  readonly #onArrival: (document: Document) => void;

  /** `onArrival` is told of each document that a file has become. */
  constructor(ipc: Ipc, onArrival: (document: Document) => void) {
    this.#ipc = ipc;
    this.#onArrival = onArrival;
  }

  /** What a conversation sees: documents in memory alone are for private ones. */
  seen(privately: boolean): Document[] {
    return this.documents.filter((document) => privately || !document.private);
  }

  document(id: DocumentId): Document | undefined {
    return this.documents.find((document) => document.id === id);
  }

  async load(): Promise<void> {
    this.problem = null;
    try {
      const documents = await this.#ipc.documents();
      // A file may have arrived while the list was read.
      const later = this.#known.filter((known) => documents.every((document) => document.id !== known.id));
      this.#known = [...documents, ...later];
      this.loaded = true;
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }

  async choose(): Promise<void> {
    await this.#attempt(() => this.#ipc.chooseFiles());
  }

  /** How many conversations rest on a document; null when that cannot be told, and why is. */
  async uses(document: DocumentId): Promise<number | null> {
    this.problem = null;
    try {
      return await this.#ipc.uses(document);
    } catch (reason) {
      this.problem = asAppError(reason);
      return null;
    }
  }

  /** A document is not as it was known. */
  changed(document: Document): void {
    this.#known = this.#known.map((known) => (known.id === document.id ? document : known));
  }

  /** Takes a document out of sight. */
  hide(document: DocumentId): void {
    this.#hidden.add(document);
  }

  show(document: DocumentId): void {
    this.#hidden.delete(document);
  }

  /** It is gone for good. */
  forget(document: DocumentId): void {
    this.#known = this.#known.filter(({ id }) => id !== document);
    this.#hidden.delete(document);
  }

  async dismiss(file: number): Promise<void> {
    this.incoming = this.incoming.filter(({ id }) => id !== file);
    await this.#attempt(() => this.#ipc.dismiss(file));
  }

  /** News of a file replaces what was known of it. */
  hear(file: IncomingFile): void {
    const { progress } = file;
    if (progress.state !== "added") {
      const known = this.incoming.some(({ id }) => id === file.id);
      this.incoming = known
        ? this.incoming.map((other) => (other.id === file.id ? file : other))
        : [...this.incoming, file];
      return;
    }
    this.incoming = this.incoming.filter(({ id }) => id !== file.id);
    const { document, already } = progress;
    if (this.#known.every(({ id }) => id !== document.id)) this.#known = [...this.#known, document];
    this.arrival = { document: document.id, already };
    this.#onArrival(document);
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    this.problem = null;
    try {
      await act();
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }
}
