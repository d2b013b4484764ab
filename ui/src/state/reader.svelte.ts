// The page that is open beside the answer, and the way through the citations that led to it.
import type { AppError, Citation, Document, DocumentId, Format, Hit, PageText, TextRange } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { hasLook } from "../paper/paper";
import { Look } from "./look.svelte";
import { Lookup } from "./lookup.svelte";

export interface Place {
  document: DocumentId;
  name: string;
  /** Where in a document without pages. */
  anchor: string | null;
  /** What led here, and which of it is open. Null on leafing and from the library. */
  citation: Trail | null;
}

/** The citations of an answer, or what a search found, and which of them is open. */
export interface Trail {
  all: Citation[];
  index: number;
  /** A search found them: nobody claims anything of them. */
  isFound: boolean;
}

export type Reading =
  | { state: "closed" }
  /** `text` is the page before, which stays until the next is there. */
  | { state: "opening"; place: Place; text: PageText | null }
  | { state: "open"; place: Place; text: PageText }
  | { state: "failed"; place: Place; error: AppError };

/** How much larger than the width of the pane a page may be. */
const ZOOMS = [1, 1.25, 1.5, 2, 3, 4] as const;

export class Reader {
  reading = $state.raw<Reading>({ state: "closed" });
  /** The citations to walk through; leafing to another page keeps them. */
  trail = $state.raw<Trail | null>(null);
  /** The text of a page is wanted although the page could be shown. */
  asText = $state(false);
  /** How wide a page is; 1 is as wide as the pane. */
  zoom = $state<number>(ZOOMS[0]);
  readonly look: Look;
  readonly lookup: Lookup;
  #again: (() => Promise<void>) | null = null;
  /** The page of each document that was open last. */
  readonly #last = new Map<DocumentId, number>();
  /** A page that comes after another was asked for is not shown. */
  #latest = 0;
  readonly #ipc: Ipc;
  readonly #formatOf: (document: DocumentId) => Format | undefined;

  /** `formatOf` tells what a document is, if it is there. */
  constructor(
    ipc: Ipc,
    formatOf: (document: DocumentId) => Format | undefined = () => undefined,
    look: Look = new Look(ipc),
  ) {
    this.#ipc = ipc;
    this.#formatOf = formatOf;
    this.look = look;
    this.lookup = new Lookup(
      ipc,
      () => this.#at,
      (page) => this.goTo(page),
    );
  }

  get isOpen(): boolean {
    return this.reading.state !== "closed";
  }

  async openCitation(all: Citation[], index: number, isFound = false): Promise<void> {
    const citation = all[index];
    if (!citation) return;
    this.trail = { all, index, isFound };
    const place = {
      document: citation.document,
      name: citation.name,
      anchor: citation.anchor,
      citation: this.trail,
    };
    await this.#turnTo(place, citation.page ?? 1, citation.range);
  }

  /** Opens what a search found, at one of its places. */
  async openHits(hits: Hit[], index: number): Promise<void> {
    const all = hits.map(({ text, ...place }): Citation => ({ ...place, quote: text, verified: true }));
    await this.openCitation(all, index, true);
  }

  /** Opens a document at a page, or where it was open last. */
  async openDocument({ id, name, pages }: Document, number = this.#last.get(id) ?? 1): Promise<void> {
    this.trail = null;
    // Read anew it may have fewer pages than before.
    const there = Math.max(1, Math.min(number, pages));
    await this.#turnTo({ document: id, name, anchor: null, citation: null }, there, null);
  }

  /** To the next page (1) or the one before (-1). */
  async leaf(step: number): Promise<void> {
    if (this.reading.state === "open") await this.goTo(this.reading.text.number + step);
  }

  /** To a page of the document, if it has it. */
  async goTo(number: number): Promise<void> {
    const { reading } = this;
    if (reading.state !== "open" || !Number.isInteger(number)) return;
    if (number < 1 || number > reading.text.pages || number === reading.text.number) return;
    // Back on its own page the quote is marked again.
    const cited = this.trail?.all[this.trail.index];
    const back = cited && cited.document === reading.place.document && (cited.page ?? 1) === number;
    const place = { ...reading.place, anchor: null, citation: back ? this.trail : null };
    await this.#turnTo(place, number, back ? cited.range : null);
  }

  /** To the next citation of the answer (1) or the one before (-1). */
  async follow(step: number): Promise<void> {
    const { trail } = this;
    if (trail) await this.openCitation(trail.all, trail.index + step, trail.isFound);
  }

  async retry(): Promise<void> {
    await this.#again?.();
  }

  /** Text was recognised on a page of a document. */
  async recognised(document: DocumentId): Promise<void> {
    if (this.#isAt(document)) await this.#again?.();
  }

  /** A document was read anew: its pages, how many they are and its original may be others. */
  async readAnew(document: Document): Promise<void> {
    const { reading } = this;
    if (!this.#isAt(document.id) || reading.state === "closed") return;
    this.look.close();
    const number = reading.state === "failed" ? 1 : (reading.text?.number ?? 1);
    if (reading.state === "failed" || number > document.pages) await this.openDocument(document, number);
    else await this.#again?.();
  }

  showText(asText: boolean): void {
    this.asText = asText;
    if (this.reading.state !== "closed") this.#show(this.reading.place.document);
  }

  get canGrow(): boolean {
    return this.zoom < (ZOOMS.at(-1) ?? 1);
  }

  get canShrink(): boolean {
    return this.zoom > ZOOMS[0];
  }

  /** Shows pages one step larger (1) or smaller (-1). */
  magnify(step: 1 | -1): void {
    const place = ZOOMS.findIndex((zoom) => zoom === this.zoom) + step;
    this.zoom = ZOOMS[place] ?? this.zoom;
  }

  close(): void {
    this.#latest += 1;
    this.look.close();
    this.lookup.close();
    this.trail = null;
    this.reading = { state: "closed" };
  }

  async #turnTo(place: Place, number: number, highlight: TextRange | null): Promise<void> {
    this.#again = () => this.#turnTo(place, number, highlight);
    const ticket = ++this.#latest;
    const before = this.reading.state === "open" && this.reading.place.document === place.document;
    const text = before && this.reading.state === "open" ? this.reading.text : null;
    const isOther = this.#at?.document !== place.document;
    this.reading = { state: "opening", place, text };
    if (isOther) this.lookup.turned();
    this.#show(place.document);
    let next: Reading;
    try {
      next = { state: "open", place, text: await this.#ipc.page(place.document, number, highlight) };
    } catch (reason) {
      next = { state: "failed", place, error: asAppError(reason) };
    }
    if (ticket !== this.#latest) return;
    this.reading = next;
    if (next.state === "open") this.#last.set(place.document, number);
  }

  get #at(): { document: DocumentId; page: number } | null {
    const { reading } = this;
    if (reading.state === "closed") return null;
    const page = reading.state === "failed" ? 1 : (reading.text?.number ?? 1);
    return { document: reading.place.document, page };
  }

  #isAt(document: DocumentId): boolean {
    return this.reading.state !== "closed" && this.reading.place.document === document;
  }

  /** Brings a document into view as it looks, where it has a look and that is wanted. */
  #show(document: DocumentId): void {
    const format = this.#formatOf(document);
    if (!this.asText && format && hasLook(format)) void this.look.open(document);
    else this.look.close();
  }
}
