// The document that is open as it looks, page by page: fetched once, and given up with the pane that shows it.
import type { AppError, DocumentId } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { NoPaper, openPaper, type Paper, type PaperTrouble } from "../paper/paper";

export type Looks =
  /** It has no look of its own, or nobody wants to see it. */
  | { state: "none" }
  | { state: "opening" }
  | { state: "open"; paper: Paper }
  /** `error` is why it could not be fetched. */
  | { state: "failed"; trouble: PaperTrouble | null; error: AppError | null };

export class Look {
  looks = $state.raw<Looks>({ state: "none" });
  #document: DocumentId | null = null;
  readonly #ipc: Ipc;
  readonly #openPaper: typeof openPaper;

  constructor(ipc: Ipc, open: typeof openPaper = openPaper) {
    this.#ipc = ipc;
    this.#openPaper = open;
  }

  /** Opens a document in the place of the one before; the one that is open stays open. */
  async open(document: DocumentId): Promise<void> {
    if (this.#document === document) return;
    this.close();
    this.#document = document;
    this.looks = { state: "opening" };
    let looks: Looks;
    try {
      const [bytes, password] = await Promise.all([
        this.#ipc.original(document),
        this.#ipc.originalPassword(document),
      ]);
      looks = { state: "open", paper: await this.#openPaper(bytes, password) };
    } catch (reason) {
      looks = failure(reason);
    }
    if (this.#document === document) this.looks = looks;
    else if (looks.state === "open") looks.paper.close();
  }

  /** A page could not be drawn. The next one is tried anew. */
  fail(reason: unknown): void {
    if (this.looks.state !== "open") return;
    this.looks.paper.close();
    this.#document = null;
    this.looks = failure(reason);
  }

  close(): void {
    if (this.looks.state === "open") this.looks.paper.close();
    this.#document = null;
    this.looks = { state: "none" };
  }
}

function failure(reason: unknown): Looks & { state: "failed" } {
  if (reason instanceof NoPaper) return { state: "failed", trouble: reason.trouble, error: null };
  return { state: "failed", trouble: null, error: asAppError(reason) };
}
