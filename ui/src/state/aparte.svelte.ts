// Everything that the window shows, in one place: Rust's news comes in here and goes to its owner.
import type { AppError, Language, ModelStatus, News, Settings, Theme } from "../nouns";
import { asAppError, type Ipc } from "../ipc/ipc";
import { Conversations } from "./conversations.svelte";
import { Library } from "./library.svelte";
import { Reader } from "./reader.svelte";
import type { OnFrame } from "./reply.svelte";
import { Vault } from "./vault.svelte";

export class Aparte {
  language = $state<Language>("en");
  theme = $state<Theme>("system");
  model = $state.raw<ModelStatus>({ state: "waiting" });
  /** Files hang over the window. */
  dragging = $state(false);
  /** Why the settings were not kept. */
  settingsProblem = $state.raw<AppError | null>(null);
  readonly vault: Vault;
  readonly library: Library;
  readonly conversations: Conversations;
  readonly reader: Reader;
  readonly #ipc: Ipc;

  constructor(ipc: Ipc, onFrame: OnFrame = (draw) => void requestAnimationFrame(draw)) {
    this.#ipc = ipc;
    this.vault = new Vault(ipc);
    this.library = new Library(ipc, (document) => this.conversations.arrived(document.id));
    this.conversations = new Conversations(ipc, () => this.library.ids, onFrame);
    this.reader = new Reader(ipc);
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
      for (const file of start.files) this.library.hear(file);
      hear = (news) => this.#hear(news);
      this.#hear({ kind: "launch", launch: start.launch });
      early.forEach(hear);
    } catch (reason) {
      this.vault.became({ state: "failed", error: asAppError(reason) });
    }
  }

  /** Reads what the vault holds. Calling it again reads what could not be read. */
  async load(): Promise<void> {
    await Promise.all([this.#loadLibrary(), this.conversations.load()]);
  }

  async change(change: Partial<Settings>): Promise<void> {
    const before: Settings = { language: this.language, theme: this.theme };
    const after = { ...before, ...change };
    this.#apply(after);
    this.settingsProblem = null;
    try {
      await this.#ipc.changeSettings(after);
    } catch (reason) {
      this.#apply(before);
      this.settingsProblem = asAppError(reason);
    }
  }

  #hear(news: News): void {
    switch (news.kind) {
      case "launch": {
        const wasOpen = this.vault.launch.state === "open";
        this.vault.became(news.launch);
        if (news.launch.state !== "open") return;
        this.#apply(news.launch.settings);
        if (!wasOpen) void this.load();
        return;
      }
      case "drag":
        this.dragging = news.over;
        return;
      case "file":
        this.library.hear(news.file);
        return;
      case "model":
        this.model = news.model;
        return;
    }
  }

  async #loadLibrary(): Promise<void> {
    const known = new Set(this.library.ids);
    await this.library.load();
    // What was known before may have been chosen otherwise.
    this.conversations.found(this.library.ids.filter((id) => !known.has(id)));
  }

  #apply({ language, theme }: Settings): void {
    this.language = language;
    this.theme = theme;
  }
}
