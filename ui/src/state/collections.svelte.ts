// The collections that documents are gathered under.
import type { AppError, Collection, DocumentId } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** Whoever knows which collections a document is in. */
interface Members {
  gathered: (documents: DocumentId[], collection: number, into: boolean) => void;
  scattered: (collection: number) => void;
}

export class Collections {
  /** By name. */
  list = $state.raw<Collection[]>([]);
  problem = $state.raw<AppError | null>(null);
  readonly #ipc: Ipc;
  readonly #members: Members;

  constructor(ipc: Ipc, members: Members) {
    this.#ipc = ipc;
    this.#members = members;
  }

  named(id: number): Collection | undefined {
    return this.list.find((collection) => collection.id === id);
  }

  async load(): Promise<void> {
    await this.#attempt(async () => {
      this.list = await this.#ipc.collections();
    });
  }

  /** Makes a collection and puts documents into it; null when it was not made. */
  async make(name: string, documents: DocumentId[] = []): Promise<number | null> {
    let made: number | null = null;
    await this.#attempt(async () => {
      const id = await this.#ipc.makeCollection(name);
      this.list = await this.#ipc.collections();
      if (documents.length > 0) await this.#ipc.gather(documents, id, true);
      this.#members.gathered(documents, id, true);
      made = id;
    });
    return made;
  }

  async rename(collection: number, name: string): Promise<void> {
    await this.#attempt(async () => {
      await this.#ipc.renameCollection(collection, name);
      this.list = await this.#ipc.collections();
    });
  }

  /** Its documents stay. */
  async remove(collection: number): Promise<void> {
    await this.#attempt(async () => {
      await this.#ipc.removeCollection(collection);
      this.list = this.list.filter(({ id }) => id !== collection);
      this.#members.scattered(collection);
    });
  }

  /** Puts documents into a collection, or takes them out of it. */
  async gather(documents: DocumentId[], collection: number, into: boolean): Promise<void> {
    await this.#attempt(async () => {
      await this.#ipc.gather(documents, collection, into);
      this.#members.gathered(documents, collection, into);
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
