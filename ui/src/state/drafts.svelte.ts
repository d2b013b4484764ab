// What is written and not sent. It is kept in the vault a moment after the last key, every two seconds while somebody writes
// on, and at once when it is left.
import type { AppError, ConversationId } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** How long the keys must rest, in milliseconds. */
const REST = 400;

/** How long what somebody writes without a rest may be on screen alone, in milliseconds. */
const LONGEST = 2000;

/** The conversation that has not begun yet has no name. */
type Where = ConversationId | null;

export class Drafts {
  /** Why the last draft is on screen alone. */
  problem = $state.raw<AppError | null>(null);
  #waiting: { where: Where; text: string; since: number } | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** One is kept after the other, so that an older text never replaces a newer one. */
  #last: Promise<void> = Promise.resolve();
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  keep(where: Where, text: string): void {
    if (this.#waiting && this.#waiting.where !== where) void this.flush();
    const since = this.#waiting?.since ?? Date.now();
    this.#waiting = { where, text, since };
    const left = since + LONGEST - Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), Math.max(0, Math.min(REST, left)));
  }

  /** Keeps what waits, and resolves when all is kept. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting) this.#last = this.#last.then(() => this.#write(waiting.where, waiting.text));
    return this.#last;
  }

  async of(where: Where): Promise<string> {
    try {
      return await this.#ipc.draft(where);
    } catch (reason) {
      this.problem = asAppError(reason);
      return "";
    }
  }

  async #write(where: Where, text: string): Promise<void> {
    try {
      await this.#ipc.keepDraft(where, text);
      this.problem = null;
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }
}
