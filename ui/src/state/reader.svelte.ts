// The page that is open beside the answer, and the way through the citations that led to it.
import type { AppError, Citation, Document, DocumentId, PageText, TextRange } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

export interface Place {
  document: DocumentId;
  name: string;
  /** Where in a document without pages. */
  anchor: string | null;
  /** What led here: the citations of an answer, and which of them is open. Null on leafing and from the library. */
  citation: { all: Citation[]; index: number } | null;
}

export type Reading =
  | { state: "closed" }
  /** `text` is the page before, which stays until the next is there. */
  | { state: "opening"; place: Place; text: PageText | null }
  | { state: "open"; place: Place; text: PageText }
  | { state: "failed"; place: Place; error: AppError };

export class Reader {
  reading = $state.raw<Reading>({ state: "closed" });
  /** The citations to walk through; leafing to another page keeps them. */
  trail = $state.raw<{ all: Citation[]; index: number } | null>(null);
  #again: (() => Promise<void>) | null = null;
  /** A page that comes after another was asked for is not shown. */
  #latest = 0;
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  get isOpen(): boolean {
    return this.reading.state !== "closed";
  }

  async openCitation(all: Citation[], index: number): Promise<void> {
    const citation = all[index];
    if (!citation) return;
    this.trail = { all, index };
    const place = {
      document: citation.document,
      name: citation.name,
      anchor: citation.anchor,
      citation: this.trail,
    };
    await this.#turnTo(place, citation.page ?? 1, citation.range);
  }

  async openDocument(document: Document): Promise<void> {
    this.trail = null;
    await this.#turnTo({ document: document.id, name: document.name, anchor: null, citation: null }, 1, null);
  }

  /** To the next page (1) or the one before (-1). */
  async leaf(step: number): Promise<void> {
    const { reading } = this;
    if (reading.state !== "open") return;
    const number = reading.text.number + step;
    if (number < 1 || number > reading.text.pages) return;
    // Back on its own page the quote is marked again.
    const cited = this.trail?.all[this.trail.index];
    const back = cited && cited.document === reading.place.document && (cited.page ?? 1) === number;
    const place = { ...reading.place, anchor: null, citation: back ? this.trail : null };
    await this.#turnTo(place, number, back ? cited.range : null);
  }

  /** To the next citation of the answer (1) or the one before (-1). */
  async follow(step: number): Promise<void> {
    if (this.trail) await this.openCitation(this.trail.all, this.trail.index + step);
  }

  async retry(): Promise<void> {
    await this.#again?.();
  }

  close(): void {
    this.#latest += 1;
    this.trail = null;
    this.reading = { state: "closed" };
  }

  async #turnTo(place: Place, number: number, highlight: TextRange | null): Promise<void> {
    this.#again = () => this.#turnTo(place, number, highlight);
    const ticket = ++this.#latest;
    const before = this.reading.state === "open" && this.reading.place.document === place.document;
    const text = before && this.reading.state === "open" ? this.reading.text : null;
    this.reading = { state: "opening", place, text };
    let next: Reading;
    try {
      next = { state: "open", place, text: await this.#ipc.page(place.document, number, highlight) };
    } catch (reason) {
      next = { state: "failed", place, error: asAppError(reason) };
    }
    if (ticket === this.#latest) this.reading = next;
  }
}
