// The real door: the generated commands, with Tauri's channels turned into callbacks.
import { Channel } from "@tauri-apps/api/core";

import type { News, ReplyNews } from "../nouns";
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
  unlock: async (passphrase) => void (await commands.unlock(passphrase)),
  retry: async () => void (await commands.retry()),
  changeSettings: async (settings) => void (await commands.changeSettings(settings)),
  documents: () => commands.documents(),
  conversations: () => commands.conversations(),
  messages: (conversation) => commands.messages(conversation),
  chooseFiles: async () => void (await commands.chooseFiles()),
  dismiss: async (file) => void (await commands.dismiss(file)),
  begin: (question, documents) => commands.begin(question, documents),
  ask: (conversation, question, documents, onReply) =>
    commands.ask(conversation, question, documents, channel<ReplyNews>(onReply)),
  stop: async (conversation) => void (await commands.stop(conversation)),
  page: (document, number, highlight) => commands.page(document, number, highlight),
};
