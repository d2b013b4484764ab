// What is looked for in the conversations, and where it was found.
import type { AppError, Found } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** How long the keys must rest before a search begins, in milliseconds. */
const REST = 150;

export class Finder {
  question = $state("");
  /** The best first; null until something was looked for. */
  found = $state.raw<Found[] | null>(null);
  problem = $state.raw<AppError | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is found after something else was asked is not shown. */
  #latest = 0;
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  /** The lists make room for what is found. */
  get isLooking(): boolean {
    return this.question.trim() !== "";
  }

  look(question: string): void {
    this.question = question;
    clearTimeout(this.#timer);
    if (this.isLooking) this.#timer = setTimeout(() => void this.#find(), REST);
    else this.clear();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#latest += 1;
    this.question = "";
    this.found = null;
    this.problem = null;
  }

  async #find(): Promise<void> {
    const ticket = ++this.#latest;
    try {
      const found = await this.#ipc.find(this.question.trim());
      if (ticket !== this.#latest) return;
      this.found = found;
      this.problem = null;
    } catch (reason) {
      if (ticket === this.#latest) this.problem = asAppError(reason);
    }
  }
}
