// What is looked for in the text of the library's documents, by words and by meaning, and where it was found.
import type { Age, AppError, Document, DocumentId, Format, Hit } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** How long the keys must rest before a search begins, in milliseconds. */
const REST = 250;

const DAY = 86_400_000;

/** Whoever has the documents. */
interface Library {
  readonly documents: Document[];
}

/** Whoever knows what is looked at. */
interface Shelf {
  readonly collection: number | null;
}

export class Search {
  /** The text of documents is looked through, and not their names. */
  isOn = $state(false);
  question = $state("");
  /** Documents of these formats alone. */
  formats = $state.raw<readonly Format[] | null>(null);
  age = $state<Age>(0);
  /** These documents alone. */
  only = $state.raw<DocumentId[] | null>(null);
  /** The best first; null until something was looked for. */
  hits = $state.raw<Hit[] | null>(null);
  problem = $state.raw<AppError | null>(null);
  isSearching = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is found after something else was asked is not shown. */
  #latest = 0;
  readonly #ipc: Ipc;
  readonly #library: Library;
  readonly #shelf: Shelf;
  /** The formats that there are. */
  readonly known = $derived.by(() => [...new Set(this.#library.documents.map(({ format }) => format))]);

  constructor(ipc: Ipc, library: Library, shelf: Shelf) {
    this.#ipc = ipc;
    this.#library = library;
    this.#shelf = shelf;
  }

  turnOn(question: string): void {
    this.isOn = true;
    this.look(question);
  }

  turnOff(): void {
    this.isOn = false;
    this.#forget();
    this.question = "";
    this.formats = null;
    this.age = 0;
    this.only = null;
  }

  look(question: string): void {
    this.question = question;
    clearTimeout(this.#timer);
    if (question.trim() === "") this.#forget();
    else this.#timer = setTimeout(() => void this.find(), REST);
  }

  /** Keeps the search to some of the documents. */
  async keepTo(filters: {
    formats?: readonly Format[] | null;
    age?: Age;
    only?: DocumentId[] | null;
  }): Promise<void> {
    if (filters.formats !== undefined) this.formats = filters.formats;
    if (filters.age !== undefined) this.age = filters.age;
    if (filters.only !== undefined) this.only = filters.only;
    await this.find();
  }

  /** Searches at once, in what the filters leave. */
  async find(): Promise<void> {
    clearTimeout(this.#timer);
    const question = this.question.trim();
    if (!this.isOn || question === "") return;
    const ticket = ++this.#latest;
    this.isSearching = true;
    try {
      const hits = await this.#ipc.search(question, this.#documents());
      if (ticket !== this.#latest) return;
      this.hits = hits;
      this.problem = null;
    } catch (reason) {
      if (ticket !== this.#latest) return;
      this.hits = null;
      this.problem = asAppError(reason);
    }
    this.isSearching = false;
  }

  #documents(): DocumentId[] {
    const { collection } = this.#shelf;
    const since = this.age === 0 ? 0 : Date.now() - this.age * DAY;
    return this.#library.documents
      .filter(
        ({ id, format, added, collections }) =>
          (collection === null || collections.includes(collection)) &&
          (this.formats === null || this.formats.includes(format)) &&
          added >= since &&
          (this.only === null || this.only.includes(id)),
      )
      .map(({ id }) => id);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#latest += 1;
    this.hits = null;
    this.problem = null;
    this.isSearching = false;
  }
}
