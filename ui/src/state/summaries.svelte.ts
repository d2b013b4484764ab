// Summaries: the one that is open, and those that are being made or were made since the window opened.
import type {
  AppError,
  KeptSummary,
  OutlinedSection,
  SummaryFormat,
  SummaryNews,
  SummarySection,
  SummaryStage,
  SummarySubject,
  SummaryWish,
} from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";

/** What most readers want. */
const USUAL: SummaryWish = { length: "standard", style: "prose", focus: null, language: null };

export type Exporting = { state: "none" | "writing" | "written" } | { state: "failed"; error: AppError };

let numbers = 0;

/** A summary of some documents. Asked for again it goes on from the sections that were read. */
export class Summarizing {
  readonly subject: SummarySubject;
  stage = $state.raw<SummaryStage>({ state: "choosing" });
  /** What is wanted, or was wanted last. */
  wish = $state.raw<SummaryWish>(USUAL);
  /** Something else is being chosen, over what is there. */
  changing = $state(false);
  /** What it was asked for as, now and before, the latest first. */
  versions = $state.raw<KeptSummary[]>([]);
  /** How it was last written into a file. */
  exporting = $state.raw<Exporting>({ state: "none" });
  readonly isBusy = $derived(this.stage.state === "making");
  /** How much of the sections is read, of 1; null while nothing is. */
  readonly share = $derived.by(() => {
    const { stage } = this;
    if (stage.state !== "making" || !stage.step) return null;
    if (stage.step.kind === "merging") return 1;
    return stage.step.kind === "reading" ? stage.step.done / Math.max(1, stage.step.total) : 0;
  });
  /** Summaries are made side by side; each has a number. */
  readonly number = (numbers += 1);
  readonly #ipc: Ipc;
  /** What comes back after something else was asked for is not shown. */
  #latest = 0;

  readonly #onMade: () => Promise<void>;

  /** `onMade` is told when it was made, or ended before. */
  constructor(ipc: Ipc, subject: SummarySubject, onMade: () => Promise<void>) {
    this.#ipc = ipc;
    this.subject = subject;
    this.#onMade = onMade;
  }

