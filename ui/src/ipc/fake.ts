// A door without Rust behind it: the whole interface in a plain browser, with every state one address away,
// as in `?state=refused&language=fr&theme=dark`. Chosen by `--mode fake`; it is in no real build.
import type {
  Answer,
  AppError,
  Conversation,
  Document,
  Erasure,
  Found,
  FoundIn,
  Hit,
  IncomingFile,
  Intake,
  Item,
  KeptSummary,
  Language,
  Launch,
  Message,
  ModelStatus,
  News,
  Proof,
  Settings,
  SummaryWish,
  Theme,
  Ways,
} from "../nouns";
import { fold } from "../i18n/fold";
import type { Ipc } from "./ipc";
import { laidOut } from "./laid-out";
import {
  amounts,
  collections as someCollections,
  coldRoom,
  cooperative,
  dredging,
  harbour,
  harbourNotes,
  harbourSummary,
  many,
  minutes,
  notes,
  orphaned,
  pages,
  noIntake,
  reasoned,
  refusal,
  rich,
  severalSummary,
  watched,
} from "./sample";

const query = new URLSearchParams(location.search);
const state = query.get("state") ?? "first-run";
const settings: Settings = {
  language: (query.get("language") as Language | null) ?? "en",
  theme: (query.get("theme") as Theme | null) ?? "system",
  lockAfter: 10,
  earlier: "oldestLeftOut",
  unloadAfter: 30,
  preset: "careful",
  limits: "usual",
  sourceWidth: 0,
};
/** Secrets of the script. */
const PASSPHRASE = "open sesame";
const RECOVERY =
  "harbour silver window candle orchard marble pigeon thunder velvet lantern copper meadow falcon ribbon walnut glacier saddle timber violin anchor barley compass domino ember".split(
    " ",
  );
const ways: Ways = {
  keychain: state.startsWith("keychain"),
  passphrase: !state.startsWith("keychain"),
  recovery: !["no-recovery", "keychain", "keychain-locked", "locked-passphrase"].includes(state),
};
/** How much slower than at once everything is; 0 for tests that look at the end alone. */
const pace = Number(query.get("pace") ?? 1);

const say = (en: string, fr: string) => (settings.language === "fr" ? fr : en);
const failure = (code: string, message: string): AppError => ({ code, message });
const after = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds * pace));

const scan: Document = {
  ...harbour,
  id: "s1",
  name: "images-only.pdf",
  pages: 1,
  imagePages: [1],
  incompletePages: [1],
  suggestion: null,
  language: null,
};
const manual: Document = {
  ...harbour,
  id: "s2",
  name: "jsonlite-json-mapping.pdf",
  pages: 29,
  suggestion: null,
};

const empty = ["empty-library", "drag", "first-run-empty"].includes(state);
const documents: Document[] = empty ? [] : [harbour, cooperative];
if (["open", "long", "failed-files", "images", "gone"].includes(state)) documents.push(minutes, notes);
if (query.has("originals")) documents.splice(0, 2, scan, manual);
/** As in `?state=library&documents=10000`. */
const size = Number(query.get("documents") ?? 0);
if (size > documents.length) documents.push(...many(size - documents.length));
const collections = size > 2 || state === "gone" ? [...someCollections] : [];
const folders = size > 2 || state === "gone" ? [...watched] : [];

const now = Date.now();
const HOUR = 3_600_000;
const stored = new Map<string, { conversation: Conversation; messages: Message[] }>();
/** Conversations being answered whose person wants the reply to end. */
const stopped = new Set<string>();
let ids = 0;

function keep(
  title: string,
  began: number,
  messages: Message[],
  chosen = documents,
  privately = false,
): void {
  const id = `c${++ids}`;
  const conversation = {
    id,
    title: title.slice(0, 80),
    began,
    documents: chosen.map((document) => document.id),
    private: privately,
  };
  stored.set(id, { conversation, messages });
}

