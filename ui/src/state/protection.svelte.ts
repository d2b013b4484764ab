// What opens the vault, and the copies that are made of it. Each act answers whether it was done.
import type { AppError, Proof, Ways } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

export class Protection {
  ways = $state.raw<Ways>({ keychain: false, passphrase: false, recovery: false });
  busy = $state(false);
  /** Why the last act was not done. */
  problem = $state.raw<AppError | null>(null);
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  setPassphrase(proof: Proof, passphrase: string): Promise<boolean> {
    return this.#change(() => this.#ipc.setPassphrase(proof, passphrase));
  }

  useKeychain(proof: Proof): Promise<boolean> {
    return this.#change(() => this.#ipc.useKeychain(proof));
  }

  removeRecovery(proof: Proof): Promise<boolean> {
    return this.#change(() => this.#ipc.removeRecovery(proof));
  }

  /** The words, which nobody keeps but who reads them. */
  async makeRecovery(proof: Proof): Promise<string[] | null> {
    let words: string[] | null = null;
    await this.#change(async () => {
      words = await this.#ipc.makeRecovery(proof);
    });
    return words;
  }

  backUp(): Promise<boolean> {
    return this.#attempt(() => this.#ipc.backUp());
  }

  exportAll(): Promise<boolean> {
    return this.#attempt(() => this.#ipc.exportAll());
  }

  forgetProblem(): void {
    this.problem = null;
  }

  /** What was changed stands, even where what opens the vault now cannot be asked for. */
  #change(act: () => Promise<void>): Promise<boolean> {
    return this.#attempt(async () => {
      await act();
      this.ways = await this.#ipc.ways().catch(() => this.ways);
      return true;
    });
  }

  async #attempt(act: () => Promise<boolean>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    try {
      return await act();
    } catch (reason) {
      this.problem = asAppError(reason);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
