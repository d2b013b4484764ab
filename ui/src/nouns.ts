// The nouns of the domain, as Rust declares them; at the end those that the window alone has. Components take them from here,
// because they know no IPC.
export type {
  Answer,
  AppError,
  Citation,
  Collection,
  ContextUse,
  Conversation,
  ConversationId,
  Counted,
  Document,
  DocumentId,
  EarlierTurns,
  Ending,
  Erasure,
  FileProgress,
  FindingNews,
  FindingOffer,
  FindingPlan,
  Format,
  Found,
  FoundAll,
  FoundIn,
  Given,
  Hit,
  IncomingFile,
  Intake,
  Item,
  KeptSummary,
  Language,
  Launch,
  Lead,
  Message,
  Mode,
  ModelStatus,
  News,
  OutlinedSection,
  PageText,
  PageWarning,
  Preset,
  ReadingLimits,
  Proof,
  RecognisedPage,
  RecognisedWord,
  ReplyNews,
  Settings,
  Start,
  StepDown,
  SummarizedDocument,
  Summary,
  SummaryFormat,
  SummaryLength,
  SummaryNews,
  SummarySection,
  SummarySentence,
  SummaryStyle,
  SummarySubject,
  SummaryUnreadPage,
  SummaryWish,
  TextRange,
  Theme,
  Thinking,
  Timings,
  WatchedFolder,
  Way,
  Ways,
} from "./ipc/bindings";

import type {
  AppError,
  FindingNews,
  FindingPlan,
  FoundAll,
  OutlinedSection,
  Summary,
  SummaryNews,
  SummarySection,
} from "./ipc/bindings";

/** What the documents of the library are sorted by. */
export type Order = "name" | "kind" | "size" | "added";

/** How many days ago documents were added at most; 0 for any time. */
export const AGES = [0, 7, 30, 365] as const;
export type Age = (typeof AGES)[number];

/** What is said aloud of many files: how they begin, each quarter, and how they end, never each page. */
export type Milestone =
  | { kind: "begun" | "resumed"; total: number }
  | { kind: "quarter"; done: number; total: number }
  | { kind: "paused" }
  | { kind: "wentOn" }
  | { kind: "done"; total: number; failed: number }
  | { kind: "givenUp"; kept: number };

/** A list of everything that a question wants, and how far it is. */
export type ListingStage =
  | { state: "none" }
  /** It is found out what it will take. */
  | { state: "planning"; question: string; percent: number | null }
  /** It waits for the word to begin. */
  | { state: "planned"; question: string; plan: FindingPlan }
  | { state: "finding"; question: string; news: FindingNews | null; stopping: boolean }
  | { state: "found"; question: string; found: FoundAll }
  | { state: "failed"; question: string; error: AppError };

/** How far a summary is, told without what was read. */
export type SummaryStep = Extract<SummaryNews, { kind: "loading" | "cutting" | "reading" | "merging" }>;

/** A summary, and how far it is. */
export type SummaryStage =
  /** It is being said what is wanted. */
  | { state: "choosing" }
  /** `notes` are on sections that were read: what a first look at it can be. */
  | {
      state: "making";
      step: SummaryStep | null;
      outline: OutlinedSection[];
      notes: SummarySection[];
      pausing: boolean;
    }
  | { state: "made"; summary: Summary }
  | { state: "failed"; error: AppError };
