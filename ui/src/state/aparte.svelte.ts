// Everything that the window shows, in one place: Rust's news comes in here and goes to its owner.
import type {
  AppError,
  Document,
  EarlierTurns,
  IncomingFile,
  Language,
  ModelStatus,
  News,
  Preset,
  ReadingLimits,
  Settings,
  Theme,
} from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { Collections } from "./collections.svelte";
import { Conversations } from "./conversations.svelte";
import { Drafts } from "./drafts.svelte";
import { Erasures } from "./erasures.svelte";
import { Finder } from "./finder.svelte";
import { Folders } from "./folders.svelte";
import { Intake } from "./intake.svelte";
import { Library } from "./library.svelte";
import { Ocr } from "./ocr.svelte";
import { Protection } from "./protection.svelte";
import { Reader } from "./reader.svelte";
import type { OnFrame } from "./reply.svelte";
import { Search } from "./search.svelte";
import { Shelf } from "./shelf.svelte";
import { Summaries } from "./summaries.svelte";
import { Vault } from "./vault.svelte";

/** Text recognition is large, and loaded when somebody wants it. */
const openScan = async (bytes: ArrayBuffer, password: string | null) =>
  (await import("../ocr/scan")).openScan(bytes, password);

/** Rust is told no more often than this that somebody is here, in milliseconds. */
const PRESENCE = 20_000;

export class Aparte {
  language = $state<Language>("en");
  theme = $state<Theme>("system");
  /** Minutes without anybody until the vault locks itself; 0 for never. */
  lockAfter = $state(0);
  /** What the model is told of a conversation before a question. */
  earlier = $state<EarlierTurns>("oldestLeftOut");
  unloadAfter = $state(0);
  /** How freely the model chooses its words. */
  preset = $state<Preset>("careful");
  /** How much is read of one document. */
  limits = $state<ReadingLimits>("usual");
  /** How wide the source beside an answer is, in CSS pixels; 0 where nobody chose. */
  sourceWidth = $state(0);
  model = $state.raw<ModelStatus>({ state: "waiting" });
  /** Files hang over the window. */
  dragging = $state(false);
  /** Why the settings were not kept, or the vault not locked. */
  settingsProblem = $state.raw<AppError | null>(null);
  readonly vault: Vault;
  readonly protection: Protection;
  // What the open vault holds: made anew when it is locked, so that nothing of it stays.
  library = $state.raw() as Library;
  intake = $state.raw() as Intake;
  collections = $state.raw() as Collections;
  folders = $state.raw() as Folders;
  shelf = $state.raw() as Shelf;
  conversations = $state.raw() as Conversations;
  drafts = $state.raw() as Drafts;
  erasures = $state.raw() as Erasures;
  finder = $state.raw() as Finder;
  search = $state.raw() as Search;
  reader = $state.raw() as Reader;
  summaries = $state.raw() as Summaries;
  ocr = $state.raw() as Ocr;
  /** Documents whose files are gone from their folders, and that are here. */
  readonly goneDocuments = $derived.by(() => {
    const { gone } = this.folders;
    return gone.length === 0 ? [] : this.library.documents.filter(({ id }) => gone.includes(id));
  });
  #told = -Infinity;
  readonly #ipc: Ipc;
  readonly #onFrame: OnFrame;

  constructor(ipc: Ipc, onFrame: OnFrame = (draw) => void requestAnimationFrame(draw)) {
    this.#ipc = ipc;
    this.#onFrame = onFrame;
    this.vault = new Vault(ipc);
    this.protection = new Protection(ipc);
    this.#empty();
  }

  /** Asks for the state of this moment, then follows the news. */
  async start(): Promise<void> {
    // News may overtake the answer of `listen`; it is newer than that.
    const early: News[] = [];
    let hear = (news: News): void => {
      early.push(news);
    };
    try {
      const start = await this.#ipc.listen((news) => hear(news));
      this.language = start.language;
      this.model = start.model;
      for (const file of start.files) this.#file(file);
      this.intake.stands(start.intake);
      hear = (news) => this.#hear(news);
      this.#hear({ kind: "launch", launch: start.launch });
      early.forEach(hear);
    } catch (reason) {
      this.vault.became({ state: "failed", error: asAppError(reason) });
    }
  }

  /** Reads what the vault holds. Calling it again reads what could not be read. */
  async load(): Promise<void> {
    await Promise.all([
      this.#loadLibrary(),
      this.conversations.load(),
      this.collections.load(),
      this.folders.load(),
      this.erasures.load(),
      this.summaries.load(),
    ]);
  }

  async change(change: Partial<Settings>): Promise<void> {
    const { language, theme, lockAfter, earlier, unloadAfter, preset, limits, sourceWidth } = this;
    const before: Settings = {
      language,
      theme,
      lockAfter,
      earlier,
      unloadAfter,
      preset,
      limits,
      sourceWidth,
    };
    const after = { ...before, ...change };
    this.#apply(after);
    this.settingsProblem = null;
    try {
      await this.#ipc.changeSettings(after);
      if (after.earlier !== earlier) void this.conversations.measure();
    } catch (reason) {
      this.#apply(before);
      this.settingsProblem = asAppError(reason);
    }
  }

