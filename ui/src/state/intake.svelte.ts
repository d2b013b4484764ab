// The files on their way into the library: each of them, and how far they are together.
import type { AppError, IncomingFile, Intake as Standing, Milestone } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** Nothing is on its way. */
const STILL: Standing = {
  done: 0,
  failed: 0,
  total: 0,
  secondsLeft: null,
  paused: false,
  resumed: false,
  embedded: 0,
  passages: 0,
  embeddingSecondsLeft: null,
};

export class Intake {
  /** Files that wait, are read or have failed. */
  files = $state.raw<IncomingFile[]>([]);
  standing = $state.raw<Standing>(STILL);
  milestone = $state.raw<Milestone | null>(null);
  /** How many files were read of those that were given up, until something else comes or it is put away. */
  givenUp = $state<number | null>(null);
  problem = $state.raw<AppError | null>(null);
  readonly failed = $derived(this.files.filter(({ progress }) => progress.state === "failed"));
  /** Those that are not in the library and wait for the person: they failed, or want a password. */
  readonly stuck = $derived(this.files.filter(isStuck));
  /** The sentence of the last of them. */
  readonly lastTrouble = $derived.by(() => {
    const progress = this.stuck.at(-1)?.progress;
    return progress && "message" in progress ? progress.message : null;
  });
  /** The file that was being read when all were given up may still be heard of. */
  readonly #gone = new Set<number>();
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  /** Whether vectors are being computed: that is so when how long it takes is told. */
  get isEmbedding(): boolean {
    const { total, embedded, passages, embeddingSecondsLeft } = this.standing;
    return total === 0 && embeddingSecondsLeft !== null && embedded < passages;
  }

  /** Whether there is anything to be said. */
  get isBusy(): boolean {
    const { total, paused } = this.standing;
    return total > 0 || paused || this.isEmbedding || this.files.length > 0 || this.givenUp !== null;
  }

  /** News of a file replaces what was known of it; one that is in the library is the library's. */
  hear(file: IncomingFile): void {
    const { state } = file.progress;
    if (this.#gone.has(file.id) && (state === "reading" || state === "waiting")) return;
    const known = this.files.some(({ id }) => id === file.id);
    if (state === "added") {
      if (known) this.files = this.files.filter(({ id }) => id !== file.id);
    } else if (known) {
      this.files = this.files.map((other) => (other.id === file.id ? file : other));
    } else {
      this.files = [...this.files, file];
    }
    if (state === "waiting") this.givenUp = null;
  }

  stands(standing: Standing): void {
    const before = this.standing;
    this.standing = standing;
    this.milestone = passed(before, standing) ?? this.milestone;
  }

  /** All that waited was given up, and what was being read. */
  cancelled(): void {
    for (const file of this.files) if (!isStuck(file)) this.#gone.add(file.id);
    this.files = this.stuck;
    const { done, failed } = this.standing;
    // What wants a password is done with, and not in the library.
    const closed = this.stuck.filter(({ progress }) => progress.state === "closed").length;
    this.givenUp = Math.max(0, done - failed - closed);
    this.milestone = { kind: "givenUp", kept: this.givenUp };
    // What follows is no end of what was read.
    this.standing = { ...this.standing, done: 0, failed: 0, total: 0, secondsLeft: null };
  }

  async pause(paused: boolean): Promise<void> {
    await this.#attempt(() => this.#ipc.pauseIntake(paused));
  }

  async cancel(): Promise<void> {
    await this.#attempt(() => this.#ipc.cancelIntake());
  }

  async dismiss(file: number): Promise<void> {
    this.files = this.files.filter(({ id }) => id !== file);
    await this.#attempt(() => this.#ipc.dismiss(file));
  }

  async open(file: number, password: string): Promise<void> {
    await this.#attempt(() => this.#ipc.openFile(file, password));
  }

  async dismissAll(): Promise<void> {
    const failed = this.failed;
    this.files = this.files.filter(({ progress }) => progress.state !== "failed");
    await this.#attempt(async () => {
      for (const { id } of failed) await this.#ipc.dismiss(id);
    });
  }

  /** What was said of files that were given up was read. */
  dismissGivenUp(): void {
    this.givenUp = null;
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

function isStuck({ progress }: IncomingFile): boolean {
  return progress.state === "failed" || progress.state === "closed";
}

/** So many files are worth a word at each quarter. */
const MANY = 8;

/** What there is to be said after news; null where it is no more than a step. Of a file alone its own news are enough. */
function passed(before: Standing, now: Standing): Milestone | null {
  if (now.total > 0 && before.paused !== now.paused) return { kind: now.paused ? "paused" : "wentOn" };
  if (now.resumed && !before.resumed) return { kind: "resumed", total: now.total };
  if (now.total <= 1) {
    return before.total > 1 && now.total === 0
      ? { kind: "done", total: before.total, failed: before.failed }
      : null;
  }
  if (before.total <= 1) return { kind: "begun", total: now.total };
  const quarter = ({ done, total }: Standing) => Math.floor((4 * done) / total);
  if (now.total < MANY || quarter(now) <= quarter(before) || now.done === now.total) return null;
  return { kind: "quarter", done: now.done, total: now.total };
}
