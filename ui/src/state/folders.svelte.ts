// The folders that are watched, and the documents whose files are gone from them.
import type { AppError, DocumentId, WatchedFolder } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

export class Folders {
  list = $state.raw<WatchedFolder[]>([]);
  /** It is to be asked what becomes of these. */
  gone = $state.raw<DocumentId[]>([]);
  problem = $state.raw<AppError | null>(null);
  /** A folder is being chosen that is to be watched: it is there when its files are. */
  #isChosen = false;
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  async load(): Promise<void> {
    await this.#attempt(async () => {
      this.list = await this.#ipc.watchedFolders();
    });
  }

  /** Opens the picker. */
  async choose(collection: number | null, watched: boolean): Promise<void> {
    this.#isChosen ||= watched;
    await this.#attempt(() => this.#ipc.chooseFolder(collection, watched));
  }

  /** Files came. */
  async filesCame(): Promise<void> {
    if (!this.#isChosen) return;
    this.#isChosen = false;
    await this.load();
  }

  /** Lets a folder go. Its documents stay. */
  async letGo(folder: WatchedFolder): Promise<void> {
    await this.#attempt(async () => {
      await this.#ipc.unwatchFolder(folder.number);
      // The numbers of those after it have changed.
      this.list = await this.#ipc.watchedFolders();
    });
  }

  areGone(documents: DocumentId[]): void {
    this.gone = [...new Set([...this.gone, ...documents])];
  }

  /** Keeps the documents whose files are gone. */
  async keep(): Promise<void> {
    const kept = this.gone;
    await this.#attempt(async () => {
      await this.#ipc.keepGone(kept);
      this.gone = this.gone.filter((id) => !kept.includes(id));
    });
  }

  async #attempt(act: () => Promise<void>): Promise<void> {
    this.problem = null;
    try {
      await act();
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }
}
