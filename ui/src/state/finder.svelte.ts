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
  /** The question that `found` answers. */
  #answered: string | null = null;
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

  /** Searches at once what waits for the keys to rest, and answers whether what was found answers the question. */
  async hurry(): Promise<boolean> {
    const question = this.question.trim();
    if (question === "") return false;
    clearTimeout(this.#timer);
    if (this.#answered !== question) await this.#find();
    return this.#answered === this.question.trim();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#latest += 1;
    this.question = "";
    this.found = null;
    this.#answered = null;
    this.problem = null;
  }

  async #find(): Promise<void> {
    const ticket = ++this.#latest;
    const question = this.question.trim();
    try {
      const found = await this.#ipc.find(question);
      if (ticket !== this.#latest) return;
      this.found = found;
      this.#answered = question;
      this.problem = null;
    } catch (reason) {
      if (ticket === this.#latest) this.problem = asAppError(reason);
    }
  }
}
