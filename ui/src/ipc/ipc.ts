// What the interface may ask of Rust, in terms of callbacks: `tauri.ts` asks for real, `fake.ts` plays a script.
import type {
  Answer,
  AppError,
  Collection,
  ContextUse,
  Conversation,
  ConversationId,
  Document,
  DocumentId,
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
  Message,
  News,
  PageText,
  Proof,
  RecognisedPage,
  ReplyNews,
  Settings,
  Start,
  Summary,
  SummaryFormat,
  SummaryNews,
  SummarySubject,
  SummaryWish,
  TextRange,
  WatchedFolder,
  Ways,
} from "../nouns";

/** Every promise rejects with an `AppError`. */
export interface Ipc {
  /** Answers the state at this moment; what changes after it comes as news. */
  listen(onNews: (news: News) => void): Promise<Start>;
  createVault(passphrase: string): Promise<void>;
  unlock(proof: Proof): Promise<void>;
  retry(): Promise<void>;
  /** Opens the picker and makes the vault of the backup chosen there; false when it was dismissed. */
  restore(proof: Proof): Promise<boolean>;
  lock(): Promise<void>;
  /** The person did something, so that the vault does not lock itself. */
  active(): Promise<void>;
  /** Whether the conversation that is seen is private: files that come meanwhile are in memory alone. */
  inPrivate(privately: boolean): Promise<void>;
  /** Which collection files go into that are dropped on the window from here on. */
  dropInto(collection: number | null): Promise<void>;
  ways(): Promise<Ways>;
  setPassphrase(proof: Proof, passphrase: string): Promise<void>;
  useKeychain(proof: Proof): Promise<void>;
  /** Answers the words, which are told this once. */
  makeRecovery(proof: Proof): Promise<string[]>;
  removeRecovery(proof: Proof): Promise<void>;
  /** Takes what is here for what belongs here: its notices are not told again. */
  accept(): Promise<void>;
  /** Opens the dialog that asks where to; false when it was dismissed. So does `exportAll`. */
  backUp(): Promise<boolean>;
  exportAll(): Promise<boolean>;
  changeSettings(settings: Settings): Promise<void>;
  documents(): Promise<Document[]>;
  conversations(): Promise<Conversation[]>;
  messages(conversation: ConversationId): Promise<Message[]>;
  /** Opens the picker; the files chosen there come as news, and go into the collection if one is given. */
  chooseFiles(collection: number | null): Promise<void>;
  /** The same for a folder. With `watched` it is looked through again and again. */
  chooseFolder(collection: number | null, watched: boolean): Promise<void>;
  /** Takes files that were copied in another program; nothing happens where something else was copied. */
  pasteFiles(collection: number | null): Promise<void>;
  /** Reads nothing more for now, or goes on. */
  pauseIntake(paused: boolean): Promise<void>;
  /** Gives up what is on its way; what was read stays. */
  cancelIntake(): Promise<void>;
  /** Forgets a file that could not be added. */
  dismiss(file: number): Promise<void>;
  /** Tries a file again that wants a password. */
  openFile(file: number, password: string): Promise<void>;
  /** By name. */
  collections(): Promise<Collection[]>;
  /** Answers the number of the collection, which is that of the one that has this name already. */
  makeCollection(name: string): Promise<number>;
  renameCollection(collection: number, name: string): Promise<void>;
  /** Its documents stay. */
  removeCollection(collection: number): Promise<void>;
  /** Puts documents into a collection, or takes them out of it. */
  gather(documents: DocumentId[], collection: number, into: boolean): Promise<void>;
  renameDocument(document: DocumentId, name: string): Promise<void>;
  /** Reads a document anew from its original; null if it is not there any more. */
  readAgain(document: DocumentId): Promise<Document | null>;
  /** The bytes of a document as they were read; none if they are not there any more. */
  original(document: DocumentId): Promise<ArrayBuffer>;
  /** What opens the original of a document; null where it wanted no password. */
  originalPassword(document: DocumentId): Promise<string | null>;
  watchedFolders(): Promise<WatchedFolder[]>;
  /** By its number in the list. Its documents stay. */
  unwatchFolder(number: number): Promise<void>;
  /** Keeps documents whose files are gone from their folders, without asking again. */
  keepGone(documents: DocumentId[]): Promise<void>;
  /** How many conversations cite a document or look in it. */
  uses(document: DocumentId): Promise<number>;
  find(question: string): Promise<Found[]>;
  /** The passages of some documents that fit a question best, the best first. */
  search(question: string, documents: DocumentId[]): Promise<Hit[]>;
  /** Every place of a document where some words stand, in order. */
  findIn(document: DocumentId, words: string): Promise<FoundIn[]>;
  /** A private conversation is in memory alone. */
  begin(question: string, documents: DocumentId[], privately: boolean): Promise<Conversation>;
  /** Resolves with the stored answer; what is written until then comes piece by piece. */
  ask(
    conversation: ConversationId,
    question: string,
    documents: DocumentId[],
    onReply: (news: ReplyNews) => void,
  ): Promise<Answer>;
  /** How much of the model's context a conversation takes; null while no model is loaded. */
  contextUse(conversation: ConversationId): Promise<ContextUse | null>;
  stop(conversation: ConversationId): Promise<void>;
  /** Whether everything that a question wants can be listed; null where it wants one answer. */
  offerAll(question: string): Promise<FindingOffer | null>;
  /** What a list will take. Each list has a number, by which it is stopped. */
  planAll(
    number: number,
    question: string,
    documents: DocumentId[],
    onNews: (news: FindingNews) => void,
  ): Promise<FindingPlan>;
  /** What was stopped gives what was found until then, and goes on from there when it is asked again. */
  findAll(
    number: number,
    question: string,
    documents: DocumentId[],
    onNews: (news: FindingNews) => void,
  ): Promise<FoundAll>;
  stopFinding(number: number): Promise<void>;
  /** Documents in short. Each summary has a number, by which it is stopped; what was stopped goes on when it is asked again. */
  summarize(
    number: number,
    subject: SummarySubject,
    wish: SummaryWish,
    onNews: (news: SummaryNews) => void,
  ): Promise<Summary>;
  stopSummary(number: number): Promise<void>;
  /** Ends it, and forgets what was made. */
  forgetSummary(number: number): Promise<void>;
  /** Those that were asked for, the latest first. */
  keptSummaries(): Promise<KeptSummary[]>;
  /** It is not listed any more; what was noted for it stays with its documents. */
  forgetKeptSummary(documents: DocumentId[], wish: SummaryWish): Promise<void>;
  /** Opens the dialog that asks where to; false when it was dismissed. `name` is what the file is called where nobody says otherwise. */
  exportSummary(number: number, format: SummaryFormat, name: string): Promise<boolean>;
  page(document: DocumentId, number: number, highlight: TextRange | null): Promise<PageText>;
  /** Takes what was recognised on a page that is an image; answers the document as it is then, or null if it is gone. */
  recognised(document: DocumentId, page: RecognisedPage): Promise<Document | null>;
  /** Keeps what is written and not sent; null is the conversation that has not begun. */
  keepDraft(conversation: ConversationId | null, text: string): Promise<void>;
  draft(conversation: ConversationId | null): Promise<string>;
  /** Takes something out of sight. It can be brought back until news say that it is erased. */
  erase(item: Item): Promise<void>;
  /** What was erased and can still be brought back, by an earlier page too. */
  erasures(): Promise<Erasure[]>;
  undoErase(item: Item): Promise<void>;
  eraseNow(item: Item): Promise<void>;
}

/** Whatever a promise rejected with, as an `AppError`: a command that Rust refuses to decode rejects with text. */
export function asAppError(reason: unknown): AppError {
  if (typeof reason === "object" && reason !== null && "message" in reason) {
    const code = "code" in reason ? String(reason.code) : "unexpected";
    return { code, message: String(reason.message) };
  }
  return { code: "unexpected", message: String(reason) };
}