function exchange(question: string, answer: Answer): Message[] {
  return [
    { role: "question", text: question },
    { role: "answer", answer },
  ];
}

const cost = "How much did the dredging of the north basin cost?";
const interrupted: Answer = {
  ...dredging,
  text: "The dredging of the **north basin** cost 412,000 euros and was finished in May 2025 [1]. The dredger remo",
  citations: dredging.citations.slice(0, 1),
  ending: "interrupted",
};
const shown: Record<string, Message[]> = {
  open: exchange(cost, dredging),
  refused: exchange("Who is the mayor of Tarrin?", {
    ...refusal,
    text: say("This is not in these documents.", "Ce n’est pas dans ces documents."),
  }),
  interrupted: exchange(cost, interrupted),
  stopped: exchange(cost, { ...interrupted, ending: "stopped" }),
  "french-passages": exchange("Combien a coûté la nouvelle chambre froide ?", coldRoom),
  rich: exchange("Which projects were finished during the year, and what did they cost?", rich),
  lost: [{ role: "lost", number: 3 }, ...exchange(cost, dredging), { role: "lost", number: 1 }],
  reasoned: exchange(cost, reasoned),
  orphaned: exchange(cost, orphaned),
  unanswered: [{ role: "question", text: cost }],
  long: Array.from({ length: 500 }, (_, index) =>
    exchange(`${index + 1}. ${cost}`, index % 3 ? dredging : rich),
  ).flat(),
};
if (!empty && state !== "first-run") {
  keep(
    "Who pays for the storm reserve, and how much is in it at the end of the year?",
    now - 26 * HOUR,
    exchange("Who pays for the storm reserve, and how much is in it at the end of the year?", refusal),
  );
  keep(
    "When does the general assembly meet?",
    now - 24 * 20 * HOUR,
    exchange("When does the general assembly meet?", refusal),
  );
  const messages = shown[state];
  const asked = messages?.find((message) => message.role === "question");
  if (messages && asked) keep(asked.text, now - HOUR / 2, messages);
  if (state === "private") keep(cost, now - HOUR / 3, exchange(cost, dredging), documents, true);
}

const model: ModelStatus =
  state === "model-missing"
    ? {
        state: "missing",
        message: say(
          "No model is on this machine. Put a GGUF file into the models folder and start Aparté again.",
          "Aucun modèle n’est sur cette machine. Placez un fichier GGUF dans le dossier des modèles et relancez Aparté.",
        ),
      }
    : state === "model-loading"
      ? { state: "loading", name: "SmolLM2 135M Instruct", percent: 42 }
      : state === "interrupted"
        ? { state: "stopped", name: "SmolLM2 135M Instruct" }
        : {
            state: "ready",
            name: "SmolLM2 135M Instruct",
            devices: ["CPU"],
            context: 8192,
            languages: ["en"],
            steps:
              state === "model-with-less"
                ? [
                    { kind: "fewerLayersOnGpu", layers: 12, of: 31 },
                    { kind: "shorterContext", wanted: 8192, given: 4096 },
                  ]
                : [],
          };

/** Why a file was not read, in the words of Rust. */
const unreadable = (name: string) =>
  say(
    `“${name}” has no text: its pages are blank. Check that it is the right file.`,
    `«\u202f${name}\u202f» ne contient aucun texte\u202f: ses pages sont blanches. Vérifiez que c'est le bon fichier.`,
  );