  /** Makes it, or goes on with what was paused or failed. */
  async make(wish: SummaryWish = this.wish): Promise<void> {
    if (this.isBusy) return;
    const turn = (this.#latest += 1);
    this.wish = wish;
    this.changing = false;
    this.exporting = { state: "none" };
    this.stage = { state: "making", step: null, outline: [], notes: [], pausing: false };
    let stage: SummaryStage;
    try {
      const hear = (news: SummaryNews) => turn === this.#latest && this.#hear(news);
      stage = { state: "made", summary: await this.#ipc.summarize(this.number, this.subject, wish, hear) };
    } catch (reason) {
      stage = { state: "failed", error: asAppError(reason) };
    }
    if (turn !== this.#latest) return;
    this.stage = stage;
    await this.#onMade();
  }

  /** Ends it for now: the sections that were read are shown, and are not read again. */
  async pause(): Promise<void> {
    const { stage } = this;
    if (stage.state !== "making" || stage.pausing) return;
    this.stage = { ...stage, pausing: true };
    try {
      await this.#ipc.stopSummary(this.number);
    } catch {
      // It goes on and can be paused again.
      if (this.stage.state === "making") this.stage = { ...this.stage, pausing: false };
    }
  }

  /** Writes it into a file, which is called `name` where nobody says otherwise. */
  async export(format: SummaryFormat, name: string): Promise<void> {
    if (this.exporting.state === "writing") return;
    const turn = this.#latest;
    this.exporting = { state: "writing" };
    let exporting: Exporting;
    try {
      const isWritten = await this.#ipc.exportSummary(this.number, format, name);
      exporting = { state: isWritten ? "written" : "none" };
    } catch (reason) {
      exporting = { state: "failed", error: asAppError(reason) };
    }
    if (turn === this.#latest) this.exporting = exporting;
  }

  /** Takes a version out of the list. */
  async forgetVersion(version: KeptSummary): Promise<void> {
    this.versions = this.versions.filter((each) => each !== version);
    try {
      await this.#ipc.forgetKeptSummary(this.subject.documents, version.wish);
    } catch {
      // It is listed again when it is still there.
      await this.#onMade();
    }
  }

  /** Ends it for good. */
  async forget(): Promise<void> {
    this.#latest += 1;
    const { documents } = this.subject;
    const wishes = this.versions.map(({ wish }) => wish);
    // What is being made is kept, and not known as a version yet.
    if (this.isBusy) wishes.push(this.wish);
    try {
      await this.#ipc.forgetSummary(this.number);
      for (const wish of wishes) await this.#ipc.forgetKeptSummary(documents, wish);
    } catch {
      // It is not seen any more; it ends with the vault at the latest, and may be listed then.
    }
  }

  #hear(news: SummaryNews): void {
    const { stage } = this;
    if (stage.state !== "making") return;
    switch (news.kind) {
      case "planned":
        this.stage = { ...stage, outline: news.outline };
        return;
      case "note":
        this.stage = {
          ...stage,
          outline: withRead(stage.outline, news.section),
          notes: inOrder(stage.notes, news.section),
        };
        return;
      default:
        this.stage = { ...stage, step: news };
    }
  }
}

export class Summaries {
  #known = $state.raw<Summarizing[]>([]);
  /** Those that were begun, now or before, the latest first. */
  readonly list = $derived(
    this.#known.filter(({ stage, versions }) => stage.state !== "choosing" || versions.length > 0),
  );
  open = $state.raw<Summarizing | null>(null);
  readonly #ipc: Ipc;

  constructor(ipc: Ipc) {
    this.#ipc = ipc;
  }

  /** Reads which were asked for before. */
  async load(): Promise<void> {
    let kept: KeptSummary[];
    try {
      kept = await this.#ipc.keptSummaries();
    } catch {
      // Each can be asked for again, and goes on from what was noted then.
      return;
    }
    for (const { subject, wish } of kept) {
      if (this.#of(subject)) continue;
      const summary = this.#begin(subject);
      summary.wish = wish;
      this.#known = [...this.#known, summary];
    }
    for (const summary of this.#known) {
      summary.versions = kept.filter(({ subject }) => isSame(subject, summary.subject));
    }
  }

  /** Opens the summary of some documents: the one that there is, or one about which it is still to be said what is wanted. */
  openFor(subject: SummarySubject): void {
    let summary = this.#of(subject);
    if (!summary) {
      summary = this.#begin(subject);
      this.#known = [summary, ...this.#known];
    }
    this.#show(summary);
  }

  /** Opens one of the list. */
  show(number: number): void {
    const summary = this.#known.find((each) => each.number === number);
    if (summary) this.#show(summary);
  }

  /** Puts one away with all its versions, and ends it if it is being made. */
  async close(number: number): Promise<void> {
    const summary = this.#known.find((each) => each.number === number);
    this.#known = this.#known.filter((each) => each !== summary);
    if (this.open === summary) this.open = null;
    await summary?.forget();
  }

  /** One that was whole before is made at once of what was noted then. */
  #show(summary: Summarizing): void {
    this.open = summary;
    const [latest] = summary.versions;
    if (summary.stage.state === "choosing" && latest?.isWhole) void summary.make(latest.wish);
  }

  #of(subject: SummarySubject): Summarizing | undefined {
    return this.#known.find((summary) => isSame(summary.subject, subject));
  }

  #begin(subject: SummarySubject): Summarizing {
    return new Summarizing(this.#ipc, subject, () => this.load());
  }
}

function isSame(one: SummarySubject, other: SummarySubject): boolean {
  return (
    one.documents.length === other.documents.length &&
    one.documents.every((document, index) => document === other.documents[index])
  );
}

function withRead(outline: OutlinedSection[], { from, to }: SummarySection): OutlinedSection[] {
  return outline.map((section, index) =>
    index >= from && index < to && !section.isRead ? { ...section, isRead: true } : section,
  );
}

/** Sections are read side by side, and shown as they stand in the document. */
function inOrder(notes: SummarySection[], note: SummarySection): SummarySection[] {
  const after = notes.findIndex(({ from }) => from > note.from);
  return after < 0 ? [...notes, note] : notes.toSpliced(after, 0, note);
}
