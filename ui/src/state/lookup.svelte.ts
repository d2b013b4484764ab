// What is looked for in the document that is open, and every place where it stands.
import type { AppError, DocumentId, FoundIn } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** How long the keys must rest before a search begins, in milliseconds. */
const REST = 150;

/** Rust names no more places than these. */
const MOST = 10_000;

export class Lookup {
  isOpen = $state(false);
  sought = $state("");
  /** In the order of the document; null until something was looked for. */
  places = $state.raw<FoundIn[] | null>(null);
  /** Which of the places is the one that is looked at. */
  index = $state(0);
  problem = $state.raw<AppError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is found after something else was asked is not shown. */
  #latest = 0;
  readonly #ipc: Ipc;
  readonly #at: () => { document: DocumentId; page: number } | null;
  readonly #goTo: (page: number) => Promise<void>;

  /** `at` tells what is open, `goTo` opens another page of it. */
  constructor(
    ipc: Ipc,
    at: () => { document: DocumentId; page: number } | null,
    goTo: (page: number) => Promise<void>,
  ) {
    this.#ipc = ipc;
    this.#at = at;
    this.#goTo = goTo;
  }

  /** There may be more places than were named. */
  get isCut(): boolean {
    return (this.places?.length ?? 0) >= MOST;
  }

  open(): void {
    this.isOpen = true;
  }

  /** What was found is marked no longer. */
  close(): void {
    this.isOpen = false;
    this.#forget();
    this.sought = "";
  }

  look(sought: string): void {
    this.sought = sought;
    clearTimeout(this.#timer);
    if (sought.trim() === "") this.#forget();
    else this.#timer = setTimeout(() => void this.#find(), REST);
  }

  /** Another document is open: the same is looked for there, and its page stays in sight. */
  turned(): void {
    this.#forget();
    if (this.isOpen && this.sought.trim() !== "") {
      this.#timer = setTimeout(() => void this.#find({ reveal: false }), REST);
    }
  }

  /** To the next place (1) or the one before (-1), round the ends. What waits for the keys to rest is looked for first. */
  async step(step: 1 | -1): Promise<void> {
    if (this.places === null) {
      clearTimeout(this.#timer);
      if (this.sought.trim() !== "") await this.#find();
      return;
    }
    const { length } = this.places;
    if (length === 0) return;
    this.index = (this.index + step + length) % length;
    await this.#reveal();
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#latest += 1;
    this.places = null;
    this.index = 0;
    this.problem = null;
  }

  async #find({ reveal } = { reveal: true }): Promise<void> {
    const at = this.#at();
    if (!at) return;
    const ticket = ++this.#latest;
    try {
      const places = await this.#ipc.findIn(at.document, this.sought.trim());
      if (ticket !== this.#latest) return;
      this.places = places;
      // The first from the page on that is read.
      this.index = Math.max(
        0,
        places.findIndex(({ page }) => page >= (this.#at()?.page ?? 1)),
      );
      this.problem = null;
      if (reveal) await this.#reveal();
    } catch (reason) {
      if (ticket === this.#latest) this.problem = asAppError(reason);
    }
  }

  async #reveal(): Promise<void> {
    const place = this.places?.[this.index];
    if (place) await this.#goTo(place.page);
  }
}
