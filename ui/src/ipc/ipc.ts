// What the interface may ask of Rust, in terms of callbacks: `tauri.ts` asks for real, `fake.ts` plays a script.
import type {
  Answer,
  AppError,
  Conversation,
  ConversationId,
  Document,
  DocumentId,
  Message,
  News,
  PageText,
  ReplyNews,
  Settings,
  Start,
  TextRange,
} from "../nouns";

/** Every promise rejects with an `AppError`. */
export interface Ipc {
  /** Answers the state at this moment; what changes after it comes as news. */
  listen(onNews: (news: News) => void): Promise<Start>;
  createVault(passphrase: string): Promise<void>;
  unlock(passphrase: string): Promise<void>;
  retry(): Promise<void>;
  changeSettings(settings: Settings): Promise<void>;
  documents(): Promise<Document[]>;
  conversations(): Promise<Conversation[]>;
  messages(conversation: ConversationId): Promise<Message[]>;
  /** Opens the picker; the files chosen there come as news. */
  chooseFiles(): Promise<void>;
  /** Forgets a file that could not be added. */
  dismiss(file: number): Promise<void>;
  begin(question: string, documents: DocumentId[]): Promise<Conversation>;
  /** Resolves with the stored answer; what is written until then comes piece by piece. */
  ask(
    conversation: ConversationId,
    question: string,
    documents: DocumentId[],
    onReply: (news: ReplyNews) => void,
  ): Promise<Answer>;
  stop(conversation: ConversationId): Promise<void>;
  page(document: DocumentId, number: number, highlight: TextRange | null): Promise<PageText>;
}

/** Whatever a promise rejected with, as an `AppError`: a command that Rust refuses to decode rejects with text. */
export function asAppError(reason: unknown): AppError {
  if (typeof reason === "object" && reason !== null && "message" in reason) {
    const code = "code" in reason ? String(reason.code) : "unexpected";
    return { code, message: String(reason.message) };
  }
  return { code: "unexpected", message: String(reason) };
}