const failedFile = (id: number, name: string): IncomingFile => ({
  id,
  name,
  progress: { state: "failed", message: unreadable(name) },
});
const closed: IncomingFile = {
  id: 4,
  name: "lease.pdf",
  progress: {
    state: "closed",
    message: say(
      "“lease.pdf” is protected by a password. Type its password.",
      "«\u202flease.pdf\u202f» est protégé par un mot de passe. Saisissez-le.",
    ),
  },
};
const contract: IncomingFile = {
  id: 1,
  name: "contract.pdf",
  progress: { state: "reading", page: 12, pages: 48 },
};
const appendix: IncomingFile = { id: 2, name: "appendix.pdf", progress: { state: "waiting" } };
const busy: Intake = { ...noIntake, done: 37, failed: 0, total: 200, secondsLeft: 132 };
const onTheirWay: Record<string, { files: IncomingFile[]; intake: Intake }> = {
  "failed-files": { files: [contract, appendix, failedFile(3, "blank.pdf")], intake: noIntake },
  "closed-files": { files: [failedFile(3, "blank.pdf"), closed], intake: noIntake },
  busy: { files: [contract], intake: busy },
  "many-failed": {
    files: [
      contract,
      ...Array.from({ length: 14 }, (_, index) => failedFile(3 + index, `blank ${index + 1}.pdf`)),
    ],
    intake: { ...busy, failed: 14 },
  },
  paused: { files: [], intake: { ...busy, paused: true } },
  resumed: { files: [contract], intake: { ...busy, resumed: true } },
  embedding: {
    files: [],
    intake: { ...noIntake, embedded: 120, passages: 900, embeddingSecondsLeft: 171 },
  },
};
let { files, intake } = onTheirWay[state] ?? { files: [], intake: noIntake };

function standsAt(change: Partial<Intake>): void {
  intake = { ...intake, ...change };
  tell({ kind: "intake", intake });
}

function launch(): Launch {
  switch (state) {
    case "opening":
      return { state: "opening" };
    case "locked":
    case "locked-passphrase":
      return locked();
    case "keychain-locked":
    case "locked-trouble":
      return { state: "locked", ways: { ...ways, keychain: true }, trouble: silent() };
    case "new-passphrase":
      return { state: "newPassphrase" };
    case "vault-failed":
      return { state: "failed", error: damaged() };
    default:
      return opened();
  }
}

function opened(): Launch {
  return { state: "open", settings, notices: state === "notices" ? noticed() : [], ways: { ...ways } };
}

function locked(): Launch {
  return { state: "locked", ways: { ...ways }, trouble: null };
}

function noticed(): string[] {
  return [
    say(
      "This is an older copy of your vault: what was added since it was made is not in it.",
      "Ceci est une copie plus ancienne de votre coffre : ce qui a été ajouté depuis n’y est pas.",
    ),
    say(
      "3 conversations or documents are missing. They were not deleted in Aparté.",
      "3 conversations ou documents manquent. Ils n’ont pas été supprimés dans Aparté.",
    ),
  ];
}

function silent(): AppError {
  return failure(
    "keychain_unavailable",
    say(
      "This system’s keychain does not answer; the vault is untouched. Start or unlock the keychain and try again.",
      "Le trousseau de ce système ne répond pas ; le coffre n’a pas été touché. Démarrez ou déverrouillez le trousseau et réessayez.",
    ),
  );
}

/** Fails unless the proof is what the script opens with. */
async function check({ way, secret }: Proof): Promise<void> {
  await after(600);
  if (way === "keychain" && state.endsWith("locked")) throw silent();
  if (way === "passphrase" && secret !== PASSPHRASE) {
    throw failure(
      "wrong_passphrase",
      say(
        "This is not the passphrase. Check capital letters and try again.",
        "Ce n’est pas la phrase secrète. Vérifiez les majuscules et réessayez.",
      ),
    );
  }
  if (way === "recovery" && secret !== RECOVERY.join(" ")) {
    throw failure(
      "wrong_recovery",
      say(
        "These words do not open it. One of them may be misspelt or in another place.",
        "Ces mots ne l’ouvrent pas. L’un d’eux est peut-être mal écrit ou mal placé.",
      ),
    );
  }
}

