// A list of everything that a question wants: whether it is offered, what it will take, how far it is and what was found.
import type { DocumentId, FindingOffer, ListingStage } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** So long nothing may be typed before it is looked whether a list is offered. */
const PAUSE = 200;

let numbers = 0;

export class Listing {
  stage = $state.raw<ListingStage>({ state: "none" });
  /** The question that a list is offered for, and how. */
  offered = $state.raw<{ question: string; offer: FindingOffer } | null>(null);
  readonly #ipc: Ipc;
  /** Lists are made side by side, in several conversations; each has a number. */
  readonly #number = (numbers += 1);
  #documents: DocumentId[] = [];
  #waiting: ReturnType<typeof setTimeout> | undefined;
  /** What comes back after something else was asked for is not shown. */
  #latest = 0;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  get isBusy(): boolean {
    return this.stage.state === "planning" || this.stage.state === "finding";
  }

  /** A question is being written, or was asked. */
  consider(question: string): void {
    clearTimeout(this.#waiting);
    if (this.offered?.question === question) return;
    this.offered = null;
    if (question.trim() !== "") this.#waiting = setTimeout(() => void this.#consider(question), PAUSE);
  }

  async #consider(question: string): Promise<void> {
    try {
      const offer = await this.#ipc.offerAll(question);
      this.offered = offer ? { question, offer } : null;
    } catch {
      // Without an offer the question is asked as any other.
    }
  }

  /** Finds out what it will take; where words decide it goes on at once. */
  async plan(question: string, documents: DocumentId[]): Promise<void> {
    if (this.isBusy) return;
    const turn = (this.#latest += 1);
    this.#documents = documents;
    this.stage = { state: "planning", question, percent: null };
    try {
      const plan = await this.#ipc.planAll(this.#number, question, documents, (news) => {
        const isLoading = news.kind === "loading" && turn === this.#latest;
        if (isLoading) this.stage = { state: "planning", question, percent: news.percent };
      });
      if (turn !== this.#latest) return;
      if (plan.toJudge > 0) this.stage = { state: "planned", question, plan };
      else await this.#find(question, turn);
    } catch (reason) {
      this.#fail(question, turn, reason);
    }
  }

  /** Begins what was planned, or goes on with what was stopped. */
  async find(): Promise<void> {
    const { stage } = this;
    if (stage.state === "none" || this.isBusy) return;
    await this.#find(stage.question, (this.#latest += 1));
  }

  async #find(question: string, turn: number): Promise<void> {
    this.stage = { state: "finding", question, news: null, stopping: false };
    try {
      const found = await this.#ipc.findAll(this.#number, question, this.#documents, (news) => {
        const { stage } = this;
        if (turn === this.#latest && stage.state === "finding") this.stage = { ...stage, news };
      });
      if (turn === this.#latest) this.stage = { state: "found", question, found };
    } catch (reason) {
      this.#fail(question, turn, reason);
    }
  }

  #fail(question: string, turn: number, reason: unknown): void {
    if (turn === this.#latest) this.stage = { state: "failed", question, error: asAppError(reason) };
  }

  /** Ends it; what was found until then is shown. */
  async stop(): Promise<void> {
    const { stage } = this;
    if (!this.isBusy) return;
    // What is planned is not begun, so nothing of it is shown.
    if (stage.state === "planning") {
      this.#latest += 1;
      this.stage = { state: "none" };
    }
    if (stage.state === "finding") this.stage = { ...stage, stopping: true };
    try {
      await this.#ipc.stopFinding(this.#number);
    } catch {
      // It goes on and can be stopped again.
      if (stage.state === "finding") this.stage = { ...stage, stopping: false };
    }
  }

  /** Puts it away. */
  close(): void {
    void this.stop();
    this.#latest += 1;
    this.stage = { state: "none" };
  }
}
