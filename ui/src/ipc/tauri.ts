// The real door: the generated commands, with Tauri's channels turned into callbacks.
import { Channel } from "@tauri-apps/api/core";

import type { FindingNews, News, ReplyNews, SummaryNews } from "../nouns";
import { commands } from "./bindings";
import type { Ipc } from "./ipc";

function channel<T>(onMessage: (message: T) => void): Channel<T> {
  const channel = new Channel<T>();
  channel.onmessage = onMessage;
  return channel;
}

export const ipc: Ipc = {
  listen: (onNews) => commands.listen(channel<News>(onNews)),
  createVault: async (passphrase) => void (await commands.createVault(passphrase)),
  unlock: async (proof) => void (await commands.unlock(proof)),
  retry: async () => void (await commands.retry()),
  restore: (proof) => commands.restore(proof),
  lock: async () => void (await commands.lock()),
  active: async () => void (await commands.active()),
  inPrivate: async (privately) => void (await commands.inPrivate(privately)),
  dropInto: async (collection) => void (await commands.dropInto(collection)),
  ways: () => commands.ways(),
  setPassphrase: async (proof, passphrase) => void (await commands.setPassphrase(proof, passphrase)),
  useKeychain: async (proof) => void (await commands.useKeychain(proof)),
  makeRecovery: (proof) => commands.makeRecovery(proof),
  removeRecovery: async (proof) => void (await commands.removeRecovery(proof)),
  accept: async () => void (await commands.accept()),
  backUp: () => commands.backUp(),
  exportAll: () => commands.export(),
  changeSettings: async (settings) => void (await commands.changeSettings(settings)),
  documents: () => commands.documents(),
  conversations: () => commands.conversations(),
  messages: (conversation) => commands.messages(conversation),
  chooseFiles: async (collection) => void (await commands.chooseFiles(collection)),
  chooseFolder: async (collection, watched) => void (await commands.chooseFolder(collection, watched)),
  pasteFiles: async (collection) => void (await commands.pasteFiles(collection)),
  pauseIntake: async (paused) => void (await commands.pauseIntake(paused)),
  cancelIntake: async () => void (await commands.cancelIntake()),
  collections: () => commands.collections(),
  makeCollection: (name) => commands.makeCollection(name),
  renameCollection: async (collection, name) => void (await commands.renameCollection(collection, name)),
  removeCollection: async (collection) => void (await commands.removeCollection(collection)),
  gather: async (documents, collection, into) => void (await commands.gather(documents, collection, into)),
  renameDocument: async (document, name) => void (await commands.renameDocument(document, name)),
  readAgain: (document) => commands.readAgain(document),
  // Bytes come as they are, which the generated type cannot say.
  original: async (document) => (await commands.original(document)) as unknown as ArrayBuffer,
  originalPassword: (document) => commands.originalPassword(document),
  watchedFolders: () => commands.watchedFolders(),
  unwatchFolder: async (number) => void (await commands.unwatchFolder(number)),
  keepGone: async (documents) => void (await commands.keepGone(documents)),
  dismiss: async (file) => void (await commands.dismiss(file)),
  openFile: async (file, password) => void (await commands.openFile(file, password)),
  uses: (document) => commands.uses(document),
  find: (question) => commands.find(question),
  search: (question, documents) => commands.search(question, documents),
  findIn: (document, words) => commands.findIn(document, words),
  begin: (question, documents, privately) => commands.begin(question, documents, privately),
  ask: (conversation, question, documents, onReply) =>
    commands.ask(conversation, question, documents, channel<ReplyNews>(onReply)),
  contextUse: (conversation) => commands.contextUse(conversation),
  stop: async (conversation) => void (await commands.stop(conversation)),
  offerAll: (question) => commands.offerAll(question),
  planAll: (number, question, documents, onNews) =>
    commands.planAll(number, question, documents, channel<FindingNews>(onNews)),
  findAll: (number, question, documents, onNews) =>
    commands.findAll(number, question, documents, channel<FindingNews>(onNews)),
  stopFinding: async (number) => void (await commands.stopFinding(number)),
  summarize: (number, subject, wish, onNews) =>
    commands.summarize(number, subject, wish, channel<SummaryNews>(onNews)),
  stopSummary: async (number) => void (await commands.stopSummary(number)),
  forgetSummary: async (number) => void (await commands.forgetSummary(number)),
  keptSummaries: () => commands.keptSummaries(),
  forgetKeptSummary: async (documents, wish) => void (await commands.forgetKeptSummary(documents, wish)),
  exportSummary: (number, format, name) => commands.exportSummary(number, format, name),
  page: (document, number, highlight) => commands.page(document, number, highlight),
  recognised: (document, page) => commands.recognised(document, page),
  keepDraft: async (conversation, text) => void (await commands.keepDraft(conversation, text)),
  draft: (conversation) => commands.draft(conversation),
  erase: async (item) => void (await commands.erase(item)),
  erasures: () => commands.erasures(),
  undoErase: async (item) => void (await commands.undoErase(item)),
  eraseNow: async (item) => void (await commands.eraseNow(item)),
};
