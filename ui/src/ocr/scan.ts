// A document whose pages are images, opened for text recognition.
import type { RecognisedPage } from "../nouns";
import { openPaper } from "../paper/paper";
import { startRecogniser } from "./recogniser";

export interface Scan {
  /** Reads a page; an abort rejects. */
  read(number: number, signal: AbortSignal): Promise<RecognisedPage>;
  close(): void;
}

/** Opens a document as `openPaper` does. It rejects when it cannot be drawn, or nothing recognises. */
export async function openScan(bytes: ArrayBuffer, password: string | null): Promise<Scan> {
  const paper = await openPaper(bytes, password);
  const recogniser = await startRecogniser().catch((reason: unknown) => {
    paper.close();
    throw reason;
  });
  const canvas = document.createElement("canvas");
  return {
    async read(number, signal) {
      const { width, height } = await paper.size(number);
      const wanted = await paper.sharpness(number);
      const scale = await paper.draw(number, canvas, wanted, { signal, unseen: true });
      // What reads a page hears no signal: an abort does not wait for its end.
      const words = await orAborted(recogniser.read(canvas, scale), signal);
      return { number, size: [width, height], words };
    },
    close() {
      canvas.width = canvas.height = 0;
      recogniser.close();
      paper.close();
    },
  };
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