/** How sure pages are that were recognised, by document and number. */
const recognised = new Map<string, number>();
/** What can still be brought back. */
const hidden = new Map<string, Erasure>();
const drafts = new Map<string | null, string>();
const UNDO = 60_000;

function nameOf({ kind, id }: Item): string {
  if (kind === "conversation") return stored.get(id)?.conversation.title ?? "";
  return documents.find((document) => document.id === id)?.name ?? "";
}

function forget({ kind, id }: Item): void {
  if (!hidden.delete(id)) return;
  if (kind === "conversation") stored.delete(id);
  else
    documents.splice(
      documents.findIndex((document) => document.id === id),
      1,
    );
  tell({ kind: "erased", item: { kind, id } as Item });
}

/** The words of a message, or of the answer that it is. */
function textOf(message: Message): string {
  if (message.role === "lost") return "";
  return message.role === "question" ? message.text : message.answer.text;
}
function damaged(): AppError {
  return failure(
    "vault_damaged",
    say(
      "Your documents are stored, but part of the store is damaged. Nothing was changed; restore a backup, or try again.",
      "Vos documents sont enregistrés, mais une partie du coffre est endommagée. Rien n’a été modifié ; restaurez une sauvegarde, ou réessayez.",
    ),
  );
}

let tell: (news: News) => void = () => {};
let inPrivate = false;

function addNotes(): void {
  const file = { id: ++ids, name: notes.name };
  const already = documents.some(({ id }) => id === notes.id);
  const document = { ...notes, private: inPrivate };
  tell({ kind: "file", file: { ...file, progress: { state: "waiting" } } });
  void after(400).then(() => {
    tell({ kind: "file", file: { ...file, progress: { state: "reading", page: 1, pages: 1 } } });
  });
  void after(900).then(() => {
    if (!already) documents.push(document);
    tell({ kind: "file", file: { ...file, progress: { state: "added", document, already } } });
  });
}

/** The original of a document: what is served beside the interface, where the address says that something is. */
async function fetched(document: string): Promise<ArrayBuffer> {
  if (!query.has("originals")) return new ArrayBuffer(0);
  const name = documents.find(({ id }) => id === document)?.name ?? "";
  const response = await fetch(new URL(`originals/${encodeURIComponent(name)}`, window.document.baseURI));
  return response.ok ? response.arrayBuffer() : new ArrayBuffer(0);
}

/** A page of the one original that has text. */
async function laidOutPage(document: string, number: number) {
  return query.has("originals") && document === manual.id ? laidOut(await fetched(document), number) : null;
}

const bytes = (text: string) => new TextEncoder().encode(text).length;

/** The paragraphs of a page. */
function passagesOf(page: string): { start: number; text: string }[] {
  return [...page.matchAll(/[^\n]+(?:\n[^\n]+)*/g)].map(({ index, 0: text }) => ({ start: index, text }));
}

function change(document: Document): void {
  documents[documents.findIndex(({ id }) => id === document.id)] = document;
}

/** The answer of the script to a question. */
/** The lists that were stopped. */
const stoppedLists = new Set<number>();
/** So are summaries; `readSections` is how far each came. */
const stoppedSummaries = new Set<number>();
const readSections = new Map<number, number>();
const usual: SummaryWish = { length: "standard", style: "prose", focus: null, language: null };
let keptSummaries: KeptSummary[] =
  state === "summaries"
    ? [
        { subject: { name: null, documents: ["d1"] }, wish: usual, asked: now - HOUR, isWhole: true },
        {
          subject: { name: null, documents: ["d1"] },
          wish: { ...usual, length: "brief", style: "bullets", focus: "the costs" },
          asked: now - 2 * HOUR,
          isWhole: true,
        },
        { subject: { name: null, documents: ["d2"] }, wish: usual, asked: now - 30 * HOUR, isWhole: false },
      ]
    : [];

