// A door whose other side the test plays: it holds each question until the test answers it.
import type {
  Answer,
  AppError,
  Citation,
  Collection,
  ContextUse,
  Conversation,
  Document,
  Erasure,
  FindingNews,
  FindingOffer,
  FindingPlan,
  Found,
  FoundAll,
  FoundIn,
  Hit,
  Item,
  KeptSummary,
  Launch,
  Message,
  News,
  ReplyNews,
  Settings,
  Start,
  Summary,
  SummaryNews,
  SummarySection,
  WatchedFolder,
  Ways,
} from "../nouns";
import type { Ipc } from "../ipc/ipc";
import { noIntake } from "../ipc/sample";

export function aDocument(id: string, name = `${id}.pdf`): Document {
  return {
    id,
    name,
    format: "pdf",
    pages: 8,
    language: "en",
    incompletePages: [],
    suggestion: null,
    private: false,
    bytes: 48_000,
    added: Date.UTC(2025, 10, 3),
    imagePages: [],
    collections: [],
    folder: null,
    parent: null,
  };
}

export function aConversation(id: string, change: Partial<Conversation> = {}): Conversation {
  return { id, title: `About ${id}`, began: 0, documents: ["d1"], private: false, ...change };
}

/** What was chosen, in English. */
export function settings(change: Partial<Settings> = {}): Settings {
  return {
    language: "en",
    theme: "system",
    lockAfter: 10,
    earlier: "oldestLeftOut",
    unloadAfter: 30,
    preset: "careful",
    limits: "usual",
    sourceWidth: 0,
    ...change,
  };
}

/** A vault that is open, in English, behind a passphrase. */
export function open(change: Partial<Launch & { state: "open" }> = {}): Launch & { state: "open" } {
  return {
    state: "open",
    settings: settings(),
    notices: [],
    ways: { keychain: false, passphrase: true, recovery: false },
    ...change,
  };
}

/** A vault that is locked, behind a passphrase. */
export function locked(ways: Partial<Ways> = {}, trouble: AppError | null = null): Launch {
  return { state: "locked", ways: { keychain: false, passphrase: true, recovery: false, ...ways }, trouble };
}

export function aCitation(change: Partial<Citation> = {}): Citation {
  return {
    document: "d1",
    name: "harbour-report.pdf",
    page: 3,
    anchor: null,
    range: { start: 4, end: 9 },
    quote: "The quote.",
    verified: true,
    ...change,
  };
}

export function aList(change: Partial<FoundAll> = {}): FoundAll {
  return {
    items: [
      {
        text: "412,000 euros",
        mentions: [aCitation(), aCitation({ page: 4, range: { start: 10, end: 20 } })],
      },
      { text: "23,700 euros", mentions: [aCitation({ page: 5, quote: "It came to 23,700 euros." })] },
    ],
    counted: "items",
    count: 2,
    decided: "byWords",
    pages: 8,
    unread: [],
    passages: 12,
    toJudge: 0,
    judged: 0,
    foreign: 0,
    unlisted: 0,
    ...change,
  };
}

/** A part of a summary, of one sentence that page 3 bears out. */
export function aSection(change: Partial<SummarySection> = {}): SummarySection {
  return {
    document: "d1",
    heading: "Works",
    pages: [3, 4],
    from: 0,
    to: 1,
    sentences: [{ text: "It cost 412,000 euros.", isQuote: false, citation: aCitation(), unknown: [] }],
    ...change,
  };
}

/** A summary of a document in two sections, of which the second is left out. */
export function aSummary(change: Partial<Summary> = {}): Summary {
  return {
    documents: [{ document: "d1", name: "d1.pdf", pages: 8, read: 2, total: 2, trouble: null }],
    language: "en",
    sections: [
      aSection({
        document: null,
        heading: null,
        pages: null,
        to: 2,
        sentences: [
          { text: "It cost 412,000 euros.", isQuote: false, citation: aCitation(), unknown: [] },
          { text: "It ended in 2031.", isQuote: false, citation: null, unknown: ["2031"] },
        ],
      }),
      aSection(),
    ],
    ending: "complete",
    read: 2,
    shown: 1,
    pages: 8,
    unread: [{ document: "d1", page: 6, why: "damaged" }],
    outline: [
      { document: "d1", heading: "Works", pages: [3, 4], isRead: true, isShown: true },
      { document: "d1", heading: "Accounts", pages: [5, 8], isRead: true, isShown: false },
    ],
    isKept: true,
    written: 3,
    known: 0,
    totalMs: 94_000,
    text: "It cost 412,000 euros.[^1]",
    ...change,
  };
}