  /** Locks the vault, with what is written and not sent in it. Rust says when it is locked. */
  async lock(): Promise<void> {
    this.settingsProblem = null;
    await this.drafts.flush();
    try {
      await this.#ipc.lock();
    } catch (reason) {
      this.settingsProblem = asAppError(reason);
    }
  }

  /** Somebody is here: the vault does not lock itself yet. */
  active(now: number = Date.now()): void {
    if (!this.vault.isOpen || now - this.#told < PRESENCE) return;
    this.#told = now;
    // Whether it was heard makes no difference to what can be done here.
    void this.#ipc.active().catch(() => {});
  }

  #hear(news: News): void {
    switch (news.kind) {
      case "launch": {
        const wasOpen = this.vault.isOpen;
        this.vault.became(news.launch);
        if (news.launch.state === "open") {
          this.#apply(news.launch.settings);
          this.protection.ways = news.launch.ways;
          if (!wasOpen) void this.load();
        } else if (wasOpen) {
          this.#empty();
        }
        return;
      }
      case "drag":
        this.dragging = news.over;
        return;
      case "file":
        this.#file(news.file);
        return;
      case "intake":
        this.intake.stands(news.intake);
        void this.folders.filesCame();
        return;
      case "cancelled":
        this.intake.cancelled();
        return;
      case "gone":
        this.folders.areGone(news.documents);
        return;
      case "model": {
        const changed = news.model.state !== this.model.state;
        this.model = news.model;
        // Only a model that is loaded can say how much a conversation takes.
        if (changed) void this.conversations.measure();
        return;
      }
      case "erased":
        this.erasures.erased(news.item);
        return;
    }
  }

  /** Forgets whatever the vault held. */
  #empty(): void {
    this.dragging = false;
    this.settingsProblem = null;
    this.protection.forgetProblem();
    const drafts = new Drafts(this.#ipc);
    const library: Library = new Library(
      this.#ipc,
      (document) => this.conversations.arrived(document),
      (document) => void this.reader.readAnew(document),
    );
    const conversations = new Conversations(
      this.#ipc,
      (privately) => library.seen(privately),
      drafts,
      this.#onFrame,
    );
    const reader = new Reader(this.#ipc, (document) => library.document(document)?.format);
    this.ocr?.cancel();
    this.reader?.close();
    this.ocr = new Ocr(this.#ipc, openScan, (document) => {
      library.changed(document);
      void reader.recognised(document.id);
    });
    this.erasures = new Erasures(this.#ipc, {
      conversation: {
        hide: (id) => conversations.hide(id),
        show: (id) => {
          conversations.show(id);
          // An earlier page erased it: this one has never seen it.
          if (!conversations.list.some((known) => known.id === id)) void conversations.load();
        },
        forget: (id) => conversations.forget(id),
      },
      document: {
        hide: async (id) => {
          library.hide(id);
          if (reader.reading.state !== "closed" && reader.reading.place.document === id) reader.close();
        },
        show: (id) => {
          library.show(id);
          if (!library.document(id)) void this.#loadLibrary();
        },
        forget: (id) => library.forget(id),
      },
    });
    this.drafts = drafts;
    this.library = library;
    this.intake = new Intake(this.#ipc);
    this.collections = new Collections(this.#ipc, library);
    this.folders = new Folders(this.#ipc);
    this.shelf = new Shelf(library);
    this.conversations = conversations;
    this.reader = reader;
    this.finder = new Finder(this.#ipc);
    this.summaries = new Summaries(this.#ipc);
    this.search = new Search(this.#ipc, library, this.shelf);
  }

  #file(file: IncomingFile): void {
    const { progress } = file;
    this.intake.hear(file);
    if (progress.state !== "added") return;
    this.#isBack(progress.document);
    this.library.arrived(progress.document, progress.already);
  }

  /** A file that is added again while its document is being erased brings it back. */
  #isBack({ id }: Document): void {
    if (this.erasures.pending.some(({ item }) => item.id === id)) {
      this.erasures.cameBack({ kind: "document", id });
    }
  }

  async #loadLibrary(): Promise<void> {
    const { library, conversations } = this;
    const known = new Set(library.documents.map(({ id }) => id));
    await library.load();
    // What was known before may have been chosen otherwise.
    conversations.found(library.documents.filter(({ id }) => !known.has(id)));
  }

  #apply(settings: Settings): void {
    const { language, theme, lockAfter, earlier, unloadAfter, preset, limits, sourceWidth } = settings;
    this.language = language;
    this.theme = theme;
    this.lockAfter = lockAfter;
    this.earlier = earlier;
    this.unloadAfter = unloadAfter;
    this.preset = preset;
    this.limits = limits;
    this.sourceWidth = sourceWidth;
  }
}