function isSameSummary(kept: KeptSummary, documents: string[], wish: SummaryWish): boolean {
  return (
    kept.subject.documents.join() === documents.join() && JSON.stringify(kept.wish) === JSON.stringify(wish)
  );
}

function answerTo(question: string): Answer {
  if (/dredging|dragage/i.test(question)) return state === "reasoned" ? reasoned : dredging;
  if (/froide/i.test(question)) return coldRoom;
  if (/projects|everything/i.test(question)) return rich;
  return { ...refusal, text: say("This is not in these documents.", "Ce n’est pas dans ces documents.") };
}

export const ipc: Ipc = {
  async listen(onNews) {
    tell = onNews;
    if (state === "drag") void after(200).then(() => tell({ kind: "drag", over: true }));
    if (state === "gone") void after(200).then(() => tell({ kind: "gone", documents: ["d3", "d4"] }));
    return { language: settings.language, launch: launch(), model, files, intake };
  },
  async createVault() {
    await after(600);
    tell({ kind: "launch", launch: opened() });
  },
  async unlock(proof) {
    await check(proof);
    tell({ kind: "launch", launch: opened() });
  },
  async retry() {
    await after(600);
    tell({ kind: "launch", launch: { state: "failed", error: damaged() } });
  },
  async restore(proof) {
    await check(proof);
    tell({ kind: "launch", launch: opened() });
    return true;
  },
  async lock() {
    for (const [id, { conversation }] of stored) if (conversation.private) stored.delete(id);
    tell({ kind: "launch", launch: locked() });
  },
  async active() {},
  async inPrivate(privately) {
    inPrivate = privately;
  },
  async dropInto() {},
  async ways() {
    return { ...ways };
  },
  async setPassphrase(proof) {
    await check(proof);
    Object.assign(ways, { passphrase: true, keychain: false });
  },
  async useKeychain(proof) {
    await check(proof);
    Object.assign(ways, { passphrase: false, keychain: true });
  },
  async makeRecovery(proof) {
    await check(proof);
    ways.recovery = true;
    return [...RECOVERY];
  },
  async removeRecovery(proof) {
    await check(proof);
    ways.recovery = false;
  },
  async accept() {
    await after(200);
    tell({ kind: "launch", launch: { state: "open", settings, notices: [], ways: { ...ways } } });
  },
  async backUp() {
    await after(600);
    return true;
  },
  async exportAll() {
    await after(600);
    return true;
  },
  async changeSettings(changed) {
    Object.assign(settings, changed);
  },
  async documents() {
    return documents.filter(({ id }) => !hidden.has(id));
  },
  async conversations() {
    return [...stored.values()]
      .map(({ conversation }) => conversation)
      .filter(({ id }) => !hidden.has(id))
      .sort((a, b) => b.began - a.began);
  },
  async messages(conversation) {
    return stored.get(conversation)?.messages ?? [];
  },
  async chooseFiles() {
    addNotes();
  },
  async chooseFolder(collection, watches) {
    if (watches) folders.push({ number: folders.length, name: "Contracts", collection });
    standsAt({});
    addNotes();
  },
  async pasteFiles() {
    addNotes();
  },
  async pauseIntake(paused) {
    standsAt({ paused });
  },
  async cancelIntake() {
    files = files.filter(({ progress: { state } }) => state === "failed" || state === "closed");
    tell({ kind: "cancelled" });
    standsAt({ ...noIntake });
  },
  async dismiss(file) {
    files = files.filter(({ id }) => id !== file);
  },
  async openFile(file, password) {
    const closed = files.find(({ id }) => id === file);
    if (!closed || password === "wrong") return;
    files = files.filter(({ id }) => id !== file);
    tell({ kind: "file", file: { ...closed, progress: { state: "reading", page: 1, pages: 3 } } });
  },
  async collections() {
    return [...collections].sort((one, other) => one.name.localeCompare(other.name));
  },
  async makeCollection(name) {
    const there = collections.find((collection) => collection.name === name);
    if (there) return there.id;
    const id = 1 + Math.max(0, ...collections.map((collection) => collection.id));
    collections.push({ id, name });
    return id;
  },
  async renameCollection(collection, name) {
    const at = collections.findIndex(({ id }) => id === collection);
    if (at >= 0) collections[at] = { id: collection, name };
  },
  async removeCollection(collection) {
    const at = collections.findIndex(({ id }) => id === collection);
    if (at >= 0) collections.splice(at, 1);
  },
  async gather(chosen, collection, into) {
    for (const document of documents.filter(({ id }) => chosen.includes(id))) {
      const others = document.collections.filter((id) => id !== collection);
      change({ ...document, collections: into ? [...others, collection] : others });
    }
  },
  async renameDocument(id, name) {
    const document = documents.find((each) => each.id === id);
    if (document) change({ ...document, name });
  },
  async readAgain(id) {
    await after(900);
    return documents.find((each) => each.id === id) ?? null;
  },
  async watchedFolders() {
    return folders.map((folder, number) => ({ ...folder, number }));
  },
  async unwatchFolder(number) {
    folders.splice(number, 1);
  },
  async keepGone() {},
  async uses(document) {
    return [...stored.values()].filter(({ conversation }) => conversation.documents.includes(document))
      .length;
  },
  async find(question) {
    const words = question.toLowerCase().split(/\s+/);
    return [...stored.values()].flatMap(({ conversation, messages }) =>
      messages.flatMap((message, index): Found[] => {
        const text = textOf(message);
        const speaks = words.every((word) => text.toLowerCase().includes(word));
        return speaks ? [{ conversation: conversation.id, message: index, text }] : [];
      }),
    );
  },
  async search(question, chosen) {
    await after(200);
    const words = fold(question).split(/\s+/);
    return documents.flatMap(({ id, name }): Hit[] =>
      !chosen.includes(id)
        ? []
        : (pages[id] ?? []).flatMap((page, index) =>
            passagesOf(page)
              .filter(({ text }) => words.some((word) => fold(text).includes(word)))
              .map(({ start, text }) => ({
                document: id,
                name,
                page: id === notes.id ? null : index + 1,
                anchor: id === notes.id ? "Notes" : null,
                range: { start, end: start + text.length },
                text,
              })),
          ),
    );
  },
  async findIn(document, words) {
    const sought = fold(words);
    const laid = await Promise.all([1, 2].map((number) => laidOutPage(document, number)));
    const texts = laid.flatMap((page) => (page ? [page.text] : []));
    return (texts.length > 0 ? texts : (pages[document] ?? [])).flatMap((page, index): FoundIn[] => {
      const text = fold(page);
      const places: FoundIn[] = [];
      for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length)) {
        const range = { start: bytes(page.slice(0, at)), end: bytes(page.slice(0, at + sought.length)) };
        places.push({ page: index + 1, range });
      }
      return places;
    });
  },
  async begin(question, chosen, privately) {
    keep(
      question,
      Date.now(),
      [],
      documents.filter(({ id }) => chosen.includes(id)),
      privately,
    );
    const begun = stored.get(`c${ids}`);
    if (!begun) throw failure("vault_full", "");
    return begun.conversation;
  },
  async ask(conversation, question, _documents, onReply) {
    const answer = answerTo(question);
    if (state === "model-missing" && model.state === "missing") throw failure("model_missing", model.message);
    if (state === "ask-fails") {
      await after(300);
      throw failure(
        "engine_stopped",
        say(
          "The engine stopped before it could answer. Ask again, and if it stops again choose another model.",
          "Le moteur s’est arrêté avant de pouvoir répondre. Posez la question de nouveau, et s’il s’arrête encore, choisissez un autre modèle.",
        ),
      );
    }
    stopped.delete(conversation);
    let written = "";
    if (answer.ending !== "notAsked") {
      for (let percent = 10; percent <= 100; percent += 15) {
        onReply({ kind: "loading", percent });
        await after(120);
      }
      for (let done = 0; done <= 612; done += 102) {
        onReply({ kind: "reading", done, total: 612 });
        await after(140);
      }
      for (const piece of answer.thinking?.text.match(/\S+\s*/g) ?? []) {
        if (stopped.has(conversation)) break;
        onReply({ kind: "thinking", text: piece });
        await after(120);
      }
      for (const piece of answer.text.replace(/ \[\d\]/g, "").match(/\S+\s*/g) ?? []) {
        if (stopped.has(conversation)) break;
        written += piece;
        onReply({ kind: "text", text: piece });
        await after(70);
      }
    } else {
      await after(500);
    }
    const ended: Answer = stopped.has(conversation)
      ? { ...answer, text: written, citations: [], ending: "stopped" }
      : { ...answer };
    stored.get(conversation)?.messages.push(...exchange(question, ended));
    return ended;
  },
  async contextUse(conversation) {
    if (model.state !== "ready") return null;
    const { messages } = stored.get(conversation) ?? { messages: [] };
    const questions = messages.filter(({ role }) => role === "question").length;
    const told = settings.earlier === "noneTold" ? 0 : Math.min(questions, 60);
    const leftOut = settings.earlier === "noneTold" ? 0 : questions - told;
    return { used: 96 + 110 * told, capacity: model.context, told, leftOut };
  },
  async stop(conversation) {
    stopped.add(conversation);
  },
  async offerAll(question) {
    if (/^(list|liste)/i.test(question)) return /duty|obligation/i.test(question) ? "beside" : "atOnce";
    return /how many|combien/i.test(question) ? "beside" : null;
  },
  async planAll(_number, question) {
    await after(200);
    const judged = /duty|obligation|rooms|pièces/i.test(question);
    return { passages: 42, toJudge: judged ? 42 : 0, expectedMs: judged ? 95_000 : 0 };
  },
  async findAll(number, question, _documents, onNews) {
    stoppedLists.delete(number);
    const judges = /duty|obligation|rooms|pièces/i.test(question);
    const total = judges ? 42 : 8;
    let done = 0;
    while (done < total && !stoppedLists.has(number)) {
      done += 1;
      onNews(
        judges
          ? { kind: "judged", done, total, leftMs: (total - done) * 2200 }
          : { kind: "looked", done, total },
      );
      await after(judges ? 250 : 40);
    }
    if (!judges) return amounts;
    const unread = [{ document: amounts.items[0]?.mentions[0]?.document ?? "", page: 6 }];
    return { ...amounts, decided: "byModel", toJudge: 42, judged: done, unread };
  },
  async stopFinding(number) {
    stoppedLists.add(number);
  },
  async summarize(number, subject, wish, onNews) {
    stoppedSummaries.delete(number);
    const keeps = (isWhole: boolean) => {
      const others = keptSummaries.filter((kept) => !isSameSummary(kept, subject.documents, wish));
      keptSummaries = [{ subject, wish, asked: Date.now(), isWhole }, ...others];
    };
    keeps(false);
    const summary = subject.documents.length > 1 ? severalSummary : harbourSummary;
    if (state === "summary-fails") {
      await after(500);
      throw failure(
        "engine_stopped",
        say(
          "The engine stopped before it could write. Try again, and if it stops again choose another model.",
          "Le moteur s’est arrêté avant d’avoir pu écrire. Réessayez, et s’il s’arrête encore, choisissez un autre modèle.",
        ),
      );
    }
    for (let done = 1; done <= summary.pages; done += 1) {
      onNews({ kind: "cutting", done, total: summary.pages });
      await after(200 / summary.pages);
    }
    const outline = summary.outline.map((section) => ({ ...section, isRead: false, isShown: false }));
    onNews({ kind: "planned", outline, unread: summary.unread });
    const total = harbourNotes.length;
    const known = readSections.get(number) ?? 0;
    let done = 0;
    for (const section of harbourNotes) {
      onNews({ kind: "reading", done, total, leftMs: done === 0 ? null : (total - done) * 41_000 });
      if (done >= known) await after(1400);
      if (stoppedSummaries.has(number)) break;
      done += 1;
      onNews({ kind: "note", section });
    }
    readSections.set(number, Math.max(done, known));
    if (done < total) {
      const isRead = (index: number) => index < done;
      return {
        ...summary,
        sections: harbourNotes.slice(0, done),
        ending: "stopped",
        read: done,
        shown: done,
        outline: outline.map((section, index) => ({
          ...section,
          isRead: isRead(index),
          isShown: isRead(index),
        })),
        totalMs: 9_400,
      };
    }
    onNews({ kind: "merging", leftMs: 6_000 });
    await after(known === total ? 400 : 1200);
    keeps(true);
    const [whole] = summary.sections;
    const sections = wish.length === "brief" && whole ? [whole] : summary.sections;
    const shown = wish.length === "brief" ? 2 : summary.shown;
    return {
      ...summary,
      sections,
      shown,
      outline:
        wish.length === "brief"
          ? summary.outline.map((section, index) => ({
              ...section,
              isShown: section.isShown && [1, 2].includes(index),
            }))
          : summary.outline,
      known,
      totalMs: known > 0 ? 6_100 : summary.totalMs,
    };
  },
  async stopSummary(number) {
    stoppedSummaries.add(number);
  },
  async forgetSummary(number) {
    stoppedSummaries.add(number);
  },
  async keptSummaries() {
    return keptSummaries;
  },
  async forgetKeptSummary(documents, wish) {
    keptSummaries = keptSummaries.filter((kept) => !isSameSummary(kept, documents, wish));
  },
  async exportSummary() {
    await after(600);
    return true;
  },
  async page(document, number, highlight) {
    await after(60);
    const known = documents.find(({ id }) => id === document);
    if (!known) throw failure("page_missing", "");
    const laid = await laidOutPage(document, number);
    const text = laid?.text ?? pages[document]?.[number - 1] ?? "";
    const { start, end } = highlight ?? { start: text.length, end: text.length };
    return {
      number,
      pages: known?.pages ?? 1,
      before: text.slice(0, start),
      quote: text.slice(start, end),
      after: text.slice(end),
      incomplete: known?.incompletePages.includes(number) ?? false,
      recognised: recognised.get(`${document} ${number}`) ?? null,
      size: laid?.size ?? [0, 0],
      words: laid?.words ?? [],
    };
  },
  original: fetched,
  async originalPassword() {
    return null;
  },
  async recognised(document, page) {
    const known = documents.find(({ id }) => id === document);
    if (!known) return null;
    const sure = page.words.reduce((sum, word) => sum + word.confidence, 0) / Math.max(1, page.words.length);
    recognised.set(`${document} ${page.number}`, Math.round(sure));
    const now = {
      ...known,
      imagePages: known.imagePages.filter((number) => number !== page.number),
      incompletePages: known.incompletePages.filter((number) => number !== page.number),
    };
    change(now);
    pages[document] = Object.assign([...(pages[document] ?? [])], {
      [page.number - 1]: page.words.map(({ text }) => text).join(" "),
    });
    return now;
  },
  async keepDraft(conversation, text) {
    drafts.set(conversation, text);
  },
  async draft(conversation) {
    return drafts.get(conversation) ?? "";
  },
  async erase(item) {
    hidden.set(item.id, { item, name: nameOf(item) });
    setTimeout(() => forget(item), UNDO);
  },
  async erasures() {
    return [...hidden.values()];
  },
  async undoErase({ id }) {
    hidden.delete(id);
  },
  async eraseNow(item) {
    forget(item);
  },
};
