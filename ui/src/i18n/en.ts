// English. The French dictionary has the type of this one, so that a missing sentence does not compile.
import type { Counted, FoundAll, Given, Language, Summary } from "../nouns";
import { counting } from "./plural";

const { number, percent, count, seconds, spans, size } = counting("en");
const languages: Record<Language, string> = { en: "English", fr: "French" };

/** How long, as one would say it. */
function duration(inSeconds: number): string {
  if (inSeconds < 10) return "a few seconds";
  if (inSeconds < 60) return "less than a minute";
  if (inSeconds < 5400)
    return `about ${count(Math.round(inSeconds / 60), { one: "minute", other: "minutes" })}`;
  return `about ${count(Math.round(inSeconds / 3600), { one: "hour", other: "hours" })}`;
}

export const en = {
  tag: "en" as Language,
  size,
  languageName: (language: Language): string => languages[language],

  launch: {
    opening: "Opening your documents…",
    newTitle: "Choose a passphrase",
    newReason:
      "Everything that Aparté stores on this machine is encrypted. This machine offers no keychain to keep the key, so a passphrase of yours does.",
    newWarning:
      "It cannot be reset: without it nobody can read your documents and conversations, and that includes you. Recovery words, which you can make in the settings, are the one other way in.",
    create: "Protect my documents",
    back: "Back",
    lockedTitle: "Aparté is locked",
    lockedKeychain: "The keychain of this computer holds the key.",
    openKeychain: "Open with the keychain",
    tryKeychain: "Try the keychain again",
    open: "Open",
    working: "Opening…",
    failedTitle: "Aparté could not open your documents",
    retry: "Try again",
  },

  secret: {
    passphrase: "Passphrase",
    presentPassphrase: "Your present passphrase",
    newPassphrase: "New passphrase",
    again: "The same passphrase again",
    show: "Show the passphrase",
    hide: "Hide the passphrase",
    minimum: (least: number): string =>
      `At least ${number(least)} characters. A few words that you can remember are best.`,
    tooShort: (missing: number): string =>
      `${count(missing, { one: "character", other: "characters" })} to go.`,
    differ: "The two differ.",
    same: "The two are the same.",
    recovery: "Recovery words",
    recoveryHint: "All 24, in their order. Numbers, line breaks and capitals do not matter.",
    recoveryCount: (typed: number, all: number): string => `${number(typed)} of ${number(all)} words`,
    useRecovery: "Use recovery words instead",
    usePassphrase: "Use the passphrase instead",
  },

  sidebar: {
    label: "Conversations and documents",
    show: "Show the sidebar",
    hide: "Hide the sidebar",
    newConversation: "New conversation",
    newPrivate: "Private conversation",
    lock: "Lock",
    conversations: "Conversations",
    more: (conversations: number): string => `Show earlier conversations (${number(conversations)})`,
    none: "Your questions and their answers will be listed here.",
    today: "Today",
    yesterday: "Yesterday",
    earlier: "Earlier",
    skip: "Skip to the question",
    writing: "An answer is being written",
    private: "Private",
  },

  finding: {
    label: "Find in conversations",
    clear: "Clear the search",
    results: "Found in conversations",
    none: "Nothing in your conversations speaks of this.",
    count: (found: number): string => `${count(found, { one: "place", other: "places" })} found`,
  },

  search: {
    inNames: "Names",
    inText: "Text",
    where: "Where to search",
    label: "Search the text of the documents",
    clear: "Clear the search",
    results: "Passages found",
    found: (passages: number): string => count(passages, { one: "passage found", other: "passages found" }),
    none: "No passage of these documents speaks of this.",
    searching: "Searching…",
    filters: "Search only",
    kind: "Kind",
    anyKind: "Any",
    added: "Added",
    age: (days: number): string =>
      ({ 7: "in the last 7 days", 30: "in the last 30 days", 365: "in the last year" })[days] ??
      "at any time",
    only: (documents: number): string =>
      documents === 1 ? "Only the selected document" : `Only the ${number(documents)} selected documents`,
  },

  erasing: {
    erase: (name: string): string => `Delete “${name}”`,
    eraseKey: "Delete (Del)",
    pending: "Deleted",
    erased: (name: string): string => `“${name}” is deleted. It can be brought back for a minute.`,
    undo: "Undo",
    undoLong: (name: string): string => `Undo the deletion of “${name}”`,
    now: "Erase now",
    nowLong: (name: string): string => `Erase now, for good: “${name}”`,
    askTitle: "Delete this document?",
    used: (conversations: number): string =>
      conversations === 1
        ? "One conversation looks in it or cites it. Its answers stay; the pages that they rest on can then no longer be opened."
        : `${number(conversations)} conversations look in it or cite it. Their answers stay; the pages that they rest on can then no longer be opened.`,
    askMany: (documents: number): string => `Delete ${number(documents)} documents?`,
    usedMany:
      "Conversations may look in them or cite them. Their answers stay; the pages that they rest on can then no longer be opened.",
    many: (items: number): string => `${number(items)} deleted`,
    undoAll: "Undo all",
    nowAll: "Erase all now",
    yes: "Delete",
    cancel: "Cancel",
  },

  noticing: {
    title: "Something is not as Aparté left it",
    accept: "Go on with what is here",
    acceptNote: "Aparté then takes what is here for what belongs here, and does not say this again.",
    dismiss: "Not now",
  },

  library: {
    title: "Documents",
    empty: "No documents yet.",
    add: "Add files",
    addHere: "Add files",
    pages: (pages: number): string => count(pages, { one: "page", other: "pages" }),
    format: {
      pdf: "PDF",
      markdown: "Markdown",
      text: "Text",
      source: "Source code",
      latex: "LaTeX",
      csv: "Table",
      html: "Web page",
      mhtml: "Web page",
      epub: "E-book",
      rtf: "RTF",
      docx: "Word",
      doc: "Word",
      pptx: "PowerPoint",
      ppt: "PowerPoint",
      xlsx: "Excel",
      xls: "Excel",
      odt: "Document",
      ods: "Spreadsheet",
      odp: "Presentation",
      email: "E-mail",
      outlook: "E-mail",
      mbox: "E-mails",
      zip: "ZIP",
      image: "Picture",
    },
    slides: (slides: number): string => count(slides, { one: "slide", other: "slides" }),
    sheets: (sheets: number): string => count(sheets, { one: "sheet", other: "sheets" }),
    chapters: (chapters: number): string => count(chapters, { one: "chapter", other: "chapters" }),
    messages: (messages: number): string => count(messages, { one: "message", other: "messages" }),
    incomplete: (pages: number[]): string =>
      pages.length === 1
        ? `Page ${number(pages[0] ?? 1)} could not be read completely`
        : `Pages ${spans(pages)} could not be read completely`,
    incompleteShort: (pages: number): string =>
      `${count(pages, { one: "page", other: "pages" })} not read completely`,
    open: "Library",
    openAll: (documents: number): string => `All ${number(documents)} documents`,
    addFolder: "Add a folder",
    waiting: "Waiting",
    opening: "Opening",
    reading: (page: number, pages: number): string => `Reading page ${number(page)} of ${number(pages)}`,
    dismiss: (name: string): string => `Dismiss ${name}`,
    filePassword: (name: string): string => `Password of ${name}`,
    openFile: "Open",
    added: "Added",
    already: "Already here",
    drop: "Drop the files to add them",
    dropNote: "They are read on this machine and stay on it.",
  },

  shelf: {
    documents: (documents: number): string => count(documents, { one: "document", other: "documents" }),
    shown: (shown: number, all: number): string =>
      `${number(shown)} of ${count(all, { one: "document", other: "documents" })}`,
    filter: "Filter by name",
    clear: "Show all names",
    none: "No document has this in its name.",
    noneHere:
      "No document is in this collection yet. Select documents to put them into it, or add files here.",
    columns: { name: "Name", kind: "Kind", pages: "Length", size: "Size", added: "Added" },
    list: "Documents of the library",
    hint: "Enter opens, F2 renames, Space selects, Delete deletes.",
    rename: (name: string): string => `New name of “${name}”`,
  },

  report: {
    label: (name: string): string => `About ${name}`,
    close: "Close the report",
    open: "Open",
    rename: "Rename",
    readAgain: "Read again",
    rereading: "Being read again…",
    erase: "Delete",
    kind: "Kind",
    extent: "Length",
    language: "Language",
    size: "Size",
    added: "Added",
    from: "From",
    folder: (name: string): string => `the folder “${name}”`,
    inside: (name: string): string => `“${name}”`,
    wasRead: "What was read",
    whole: "All of it could be read.",
    several: (documents: number): string =>
      `${count(documents, { one: "document", other: "documents" })} selected`,
    notWhole: (documents: number): string =>
      documents === 1
        ? "One of them could not be read completely."
        : `${number(documents)} of them could not be read completely.`,
  },

  images: {
    here: (pages: number[]): string =>
      pages.length === 1
        ? `Page ${spans(pages)} is an image: its text is not read yet.`
        : `Pages ${spans(pages)} are images: their text is not read yet.`,
    of: (name: string, pages: number[]): string =>
      pages.length === 1
        ? `Page ${spans(pages)} of “${name}” is an image: its text is not read yet.`
        : `Pages ${spans(pages)} of “${name}” are images: their text is not read yet.`,
    many: (pages: number, documents: number): string =>
      `${count(pages, { one: "page", other: "pages" })} of ${count(documents, { one: "document", other: "documents" })} are images: their text is not read yet.`,
  },

  collections: {
    title: "Collections",
    all: "All documents",
    make: "New collection",
    makeWith: "New collection with these",
    name: "Name of the collection",
    create: "Create",
    rename: "Rename the collection",
    renameAct: "Rename",
    remove: "Remove the collection",
    removeNote: "Its documents stay in the library.",
    cancel: "Cancel",
  },

  folders: {
    title: "Folders kept in step",
    reason: "New and changed files in these folders are taken up by themselves.",
    into: (collection: string): string => `into ${collection}`,
    letGo: "Let go",
    letGoLong: (name: string): string => `Let go of the folder “${name}”; its documents stay`,
    keep: "Keep this folder in step",
    keepNote: "New and changed files in it are taken up by themselves. Of files that are gone you are asked.",
    choose: "Choose a folder…",
    gone: (documents: number): string =>
      documents === 1
        ? "The file of a document is gone from its folder."
        : `The files of ${number(documents)} documents are gone from their folders.`,
    goneKeep: "Keep",
    goneErase: "Delete",
    others: (documents: number): string => `and ${number(documents)} more`,
  },

  intake: {
    title: "Files being read",
    progress: (done: number, total: number): string =>
      `${number(done)} of ${count(total, { one: "file", other: "files" })}`,
    left: (secondsLeft: number): string => `${duration(secondsLeft)} left`,
    paused: "Paused",
    pause: "Pause",
    goOn: "Go on",
    cancel: "Cancel",
    cancelNote: "What is read so far stays in the library.",
    resumed: "Reading goes on where it ended when Aparté was closed.",
    givenUp: (kept: number): string => {
      if (kept <= 0) return "Cancelled. No file had been read yet.";
      return kept === 1
        ? "Cancelled. The file that was read stays in the library."
        : `Cancelled. The ${number(kept)} files that were read stay in the library.`;
    },
    putAway: "Put this away",
    failed: (files: number): string => `${count(files, { one: "file", other: "files" })} could not be read`,
    more: (files: number): string => `Show ${number(files)} more`,
    dismissAll: "Dismiss all",
    meaning: (done: number, passages: number): string =>
      `Preparing search by meaning: ${number(done)} of ${count(passages, { one: "passage", other: "passages" })}`,
    begun: (total: number): string => `${count(total, { one: "file", other: "files" })} to read.`,
    quarter: (done: number, total: number): string =>
      `${number(done)} of ${count(total, { one: "file", other: "files" })} are read.`,
    done: (failed: number): string =>
      failed === 0
        ? "All files are read."
        : `Reading is done; ${count(failed, { one: "file", other: "files" })} could not be read.`,
    nowPaused: "Reading is paused.",
    wentOn: "Reading goes on.",
  },

  settings: {
    title: "Settings",
    close: "Close the settings",
    back: "Back to the settings",
    general: "General",
    language: "Language",
    theme: "Appearance",
    themes: { system: "System", light: "Light", dark: "Dark" },
    preset: "How the model chooses its words",
    presets: {
      careful: { label: "Careful", note: "Always the likeliest; the same question has the same answer." },
      balanced: { label: "Balanced", note: "Words vary, and nothing unlikely is said." },
      creative: { label: "Creative", note: "Words vary freely. Answers rest on your documents less often." },
    },
    limitsTitle: "How much is read of one document",
    limits: {
      usual: {
        label: "The usual",
        note: "Enough for what people write, and a hostile file takes little memory and time.",
      },
      raised: {
        label: "Four times as much",
        note: "For large files that you trust: up to 256 MB of text, and 2 GB of memory while one is read.",
      },
    },
    unloadAfter: "Put the model out of memory without a question for",
    never: "Never",
    minutes: (minutes: number): string => `${number(minutes)} min`,
  },

  protection: {
    title: "Protection",
    keychain: "Keychain",
    keychainOpens:
      "The keychain of this computer opens Aparté without a question, for whoever uses your account here.",
    passphrase: "Passphrase",
    passphraseOpens: "Aparté opens with your passphrase, and asks for it each time.",
    setPassphrase: "Set a passphrase…",
    changePassphrase: "Change…",
    useKeychain: "Use the keychain instead…",
    recovery: "Recovery words",
    recoveryThere: "24 words open Aparté when nothing else does. Keep them on paper.",
    recoveryMissing: {
      passphrase: "None yet. If you forget the passphrase, nothing else opens your documents.",
      keychain: "None yet. If the keychain is lost, nothing else opens your documents.",
    },
    makeRecovery: "Make recovery words…",
    makeRecoveryAgain: "Make new ones…",
    removeRecovery: "Remove…",
    lockAfter: "Lock when nobody is here for",
    lockAlone: "Locking",
    lockAloneNote:
      "Aparté locks itself only behind a passphrase: the keychain would open it again without a question.",
    lockAfterNote: "Also when the screen is locked or the machine sleeps.",
    never: "Never",
    minutes: (minutes: number): string => `${number(minutes)} min`,
    lockNow: "Lock now",
    setTitle: "Set a passphrase",
    setReason:
      "From then on Aparté asks for it each time it opens, and the keychain opens it no more. It cannot be reset: make recovery words too.",
    set: "Set the passphrase",
    changeTitle: "Change the passphrase",
    changeReason: "The passphrase that you have now then opens nothing but backups made before.",
    change: "Change the passphrase",
    keychainTitle: "Use the keychain instead",
    keychainReason:
      "Aparté then opens without a question for whoever uses your account on this computer, and the passphrase opens nothing but backups made before.",
    keychainAct: "Use the keychain",
    makeTitle: "Make recovery words",
    makeReason:
      "24 words that open Aparté when the passphrase is forgotten or the keychain lost. They are shown once, now: have paper ready.",
    makeAgainReason:
      "24 new words, shown once, now: have paper ready. The words that you have now then open nothing but backups made before.",
    make: "Show the words",
    removeTitle: "Remove the recovery words",
    removeReason:
      "The words that you have then open nothing but backups made before. Without words, a forgotten passphrase or a lost keychain cannot be made good.",
    remove: "Remove the words",
    working: "One moment…",
    done: {
      passphrase: "The passphrase is set.",
      keychain: "The keychain opens Aparté from now on.",
      made: "The recovery words are made.",
      removed: "The recovery words are removed.",
    },
  },

  words: {
    title: "Your recovery words",
    reason:
      "Write them down in this order and keep the paper where only you find it. Whoever has these words can open everything. They are not shown again.",
    printed:
      "These 24 words open Aparté on this computer, and its backups. Whoever has them can read everything. Keep this sheet where only you find it.",
    copy: "Copy",
    copied: "Copied. Other programs can read the clipboard: paste, then copy something else.",
    notCopied: "The words could not be copied. Write them down.",
    print: "Print…",
    written: "I have written them down",
  },

  data: {
    title: "Your data",
    backUp: "Back up…",
    backUpTitle: "Backup",
    backUpOpens: {
      both: "Everything in one encrypted file, which your passphrase or your recovery words open.",
      passphrase: "Everything in one encrypted file, which your passphrase opens.",
      recovery: "Everything in one encrypted file, which your recovery words open.",
    },
    backUpKeeps: "What you delete later stays in backups made before.",
    backUpNeeds:
      "A backup needs a passphrase or recovery words to open it with: the keychain stays on this computer.",
    backedUp: "The backup is written.",
    export: "Export…",
    exportTitle: "Export",
    exportReason: "Everything as ordinary files for other programs, not encrypted.",
    exportAskTitle: "Export: readable by anyone",
    exportWarning:
      "Documents, questions and answers are written as ordinary files, without encryption. Whoever gets at the folder can read them, and what you delete in Aparté stays there.",
    exportAct: "Choose a folder and export…",
    exported: "Everything is written.",
    working: "Writing…",
  },

  restore: {
    offer: "Restore a backup…",
    title: "Restore a backup",
    reason: "Enter what opened Aparté when the backup was made. You choose the file next.",
    replaces:
      "The backup takes the place of everything that is in Aparté now. That is not deleted: it is kept, encrypted, in a folder of its own.",
    passphrase: "Passphrase of the backup",
    act: "Choose the backup…",
    working: "Restoring…",
  },

  model: {
    title: "Model",
    none: "No model",
    states: {
      waiting: "Waiting",
      missing: "No model found",
      ready: "Ready",
      failed: "Could not be loaded",
      unloaded: "Out of memory",
      stopped: "Stopped",
    },
    readyWithLess: "Ready, with limits",
    less: {
      fewerLayersOnGpu: (layers: number, of: number): string =>
        `The graphics processor has memory for ${number(layers)} of ${number(of)} layers of the model. The processor computes the others, more slowly.`,
      gpuTooSmall:
        "The graphics processor has too little free memory for the model. The processor computes it, more slowly.",
      gpuMemoryUnknown:
        "The graphics processor does not say how much memory it has. The processor computes the model.",
      shorterContext: (given: number, wanted: number): string =>
        `There is free memory for ${number(given)} tokens at once instead of ${number(wanted)}. Close other programs to give it more.`,
    },
    loading: (progress: number): string => `Loading, ${percent(progress)}`,
    here: "Runs on this machine. Questions and documents are not sent anywhere.",
    devices: "Computes on",
    context: "Holds at once",
    tokens: (tokens: number): string => count(tokens, { one: "token", other: "tokens" }),
    languages: "Knows",
    unloadedNote:
      "Nobody asked anything for a while, so it gave its memory back. The next question loads it again.",
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
    formats: "PDF, Office and OpenDocument files, web pages, books, e-mail, tables and texts are read.",
    stays: "Nothing leaves this machine.",
    privateTitle: "Ask in private",
    privateReason:
      "This conversation is kept nowhere: it is gone when Aparté is locked or closed, and with it the files that you add while it is shown.",
  },

  choice: {
    looksIn: "Looks in",
    all: (documents: number): string => `all ${number(documents)} documents`,
    some: (chosen: number, documents: number): string =>
      `${number(chosen)} of ${number(documents)} documents`,
    none: "no document",
    title: "Documents to look in",
    everything: "All documents",
    filter: "Filter by name",
    others: (documents: number): string =>
      `${count(documents, { one: "other document", other: "other documents" })}: filter to find them`,
    label: (looksIn: string): string => `Looks in: ${looksIn}`,
  },

  composer: {
    label: "Question",
    placeholder: "Ask a question about your documents",
    aboutPlaceholder: "Ask about this passage",
    dropAbout: "Do not ask about this passage",
    send: "Ask",
    stop: "Stop",
    stopping: "Stopping…",
    hint: "Enter to ask, Shift + Enter for a new line",
    stopHint: "Escape stops the answer; what is written so far is kept.",
    noDocuments: "Add a document first: answers come from your documents alone.",
    noneChosen: "Choose at least one document to look in.",
  },

  context: {
    title: "Context of the conversation",
    label: (taken: string): string => `Context of the conversation: ${taken}`,
    taken: (used: number, capacity: number): string =>
      `${number(used)} of ${count(capacity, { one: "token", other: "tokens" })}`,
    leftOutShort: (questions: number): string => `${number(questions)} left out`,
    leftOut: (questions: number): string =>
      questions === 1
        ? "The earliest question is no longer told to the model."
        : `The ${number(questions)} earliest questions are no longer told to the model.`,
    reason:
      "This is how much of what the model holds at once the conversation takes. The passages found and the answer need room beside it.",
    earlier: "What the model is told of the conversation",
    earlierChoices: {
      oldestLeftOut: "As much as fits; the earliest questions are left out first",
      noneTold: "Only the question itself",
    },
  },

  conversation: {
    label: "Conversation",
    untitled: "New conversation",
    opening: "Opening the conversation…",
    earlier: (exchanges: number): string => `Show earlier questions (${number(exchanges)})`,
    showAll: (characters: number): string => `Show the whole question (${number(characters)} characters)`,
    lost: (messages: number): string =>
      messages === 1
        ? "A message that stood here is damaged or gone. A backup may have it."
        : `${number(messages)} messages that stood here are damaged or gone. A backup may have them.`,
    unanswered: "This question has no answer.",
    again: "Ask again",
    tryAgain: "Try again",
    toEnd: "To the end",
    private: "Private: kept nowhere, and gone when Aparté is locked or closed.",
    untitledPrivate: "Private conversation",
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

  thinking: {
    label: "What the model thought",
    goesOn: (passed: number): string => `Thinking… ${number(passed)} s`,
    took: (milliseconds: number): string => `Thought for ${seconds(milliseconds)} s`,
  },

  answer: {
    sources: "Sources",
    nearest: "The passages that come nearest",
    mark: (sourceNumber: number, place: string, standing: string): string =>
      `Source ${number(sourceNumber)}: ${place}, ${standing}`,
    page: (page: number): string => `page ${number(page)}`,
    verified: "verified",
    unverified: "not found in the source",
    removed: "no longer in the library",
    verifiedNote: "These words stand on this page.",
    unverifiedNote: "These words were not found on this page. Read the page before you rely on them.",
    doubt: "no source",
    doubtNote: "Nothing in the documents bears out this sentence.",
    corrected: "quote corrected",
    correctedNote: "The model had quoted this a little otherwise. These are the words of the document.",
    stopped: "You stopped this answer.",
    interrupted: "The engine stopped; what it had written is kept.",
    length: "This answer was cut at its greatest length.",
    details: "Details",
    speed: (tokensPerSecond: number): string => `${number(tokensPerSecond)} tokens/s`,
    firstWord: (milliseconds: number): string => `first word after ${seconds(milliseconds)} s`,
    total: (milliseconds: number): string => `${seconds(milliseconds)} s in all`,
    whole: (given: Given | null): string =>
      given?.pages
        ? `whole text read (${count(given.pages, { one: "page", other: "pages" })})`
        : "whole text read",
    parts: (given: Given | null): string => {
      if (!given) return "best passages read";
      const read = count(given.passages, { one: "passage", other: "passages" });
      return given.pages
        ? `${read} of ${count(given.pages, { one: "page", other: "pages" })} read`
        : `${read} of ${number(given.ofPassages)} read`;
    },
    notAsked: "the model was not asked",
    image: "picture not loaded",
  },

  listing: {
    label: "Everything that the question wants",
    offer: "Search all of it",
    planning: "Looking how long it will take…",
    loading: (percent: number): string => `Loading the model: ${number(percent)} %`,
    looking: "Looking through the pages…",
    looked: (done: number, total: number): string =>
      `Looking through the pages: ${number(done)} of ${number(total)}`,
    judged: (done: number, total: number, leftMs: number): string =>
      `The model judges: ${number(done)} of ${count(total, { one: "passage", other: "passages" })}, ${duration(leftMs / 1000)} left`,
    plan: (toJudge: number, passages: number, expectedMs: number): string =>
      `Words alone do not decide this. The model has ${number(toJudge)} of ${count(passages, { one: "passage", other: "passages" })} to judge, ${duration(expectedMs / 1000)}. You can stop at any time and go on later.`,
    begin: "Begin",
    stop: "Stop",
    goOn: "Go on",
    again: "Try again",
    close: "Close the list",
    copy: "Copy as a table",
    copied: "Copied",
    askInstead: "Ask for an answer instead",
    more: (rest: number): string => `Show more (${number(rest)})`,
    times: (times: number): string => `${number(times)} times`,
    columns: { found: "Found", document: "Document", place: "Place", quote: "Quote" },
    count: (counted: Counted, found: number, mentions: number): string => {
      if (found === 0) return "Nothing was found";
      if (counted === "mentions") return count(found, { one: "mention", other: "mentions" });
      const nouns = {
        items: { one: "found", other: "found" },
        sentences: { one: "sentence", other: "sentences" },
        sections: { one: "section", other: "sections" },
        pages: { one: "page", other: "pages" },
      };
      const told = count(found, nouns[counted]);
      return mentions > found ? `${told}, ${number(mentions)} mentions` : told;
    },
    coverage: ({ pages, unread, passages, toJudge, judged, decided }: FoundAll): string => {
      const read = `Looked through ${number(pages - unread.length)} of ${count(pages, { one: "page", other: "pages" })}.`;
      if (decided === "byWords") return `${read} Words and numbers decided it, over every page.`;
      if (decided === "byModelAmongFound") {
        return `${read} The model judged ${number(judged)} of the ${number(toJudge)} that words found.`;
      }
      return `${read} The model judged ${number(judged)} of the ${number(toJudge)} passages that came nearest, out of ${number(passages)}.`;
    },
    pagesOf: (name: string, pages: number[]): string => `${name}, ${spans(pages)}`,
    unread: (list: string): string => `Not read, or not completely: ${list}.`,
    foreign: (passages: number): string =>
      `In a language that the model does not know, and not judged: ${count(passages, { one: "passage", other: "passages" })}.`,
    left: (passages: number): string =>
      `Not judged: ${count(passages, { one: "passage", other: "passages" })}.`,
    unlisted: (mentions: number): string =>
      `Counted and not listed: ${count(mentions, { one: "mention", other: "mentions" })}. Ask for less to see them.`,
  },

  summary: {
    title: "Summary",
    list: "Summaries",
    of: (name: string): string => `Summary of “${name}”`,
    together: (documents: number): string => `${number(documents)} documents together`,
    make: "Summarize",
    makeDocument: "Summarize this document",
    makeCollection: "Summarize the collection",
    close: "Put this summary away",
    closeLong: (name: string): string => `Put the summary of “${name}” away`,
    share: (read: number): string => percent(read),
    reads: (pages: number, documents: number): string =>
      documents === 1
        ? `Every page is read, section by section: ${count(pages, { one: "page", other: "pages" })}.`
        : `Every page of ${number(documents)} documents is read, section by section: ${count(pages, { one: "page", other: "pages" })}.`,
    meanwhile:
      "You can go on asking meanwhile, pause, and go on later. How long it takes is told once the first sections are read.",
    foreign: (model: string, unknown: Language[]): string =>
      `The model ${model} does not know ${unknown.map((each) => languages[each]).join(" or ")}, and cannot summarize what is written in it.`,
    length: "Length",
    lengths: {
      brief: {
        label: "Brief",
        note: "A few sentences on the whole.",
        several: "A few sentences on the whole, and one on each document.",
      },
      standard: {
        label: "Standard",
        note: "Some more, and a few on each of up to eight parts.",
        several: "Some more, and a few on each document.",
      },
      detailed: {
        label: "Detailed",
        note: "Still more, and a few on every section.",
        several: "Still more, and a few on every section of each document.",
      },
    },
    style: "Form",
    styles: {
      prose: { label: "Prose", note: "Sentences one after the other." },
      bullets: { label: "Bullets", note: "Each sentence on a line of its own." },
      executive: {
        label: "Executive note",
        note: "The matter, the main facts and figures, and what is to be decided.",
      },
      minutes: {
        label: "Minutes",
        note: "Decisions, who does what by when, the people and the dates.",
      },
    },
    focus: "Focus",
    focusNote: "What it should say above all, in your words. Leave it empty for everything.",
    focusExample: "for the finance committee",
    language: "Language",
    languageOfDocument: "As the document",
    onlyKnows: (model: string, known: Language[]): string =>
      `The model ${model} writes ${known.map((each) => languages[each]).join(" and ")} only.`,
    begin: "Summarize",
    cancel: "Cancel",
    reuses: "What was read is used again: only the end is written anew.",
    readsAgain: "This wants something else of each section: the document is read again.",
    loading: (done: number): string => `Loading the model: ${percent(done)}`,
    starting: "Beginning…",
    cutting: (page: number, pages: number): string =>
      `Cutting into sections: page ${number(page)} of ${number(pages)}`,
    reading: (done: number, total: number): string =>
      `${number(done)} of ${count(total, { one: "section", other: "sections" })} read`,
    merging: "All sections are read. The summary is being written.",
    left: (leftMs: number | null): string =>
      leftMs === null ? "how long it takes is not known yet" : `${duration(leftMs / 1000)} left`,
    pause: "Pause",
    pausing: "Pausing…",
    goOn: "Go on",
    tryAgain: "Try again",
    first: "What was read so far, section by section. The summary itself comes when all are read.",
    paused: "Paused. Here is what was read so far; it is not read again.",
    pausedEmpty: "Paused before anything was read.",
    interrupted: "The engine stopped. Here is what was read so far; it is not read again.",
    cutShort: "The summary was cut at its greatest length.",
    notWhole: "This summary is not whole: it ended before its end.",
    notKept: "What was read could not be kept, and will be read again next time. Make room on the disk.",
    change: "Change…",
    changeNote: "Another length, form, focus or language",
    ask: "Ask about it",
    copy: "Copy with sources",
    copied: "Copied",
    print: "Print",
    export: "Export",
    formats: {
      docx: "Word (.docx)",
      pdf: "PDF (.pdf)",
      html: "Web page (.html)",
      markdown: "Text with footnotes (.md)",
    },
    exportNote: "The file is not encrypted: whoever gets it can read it.",
    exported: "The file is written.",
    versions: "Made as",
    unfinished: "not finished",
    forgetVersion: (wish: string): string => `Forget this version: ${wish}`,
    wasCut: (wish: string): string =>
      `This summary was not finished: ${wish}. What was read is kept and is not read again.`,
    focused: (focus: string): string => `Focus: ${focus}`,
    whole: "The whole",
    pages: (from: number, to: number): string =>
      from === to ? `page ${number(from)}` : `pages ${number(from)}–${number(to)}`,
    pagesShort: (from: number, to: number): string =>
      from === to ? `p. ${number(from)}` : `pp. ${number(from)}–${number(to)}`,
    quote: (text: string): string => `“${text}”`,
    quoted: "document's words",
    quotedNote:
      "Nothing that the model wrote about this section is borne out, so these are the document's own words.",
    unknownNote: "This does not stand on the cited page.",
    unknownNowhere: "This stands nowhere in what the sentence was made of.",
    unknown: (found: string[]): string => `not in the document: ${found.join(", ")}`,
    coverage: "What it covers",
    read: ({ read, outline, pages, unread, documents }: Summary): string => {
      const sections = `${number(read)} of ${count(outline.length, { one: "section", other: "sections" })} read`;
      const whole = `${number(pages - unread.length)} of ${count(pages, { one: "page", other: "pages" })} could be read completely`;
      const of = documents.length > 1 ? ` of ${number(documents.length)} documents` : "";
      return `${sections}${of}; ${whole}.`;
    },
    shown: ({ shown, outline }: Summary): string =>
      `The sentences above rest on ${number(shown)} of ${count(outline.length, { one: "section", other: "sections" })}.`,
    leftOut: (sections: number): string =>
      `Read, and not in this summary because of its length or because nothing written about them is borne out: ${count(sections, { one: "section", other: "sections" })}.`,
    standing: (unsupported: number, sentences: number): string =>
      unsupported === 0
        ? sentences === 1
          ? "Its only sentence has a source."
          : `Each of its ${count(sentences, { one: "sentence", other: "sentences" })} has a source.`
        : `${number(unsupported)} of ${count(sentences, { one: "sentence", other: "sentences" })} ${unsupported === 1 ? "has" : "have"} no source.`,
    sources: (sources: number): string =>
      `${count(sources, { one: "place is cited", other: "different places are cited" })}.`,
    unread: (pages: number[], why: string): string =>
      pages.length === 1
        ? `Page ${spans(pages)} was not read, or not completely: ${why}.`
        : `Pages ${spans(pages)} were not read, or not completely: ${why}.`,
    why: {
      onlyImages: "images without recognised text",
      blank: "blank",
      damaged: "damaged",
      unmapped: "fonts that do not say which letters they draw",
    },
    named: (name: string, what: string): string => `${name}: ${what}`,
    took: (milliseconds: number, known: number): string => {
      const told = `Made in ${milliseconds < 60_000 ? `${seconds(milliseconds)} s` : count(Math.round(milliseconds / 60_000), { one: "minute", other: "minutes" })}`;
      return known === 0
        ? `${told}.`
        : `${told}; ${count(known, { one: "note was", other: "notes were" })} known from before.`;
    },
    outline: "Outline",
    outlineNote: "A click opens the page.",
    standings: {
      waiting: "not read yet",
      unread: "not read",
      read: "read",
      shown: "in the summary",
      leftOut: "read, not in the summary",
    },
    inOutline: (what: string, standing: string): string => `${what}, ${standing}`,
    quarters: [
      "The summary has begun.",
      "A quarter of the sections is read.",
      "Half of the sections are read.",
      "Three quarters of the sections are read.",
      "All sections are read.",
    ],
    finished: (sentences: number, sources: number): string =>
      `The summary is there: ${count(sentences, { one: "sentence", other: "sentences" })}, ${count(sources, { one: "source", other: "sources" })}.`,
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
    resultOf: (position: number, total: number): string => `Result ${number(position)} of ${number(total)}`,
    previousResult: "Previous result",
    nextResult: "Next result",
    width: "Width of the source",
    lookup: "Search this document",
    notFound: "Nothing found",
    placeOf: (position: number, total: number, cut: boolean): string =>
      `${number(position)} of ${number(total)}${cut ? " or more" : ""}`,
    previousPlace: "Previous place",
    nextPlace: "Next place",
    endLookup: "End the search",
    selection: "Selected words",
    askAbout: "Ask about this",
    copyWithSource: "Copy with source",
    removed: "This document is no longer in the library. These words of it were kept with the answer:",
    opening: "Opening the page…",
    incomplete: "Some of this page could not be read.",
    blank: "There is no text on this page.",
    text: "Text of the page",
    pageNumber: "Page number",
    ofPages: (pages: number): string => `of ${number(pages)}`,
    larger: "Show the page larger",
    smaller: "Show the page smaller",
    asText: "Text",
    asTextNote: "Show the text of the page instead of the page",
    trouble: {
      missing: "The original of this document is not here any more. Here is the text of the page instead.",
      password: "This PDF asks for a password before it can be shown. Here is the text of the page instead.",
      damaged:
        "This page cannot be drawn, because its file is damaged. Here is the text of the page instead.",
      picture:
        "Pictures of this kind cannot be shown or read here. Save it as PNG or JPEG, and add that file.",
      large: "This picture has more than 100 million pixels. Save it smaller, and add that file.",
      slow: "This page took too long to draw and was given up. Here is the text of the page instead.",
    },
    recognised: (sure: number): string => `Read from an image, ${percent(sure)} sure`,
    nothingRecognised: "No text was found in this image",
  },

  ocr: {
    offer: (pages: number[]): string =>
      pages.length === 1
        ? `Page ${spans(pages)} is an image: read it by text recognition?`
        : `Pages ${spans(pages)} are images: read them by text recognition?`,
    read: "Read by text recognition",
    note: "On this machine, page by page; you can go on meanwhile.",
    progress: (done: number, total: number): string =>
      `Text recognition: ${number(done)} of ${count(total, { one: "page", other: "pages" })}`,
    left: (minutes: number): string =>
      minutes < 1 ? "less than a minute left" : `about ${number(minutes)} min left`,
    waiting: "Waiting for text recognition",
    paused: "Paused",
    pause: "Pause",
    goOn: "Go on",
    cancel: "Cancel",
    cancelNote: "Pages that were read stay read",
    failed: (name: string): string =>
      `Text recognition of “${name}” stopped before its end. What was read is kept; try again for the rest.`,
  },
};

export type Dictionary = typeof en;
