// Text recognition by tesseract, in a worker of the web view that is ended with the document. Its program and the data of
// both languages are files of ours (see `bundled` in vite.config.ts).
import tesseract from "tesseract.js/dist/tesseract.esm.min.js";

import type { RecognisedWord } from "../nouns";
import { wordsOf, type Block } from "./words";

/** It is given up when it does not start, or does not read a page, in so many milliseconds. */
const START_LIMIT = 60_000;
const PAGE_LIMIT = 240_000;

const at = (name: string) => new URL(`ocr/${name}`, document.baseURI).href;

export interface Recogniser {
  /** Reads a bitmap with `scale` pixels to the point. */
  read(canvas: HTMLCanvasElement, scale: number): Promise<RecognisedWord[]>;
  close(): void;
}

export async function startRecogniser(): Promise<Recogniser> {
  const worker = await inTime(
    tesseract.createWorker(["eng", "fra"], tesseract.OEM.LSTM_ONLY, {
      workerPath: at("worker.js"),
      workerBlobURL: false,
      corePath: at("core.js"),
      langPath: at(""),
      gzip: true,
      // Nothing is kept outside the vault.
      cacheMethod: "none",
      errorHandler: () => {},
    }),
    START_LIMIT,
  );
  const close = () => void worker.terminate().catch(() => {});
  return {
    close,
    async read(canvas, scale) {
      await worker.setParameters({ user_defined_dpi: String(Math.round(scale * 72)) });
      const { data } = await inTime(worker.recognize(canvas, {}, { text: false, blocks: true }), PAGE_LIMIT);
      return wordsOf((data.blocks ?? []) as Block[], scale);
    },
  };
}

async function inTime<T>(work: Promise<T>, limit: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("text recognition took too long")), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