export function anAnswer(change: Partial<Answer> = {}): Answer {
  return {
    text: "It cost 412,000 euros [1].",
    refused: false,
    lead: "model",
    mode: "parts",
    given: null,
    ending: "complete",
    citations: [aCitation()],
    nearest: [],
    timings: {
      loadMs: 0,
      firstWordMs: 900,
      totalMs: 2500,
      promptTokens: 500,
      generatedTokens: 30,
      generationTokensPerS: 15,
    },
    thinking: null,
    ...change,
  };
}

/** A question that waits for the test. */
export interface Asked {
  conversation: string;
  question: string;
  documents: string[];
  say: (news: ReplyNews) => void;
  answer: (answer: Answer) => void;
  fail: (error: AppError) => void;
}

export class Scripted implements Ipc {
  start: Start = {
    language: "en",
    launch: open(),
    model: { state: "ready", name: "Model", devices: ["CPU"], context: 4096, languages: ["en"], steps: [] },
    files: [],
    intake: noIntake,
  };
  library: Document[] = [aDocument("d1"), aDocument("d2")];
  /** What an earlier page erased. */
  erased: Erasure[] = [];
  stored: Conversation[] = [];
  history: Record<string, Message[]> = {};
  drafts: Record<string, string> = {};
  findings: Found[] = [];
  /** What any search of the documents finds. */
  hits: Hit[] = [];
  /** Where any words stand in any document. */
  places: FoundIn[] = [];
  /** How much of the context conversations take; null for those that are not here. */
  context: Record<string, ContextUse> = {};
  gathered: Collection[] = [];
  /** The number of the collection that is made next. */
  made = 1;
  watched: WatchedFolder[] = [];
  /** What documents are when they were read again; null for those that are not here. */
  again: Record<string, Document> = {};
  /** How many conversations rest on any document. */
  used = 0;
  /** What opens the vault after a change. */
  opens: Ways = { keychain: false, passphrase: true, recovery: false };
  /** The original of any document. */
  bytes = new ArrayBuffer(0);
  /** What opens it. */
  password: string | null = null;
  /** The person chooses a file where one is asked for. */
  chooses = true;
  /** Questions in the order in which they were asked. */
  asked: Asked[] = [];
  /** Every other call, as "name argument". */
  calls: string[] = [];
  /** What the calls of this name reject with. */
  failing: Partial<Record<keyof Ipc, AppError>> = {};
  tell: (news: News) => void = () => {};
  /** Whether a list is offered for any question. */
  offers: FindingOffer | null = null;
  /** What a list will take. */
  plan: FindingPlan = { passages: 12, toJudge: 0, expectedMs: 0 };
  /** Gives the list that was asked for last. */
  listed: (found: FoundAll) => void = () => {};
  /** Tells how far it is. */
  tellOfList: (news: FindingNews) => void = () => {};

  /** The summaries that were asked for before. The page asks for them by itself: no test counts that. */
  keptOfSummaries: KeptSummary[] = [];
  /** Gives the summary that was asked for last. */
  summarized: (summary: Summary) => void = () => {};
  /** Lets it fail. */
  summaryFails: (error: AppError) => void = () => {};
  /** Tells how far it is. */
  tellOfSummary: (news: SummaryNews) => void = () => {};

