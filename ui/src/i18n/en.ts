// English. The French dictionary has the type of this one, so that a missing sentence does not compile.
import type { Language } from "../nouns";
import { counting } from "./plural";

const { number, percent, count, seconds, list } = counting("en");
const languages: Record<Language, string> = { en: "English", fr: "French" };

export const en = {
  tag: "en" as Language,
  languageName: (language: Language): string => languages[language],

  launch: {
    opening: "Opening your documents…",
    newTitle: "Choose a passphrase",
    newReason:
      "Everything that Aparté stores on this machine is encrypted. This machine offers no keychain to keep the key, so a passphrase of yours does.",
    newWarning:
      "There is no other way in. Without the passphrase nobody can read your documents and conversations, and that includes you: it cannot be reset or recovered.",
    lockedTitle: "Your documents are locked",
    lockedReason: "Enter the passphrase that you chose when you first opened Aparté.",
    passphrase: "Passphrase",
    again: "The same passphrase again",
    show: "Show the passphrase",
    hide: "Hide the passphrase",
    minimum: (least: number): string =>
      `At least ${number(least)} characters. A few words that you can remember are best.`,
    tooShort: (missing: number): string =>
      `${count(missing, { one: "character", other: "characters" })} to go.`,
    differ: "The two differ.",
    same: "The two are the same.",
    create: "Protect my documents",
    open: "Open",
    working: "Opening…",
    failedTitle: "Aparté could not open your documents",
    retry: "Try again",
  },

  sidebar: {
    label: "Conversations and documents",
    show: "Show the sidebar",
    hide: "Hide the sidebar",
    newConversation: "New conversation",
    conversations: "Conversations",
    none: "Your questions and their answers will be listed here.",
    today: "Today",
    yesterday: "Yesterday",
    earlier: "Earlier",
    skip: "Skip to the question",
    writing: "An answer is being written",
  },

  library: {
    title: "Documents",
    empty: "No documents yet.",
    add: "Add files",
    addHere: "Add files",
    pages: (pages: number): string => count(pages, { one: "page", other: "pages" }),
    format: { pdf: "PDF", text: "Text", markdown: "Markdown" },
    incomplete: (pages: number[]): string =>
      pages.length === 1
        ? `Page ${number(pages[0] ?? 1)} could not be read completely`
        : `Pages ${list(pages.slice(0, 6).map(number))}${pages.length > 6 ? "…" : ""} could not be read completely`,
    waiting: "Waiting",
    opening: "Opening",
    reading: (page: number, pages: number): string => `Reading page ${number(page)} of ${number(pages)}`,
    dismiss: (name: string): string => `Dismiss ${name}`,
    added: "Added",
    already: "Already here",
    drop: "Drop the files to add them",
    dropNote: "They are read on this machine and stay on it.",
  },

  settings: {
    title: "Settings",
    language: "Language",
    theme: "Appearance",
    themes: { system: "System", light: "Light", dark: "Dark" },
  },

  model: {
    title: "Model",
    none: "No model",
    states: {
      waiting: "Waiting",
      missing: "No model found",
      ready: "Ready",
      failed: "Could not be loaded",
      stopped: "Stopped",
    },
    loading: (progress: number): string => `Loading, ${percent(progress)}`,
    here: "Runs on this machine. Questions and documents are not sent anywhere.",
    devices: "Computes on",
    context: "Holds at once",
    tokens: (tokens: number): string => count(tokens, { one: "token", other: "tokens" }),
    languages: "Knows",
    stoppedNote: "Its process ended. The next question starts it again.",
    waitingNote: "It is loaded when your documents are open.",
  },

  start: {
    title: "What would you like to know?",
    reads: (documents: number): string =>
      documents === 1
        ? "The answer comes from your document, with the page that each sentence rests on."
        : `Answers come from your ${number(documents)} documents, with the page that each sentence rests on.`,
    examples: "Questions to begin with",
    emptyTitle: "Ask your documents",
    emptyReason:
      "Aparté answers questions from files of yours and shows the page that each sentence rests on.",
    dropHere: "Drop files here",
    formats: "PDF, plain text and Markdown are read.",
    stays: "Nothing leaves this machine.",
  },

  choice: {
    looksIn: "Looks in",
    all: (documents: number): string => `all ${number(documents)} documents`,
    some: (chosen: number, documents: number): string =>
      `${number(chosen)} of ${number(documents)} documents`,
    none: "no document",
    title: "Documents to look in",
    everything: "All documents",
    label: (looksIn: string): string => `Looks in: ${looksIn}`,
  },

  composer: {
    label: "Question",
    placeholder: "Ask a question about your documents",
    send: "Ask",
    stop: "Stop",
    stopping: "Stopping…",
    hint: "Enter to ask, Shift + Enter for a new line",
    stopHint: "Escape stops the answer; what is written so far is kept.",
    noDocuments: "Add a document first: answers come from your documents alone.",
    noneChosen: "Choose at least one document to look in.",
    elsewhere: (title: string): string => `An answer is being written in “${title}”.`,
    goThere: "Go there",
  },

  conversation: {
    label: "Conversation",
    untitled: "New conversation",
    opening: "Opening the conversation…",
    earlier: (exchanges: number): string => `Show earlier questions (${number(exchanges)})`,
    showAll: (characters: number): string => `Show the whole question (${number(characters)} characters)`,
    unanswered: "This question has no answer.",
    again: "Ask again",
    tryAgain: "Try again",
    toEnd: "To the end",
  },

  reply: {
    searching: "Looking in your documents",
    loading: (progress: number): string => `Loading the model, ${percent(progress)}`,
    reading: "Reading the passages found",
    readingOf: (done: number, total: number): string => `${number(done)} of ${number(total)} tokens`,
    writing: "Writing",
    finished: (sources: number): string =>
      sources === 0
        ? "The answer is complete."
        : `The answer is complete, with ${count(sources, { one: "source", other: "sources" })}.`,
  },

  answer: {
    sources: "Sources",
    nearest: "The passages that come nearest",
    mark: (sourceNumber: number, place: string, standing: string): string =>
      `Source ${number(sourceNumber)}: ${place}, ${standing}`,
    page: (page: number): string => `page ${number(page)}`,
    verified: "verified",
    unverified: "not found in the source",
    verifiedNote: "These words stand on this page.",
    unverifiedNote: "These words were not found on this page. Read the page before you rely on them.",
    stopped: "You stopped this answer.",
    interrupted: "The engine stopped; what it had written is kept.",
    length: "This answer was cut at its greatest length.",
    details: "Details",
    speed: (tokensPerSecond: number): string => `${number(tokensPerSecond)} tokens/s`,
    firstWord: (milliseconds: number): string => `first word after ${seconds(milliseconds)} s`,
    total: (milliseconds: number): string => `${seconds(milliseconds)} s in all`,
    whole: "whole text read",
    parts: "best passages read",
    notAsked: "the model was not asked",
    image: "picture not loaded",
  },

  source: {
    label: "Source",
    close: "Close the source",
    pageOf: (page: number, pages: number): string => `page ${number(page)} of ${number(pages)}`,
    previousPage: "Previous page",
    nextPage: "Next page",
    citationOf: (position: number, total: number): string => `Source ${number(position)} of ${number(total)}`,
    previousCitation: "Previous source",
    nextCitation: "Next source",
    opening: "Opening the page…",
    incomplete: "Some of this page could not be read.",
    blank: "There is no text on this page.",
    text: "Text of the page",
  },
};

export type Dictionary = typeof en;
