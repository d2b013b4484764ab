// Where the vault stands, and the passphrase that opens it.
import type { AppError, Launch } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

export class Vault {
  launch = $state.raw<Launch>({ state: "opening" });
  /** A passphrase is being tried, or the vault opened once more. */
  busy = $state(false);
  /** Why the last passphrase did not open it. */
  problem = $state.raw<AppError | null>(null);
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  /** Rust says where the vault stands. After a wrong passphrase it says the same again, and why is still told. */
  became(launch: Launch): void {
    if (launch.state !== this.launch.state) this.problem = null;
    this.launch = launch;
    this.busy = false;
  }

  create(passphrase: string): Promise<void> {
    return this.#attempt(() => this.#ipc.createVault(passphrase));
  }

  unlock(passphrase: string): Promise<void> {
    return this.#attempt(() => this.#ipc.unlock(passphrase));
  }

  retry(): Promise<void> {
    return this.#attempt(() => this.#ipc.retry());
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
