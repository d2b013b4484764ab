// What was erased and can still be brought back. It is out of sight at once; Rust says when it is gone for good.
import type { AppError, Erasure, Item } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** Whoever shows the items of a kind. */
interface Shelf {
  /** Takes it out of sight; the promise is kept when nothing is written to it any more. */
  hide: (id: string) => Promise<void>;
  show: (id: string) => void;
  forget: (id: string) => void;
}

const same = (one: Item, other: Item) => one.kind === other.kind && one.id === other.id;

export class Erasures {
  /** In the order in which they were erased. */
  pending = $state.raw<Erasure[]>([]);
  problem = $state.raw<AppError | null>(null);
  /** An undo waits until what it undoes was done. */
  readonly #begun = new Map<string, Promise<void>>();
  readonly #ipc: Ipc;
  readonly #shelves: Record<Item["kind"], Shelf>;

  constructor(ipc: Ipc, shelves: Record<Item["kind"], Shelf>) {
    this.#ipc = ipc;
    this.#shelves = shelves;
  }

  /** Reads what an earlier page erased and what can still be brought back. */
  async load(): Promise<void> {
    try {
      const erasures = await this.#ipc.erasures();
      const earlier = erasures.filter(({ item }) => !this.#isPending(item));
      this.pending = [...earlier, ...this.pending];
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }

  async erase(item: Item, name: string): Promise<void> {
    if (this.#isPending(item)) return;
    this.problem = null;
    this.pending = [...this.pending, { item, name }];
    const begun = this.#begin(item);
    this.#begun.set(item.id, begun);
    await begun;
  }

  async undo(item: Item): Promise<void> {
    await this.#attempt(item, () => this.#ipc.undoErase(item), this.cameBack);
  }

  async eraseNow(item: Item): Promise<void> {
    await this.#attempt(item, () => this.#ipc.eraseNow(item), this.erased);
  }

  /** It is gone for good. */
  readonly erased = (item: Item): void => {
    this.#drop(item);
    this.#shelves[item.kind].forget(item.id);
  };

  /** It is here again. */
  readonly cameBack = (item: Item): void => {
    this.#drop(item);
    this.#shelves[item.kind].show(item.id);
  };

  async #begin(item: Item): Promise<void> {
    try {
      await this.#shelves[item.kind].hide(item.id);
      await this.#ipc.erase(item);
    } catch (reason) {
      this.cameBack(item);
      this.problem = asAppError(reason);
    }
  }

  async #attempt(item: Item, act: () => Promise<void>, done: (item: Item) => void): Promise<void> {
    this.problem = null;
    await this.#begun.get(item.id);
    if (!this.#isPending(item)) return;
    try {
      await act();
      done(item);
    } catch (reason) {
      this.problem = asAppError(reason);
    }
  }

  #isPending(item: Item): boolean {
    return this.pending.some((each) => same(each.item, item));
  }

  #drop(item: Item): void {
    this.pending = this.pending.filter((each) => !same(each.item, item));
    this.#begun.delete(item.id);
  }
}
