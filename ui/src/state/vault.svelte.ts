// Where the vault stands, what opens it, and what was noticed when it was opened.
import type { AppError, Launch, Proof } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

export class Vault {
  launch = $state.raw<Launch>({ state: "opening" });
  /** A secret is being tried, or the vault opened once more. */
  busy = $state(false);
  /** Why the last attempt did not open it. */
  problem = $state.raw<AppError | null>(null);
  /** What was found to be otherwise than it was left: told until the person goes on with it or puts it away. */
  notices = $state.raw<string[]>([]);
  noticesProblem = $state.raw<AppError | null>(null);
  /** Put away until the vault is opened again. */
  #dismissed: readonly string[] = [];
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  get isOpen(): boolean {
    return this.launch.state === "open";
  }

  /** Rust says where the vault stands. After a wrong secret it says the same again, and why is still told. */
  became(launch: Launch): void {
    if (launch.state !== this.launch.state) this.problem = null;
    this.launch = launch;
    this.busy = false;
    if (launch.state === "open") {
      this.notices = launch.notices.filter((notice) => !this.#dismissed.includes(notice));
    } else {
      this.notices = this.#dismissed = [];
    }
  }

  create(passphrase: string): Promise<void> {
    return this.#attempt(() => this.#ipc.createVault(passphrase));
  }

  unlock(proof: Proof): Promise<void> {
    return this.#attempt(() => this.#ipc.unlock(proof));
  }

  retry(): Promise<void> {
    return this.#attempt(() => this.#ipc.retry());
  }

  /** Makes the vault of a backup that is chosen next. Nothing happens when none is. */
  restore(proof: Proof): Promise<void> {
    return this.#attempt(async () => {
      if (!(await this.#ipc.restore(proof))) this.busy = false;
    });
  }

  /** What was said about one way to open it is not said beside another. */
  forgetProblem(): void {
    this.problem = null;
  }

  /** Goes on with what is here. Rust says what is still to be told. */
  async accept(): Promise<void> {
    this.noticesProblem = null;
    try {
      await this.#ipc.accept();
    } catch (reason) {
      this.noticesProblem = asAppError(reason);
    }
  }

  /** Puts the notices away until the vault is opened again. */
  dismissNotices(): void {
    this.#dismissed = [...this.#dismissed, ...this.notices];
    this.notices = [];
    this.noticesProblem = null;
  }

  /** Stays busy when the attempt succeeds: news of the open vault follows and ends it. */
  async #attempt(open: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      await open();
    } catch (reason) {
      this.problem = asAppError(reason);
      this.busy = false;
    }
  }
}