  async listen(onNews: (news: News) => void): Promise<Start> {
    this.tell = onNews;
    return this.#did("listen", "", this.start);
  }
  createVault = (passphrase: string) => this.#did("createVault", passphrase, undefined);
  unlock: Ipc["unlock"] = ({ way, secret }) => this.#did("unlock", `${way} ${secret}`, undefined);
  retry = () => this.#did("retry", "", undefined);
  restore: Ipc["restore"] = ({ way, secret }) => this.#did("restore", `${way} ${secret}`, this.chooses);
  lock = () => this.#did("lock", "", undefined);
  inPrivate = (privately: boolean) => this.#did("inPrivate", String(privately), undefined);
  active = () => this.#did("active", "", undefined);
  dropInto = (collection: number | null) => this.#did("dropInto", String(collection ?? "-"), undefined);
  ways = () => this.#did("ways", "", this.opens);
  setPassphrase: Ipc["setPassphrase"] = ({ way, secret }, passphrase) =>
    this.#did("setPassphrase", `${way} ${secret} -> ${passphrase}`, undefined);
  useKeychain: Ipc["useKeychain"] = ({ way, secret }) =>
    this.#did("useKeychain", `${way} ${secret}`, undefined);
  makeRecovery: Ipc["makeRecovery"] = ({ way, secret }) =>
    this.#did(
      "makeRecovery",
      `${way} ${secret}`,
      Array.from({ length: 24 }, (_, index) => `word${index + 1}`),
    );
  removeRecovery: Ipc["removeRecovery"] = ({ way, secret }) =>
    this.#did("removeRecovery", `${way} ${secret}`, undefined);
  accept = () => this.#did("accept", "", undefined);
  backUp = () => this.#did("backUp", "", this.chooses);
  exportAll = () => this.#did("exportAll", "", this.chooses);
  changeSettings: Ipc["changeSettings"] = ({ language, theme, lockAfter, earlier, preset }) =>
    this.#did("changeSettings", `${language} ${theme} ${lockAfter} ${earlier} ${preset}`, undefined);
  documents = () => this.#did("documents", "", this.library);
  conversations = () => this.#did("conversations", "", this.stored);
  messages: Ipc["messages"] = (conversation) =>
    this.#did("messages", conversation, this.history[conversation] ?? []);
  chooseFiles = (collection: number | null) =>
    this.#did("chooseFiles", collection === null ? "" : String(collection), undefined);
  chooseFolder: Ipc["chooseFolder"] = (collection, watched) =>
    this.#did("chooseFolder", `${collection ?? "-"} ${watched}`, undefined);
  pasteFiles: Ipc["pasteFiles"] = (collection) => this.#did("pasteFiles", `${collection ?? "-"}`, undefined);
  pauseIntake = (paused: boolean) => this.#did("pauseIntake", String(paused), undefined);
  cancelIntake = () => this.#did("cancelIntake", "", undefined);
  collections = () => this.#did("collections", "", this.gathered);
  makeCollection = (name: string) => this.#did("makeCollection", name, this.made);
  renameCollection: Ipc["renameCollection"] = (collection, name) =>
    this.#did("renameCollection", `${collection} ${name}`, undefined);
  removeCollection: Ipc["removeCollection"] = (collection) =>
    this.#did("removeCollection", String(collection), undefined);
  gather: Ipc["gather"] = (documents, collection, into) =>
    this.#did("gather", `${documents.join(",")} ${into ? "into" : "out of"} ${collection}`, undefined);
  renameDocument: Ipc["renameDocument"] = (document, name) =>
    this.#did("renameDocument", `${document} ${name}`, undefined);
  readAgain: Ipc["readAgain"] = (document) => this.#did("readAgain", document, this.again[document] ?? null);
  watchedFolders = () => this.#did("watchedFolders", "", this.watched);
  unwatchFolder = (number: number) => this.#did("unwatchFolder", String(number), undefined);
  keepGone: Ipc["keepGone"] = (documents) => this.#did("keepGone", documents.join(","), undefined);
  dismiss = (file: number) => this.#did("dismiss", String(file), undefined);
  openFile = (file: number, password: string) => this.#did("openFile", `${file} ${password}`, undefined);
  uses = (document: string) => this.#did("uses", document, this.used);
  find = (question: string) => this.#did("find", question, this.findings);
  search: Ipc["search"] = (question, documents) =>
    this.#did("search", `${question} in ${documents.join(",")}`, this.hits);
  findIn: Ipc["findIn"] = (document, words) => this.#did("findIn", `${document} ${words}`, this.places);
  begin: Ipc["begin"] = (question, documents, privately) =>
    this.#did("begin", `${question}${privately ? " privately" : ""}`, {
      id: `new-${this.calls.length}`,
      title: question.slice(0, 80),
      began: Date.now(),
      documents,
      private: privately,
    });
  keepDraft: Ipc["keepDraft"] = (conversation, text) =>
    this.#did("keepDraft", `${conversation ?? "new"} “${text}”`, undefined);
  draft: Ipc["draft"] = (conversation) =>
    this.#did("draft", conversation ?? "new", this.drafts[conversation ?? "new"] ?? "");
  erase = ({ kind, id }: Item) => this.#did("erase", `${kind} ${id}`, undefined);
  erasures = () => this.#did("erasures", "", this.erased);
  undoErase = ({ kind, id }: Item) => this.#did("undoErase", `${kind} ${id}`, undefined);
  eraseNow = ({ kind, id }: Item) => this.#did("eraseNow", `${kind} ${id}`, undefined);
  contextUse: Ipc["contextUse"] = (conversation) =>
    this.#did("contextUse", conversation, this.context[conversation] ?? null);
  /** It is asked while somebody types: no test counts that. */
  offerAll: Ipc["offerAll"] = () => Promise.resolve(this.offers);
  planAll: Ipc["planAll"] = (_number, question, documents, onNews) => {
    this.tellOfList = onNews;
    return this.#did("planAll", `${question} in ${documents.join(",")}`, this.plan);
  };
  findAll: Ipc["findAll"] = (_number, question, documents, onNews) => {
    this.tellOfList = onNews;
    void this.#did("findAll", `${question} in ${documents.join(",")}`, undefined).catch(() => {});
    return new Promise((found) => (this.listed = found));
  };
  stopFinding: Ipc["stopFinding"] = () => this.#did("stopFinding", "", undefined);
  summarize: Ipc["summarize"] = (_number, { documents }, { length, style, focus, language }, onNews) => {
    this.tellOfSummary = onNews;
    const wish = [length, style, focus ?? "-", language ?? "-"].join(" ");
    void this.#did("summarize", `${documents.join(",")} ${wish}`, undefined).catch(() => {});
    return new Promise((made, fail) => {
      this.summarized = made;
      this.summaryFails = fail;
    });
  };
  stopSummary: Ipc["stopSummary"] = () => this.#did("stopSummary", "", undefined);
  forgetSummary: Ipc["forgetSummary"] = () => this.#did("forgetSummary", "", undefined);
  keptSummaries: Ipc["keptSummaries"] = () => {
    const error = this.failing.keptSummaries;
    return error ? Promise.reject(error) : Promise.resolve(this.keptOfSummaries);
  };
  forgetKeptSummary: Ipc["forgetKeptSummary"] = (documents, { length, style }) =>
    this.#did("forgetKeptSummary", `${documents.join(",")} ${length} ${style}`, undefined);
  exportSummary: Ipc["exportSummary"] = (_number, format, name) =>
    this.#did("exportSummary", `${format} ${name}`, this.chooses);
  stop: Ipc["stop"] = (conversation) => this.#did("stop", conversation, undefined);
  page: Ipc["page"] = (document, number, highlight) =>
    this.#did("page", `${document} ${number} ${highlight ? `${highlight.start}-${highlight.end}` : "-"}`, {
      number,
      pages: 8,
      before: "Before. ",
      quote: highlight ? "The quote." : "",
      after: " After.",
      incomplete: false,
      recognised: null,
      size: [595, 842],
      words: [],
    });
  original: Ipc["original"] = (document) => this.#did("original", document, this.bytes);
  originalPassword: Ipc["originalPassword"] = (document) =>
    this.#did("originalPassword", document, this.password);
  recognised: Ipc["recognised"] = (document, page) => {
    this.library = this.library.map((known) =>
      known.id === document
        ? { ...known, imagePages: known.imagePages.filter((number) => number !== page.number) }
        : known,
    );
    const words = page.words.map(({ text }) => text).join(" ");
    const now = this.library.find(({ id }) => id === document) ?? null;
    return this.#did("recognised", `${document} ${page.number} “${words}”`, now);
  };

  ask: Ipc["ask"] = (conversation, question, documents, say) =>
    new Promise((answer, fail) => {
      this.asked.push({ conversation, question, documents, say, answer, fail });
    });

  /** The question asked last. */
  get last(): Asked {
    const last = this.asked.at(-1);
    if (!last) throw new Error("nothing was asked");
    return last;
  }

  async #did<T>(name: keyof Ipc, argument: string, result: T): Promise<T> {
    this.calls.push(`${name} ${argument}`.trim());
    const error = this.failing[name];
    if (error) throw error;
    return result;
  }
}

/** Lets every promise that can settle settle. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 12; round += 1) await Promise.resolve();
}

/** Frames that the test draws. */
export class Frames {
  #waiting: (() => void)[] = [];
  readonly onFrame = (draw: () => void): void => {
    this.#waiting.push(draw);
  };
  get count(): number {
    return this.#waiting.length;
  }
  draw(): void {
    for (const draw of this.#waiting.splice(0)) draw();
  }
}
