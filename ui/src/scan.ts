// Starts the window that nobody sees: it reads the pages of one document that are images, for a program without a window.
import { commands } from "./ipc/bindings";
import { openScan } from "./ocr/scan";

async function readPages(): Promise<void> {
  const pages = await commands.scanPages();
  // Bytes come as they are, which the generated type cannot say.
  const bytes = (await commands.scanBytes()) as unknown as ArrayBuffer;
  const scan = await openScan(bytes, await commands.scanPassword());
  // Whoever wants it no more ends the process.
  const { signal } = new AbortController();
  for (const number of pages) await commands.scanRead(await scan.read(number, signal));
}

void readPages().catch(() => commands.scanFailed());
