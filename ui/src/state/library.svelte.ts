// The documents.
import { SvelteSet } from "svelte/reactivity";

import type { AppError, Document, DocumentId } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** A document that has just been added, or turned out to be here already. */
export interface Arrival {
  document: DocumentId;
  already: boolean;
}

/** So many of the latest documents are at hand outside the library. */
const LATEST = 12;

export class Library {
  #known = $state.raw<Document[]>([]);
  /** Erased, and can still be brought back. */
  readonly #hidden = new SvelteSet<DocumentId>();
  readonly documents = $derived(
    this.#hidden.size === 0 ? this.#known : this.#known.filter(({ id }) => !this.#hidden.has(id)),
  );
  /** Those that came last, the latest first. */
  readonly latest = $derived(latest(this.documents, LATEST));
  /** Those that are being read again. */
  readonly rereading = new SvelteSet<DocumentId>();
  arrival = $state.raw<Arrival | null>(null);
  problem = $state.raw<AppError | null>(null);
  /** Whether `documents` has been read. */
  loaded = $state(false);
  readonly #ipc: Ipc;
  readonly #onArrival: (document: Document) => void;
  readonly #onReadAnew: (document: Document) => void;

  /** `onArrival` is told of each document that a file has become, `onReadAnew` of each that was known and read anew. */
  constructor(ipc: Ipc, onArrival: (document: Document) => void, onReadAnew: (document: Document) => void) {
    this.#ipc = ipc;
    this.#onArrival = onArrival;
    this.#onReadAnew = onReadAnew;
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

  /** Opens the picker; what is chosen there goes into the collection, if one is given. */
  async choose(collection: number | null = null): Promise<void> {
    await this.#attempt(() => this.#ipc.chooseFiles(collection));
  }

  /** Takes files that were copied in another program. */
  async paste(collection: number | null = null): Promise<void> {
    await this.#attempt(() => this.#ipc.pasteFiles(collection));
  }

  /** What is dropped on the window goes into the collection from here on, if one is given. */
  async dropInto(collection: number | null): Promise<void> {
    await this.#attempt(() => this.#ipc.dropInto(collection));
  }

  async rename({ id }: Document, name: string): Promise<void> {
    const shown = name.trim();
    if (shown === "") return;
    await this.#attempt(async () => {
      await this.#ipc.renameDocument(id, shown);
      this.#change([id], (document) => ({ ...document, name: shown }));
    });
  }

  /** Reads documents anew from their originals, one after the other. */
  async readAgain(documents: Document[]): Promise<void> {
    for (const { id } of documents) this.rereading.add(id);
    this.problem = null;
    for (const { id } of documents) {
      try {
        const read = await this.#ipc.readAgain(id);
        if (read) this.#isAnew(read);
      } catch (reason) {
        this.problem = asAppError(reason);
      }
      this.rereading.delete(id);
    }
  }

  /** They were put into a collection, or taken out of it. */
  gathered(documents: DocumentId[], collection: number, into: boolean): void {
    this.#change(documents, (document) => {
      const others = document.collections.filter((id) => id !== collection);
      return { ...document, collections: into ? [...others, collection] : others };
    });
  }

  /** A collection is no more. */
  scattered(collection: number): void {
    const members = this.#known.filter(({ collections }) => collections.includes(collection));
    this.gathered(
      members.map(({ id }) => id),
      collection,
      false,
    );
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
    this.#change([document.id], () => document);
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

  /** A file has become a document, or turned out to be one that is here. */
  arrived(document: Document, already: boolean): void {
    // As it is known now: it may have been read anew, or put into a collection.
    if (this.#known.some(({ id }) => id === document.id)) this.#isAnew(document);
    else this.#known = [...this.#known, document];
    this.arrival = { document: document.id, already };
    this.#onArrival(document);
  }

  #isAnew(document: Document): void {
    this.#change([document.id], () => document);
    this.#onReadAnew(document);
  }

  #change(ids: DocumentId[], how: (document: Document) => Document): void {
    const changed = new Set(ids);
    this.#known = this.#known.map((document) => (changed.has(document.id) ? how(document) : document));
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

/** In one look through them: sorting all of a large library for each that comes would cost. */
function latest(documents: Document[], count: number): Document[] {
  const found: Document[] = [];
  for (const document of documents) {
    if (found.length === count && document.added <= (found.at(-1)?.added ?? 0)) continue;
    const after = found.findIndex(({ added }) => added < document.added);
    found.splice(after < 0 ? found.length : after, 0, document);
    if (found.length > count) found.pop();
  }
  return found;
}
