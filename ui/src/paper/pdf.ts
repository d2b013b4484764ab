// PDF by pdf.js: its core alone, in a worker of its own, which is ended with the document. Nothing in a document is run, no link
// and no action is followed, and whatever pdf.js loads by name is a file of ours (see `bundled` in vite.config.ts).
import * as pdfjs from "pdfjs-dist/legacy/build/pdf.mjs";

import { bounded, NoPaper, type Drawing, type Paper, type Size } from "./paper";

/** A document that does not open, or a page that is not drawn, in so many milliseconds is given up. */
const TIME_LIMIT = 60_000;
/** Larger pictures in a document are left out, in pixels. */
const PICTURE_LIMIT = 100_000_000;
/** What text recognition reads best: 300 dots an inch. */
const SHARPNESS = 300 / 72;

const at = (name: string) => new URL(`pdf/${name}`, document.baseURI).href;

export async function openPdf(bytes: ArrayBuffer, password: string | null): Promise<Paper> {
  const port = new Worker(at("worker.js"), { type: "module" });
  // The types know of no port, because the default of the parameter is null.
  const options = { port, verbosity: pdfjs.VerbosityLevel.ERRORS } as object;
  const worker = new pdfjs.PDFWorker(options);
  const end = () => {
    worker.destroy();
    port.terminate();
  };
  const failed = new Promise<never>((_, reject) => {
    port.onerror = () => reject(new NoPaper("damaged"));
  });
  const loading = pdfjs.getDocument({
    data: new Uint8Array(bytes),
    ...(password === null ? {} : { password }),
    worker,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
    enableXfa: false,
    maxImageSize: PICTURE_LIMIT,
    useSystemFonts: false,
    // A scheme of the application's own is none that pdf.js lets its worker fetch from.
    useWorkerFetch: false,
    disableWorkerRendering: true,
    cMapUrl: at("cmaps/"),
    standardFontDataUrl: at("fonts/"),
    wasmUrl: at("wasm/"),
  });
  try {
    const opened = await inTime(Promise.race([loading.promise, failed]));
    return new Pdf(opened, end);
  } catch (reason) {
    end();
    throw asNoPaper(reason);
  }
}

class Pdf implements Paper {
  readonly #document: pdfjs.PDFDocumentProxy;
  readonly #end: () => void;

  constructor(document: pdfjs.PDFDocumentProxy, end: () => void) {
    this.#document = document;
    this.#end = end;
  }

  get pages(): number {
    return this.#document.numPages;
  }

  async size(number: number): Promise<Size> {
    const { width, height } = (await this.#page(number)).getViewport({ scale: 1 });
    return { width, height };
  }

  async sharpness(): Promise<number> {
    return SHARPNESS;
  }

  async draw(
    number: number,
    canvas: HTMLCanvasElement,
    scale: number,
    { signal, unseen }: Drawing,
  ): Promise<number> {
    const page = await this.#page(number);
    signal.throwIfAborted();
    const drawn = bounded(scale, page.getViewport({ scale: 1 }));
    const viewport = page.getViewport({ scale: drawn });
    canvas.width = Math.max(1, Math.round(viewport.width));
    canvas.height = Math.max(1, Math.round(viewport.height));
    // What is drawn for printing does not wait for the frames of a window.
    const task = page.render({ canvas, viewport, intent: unseen ? "print" : "display" });
    const cancel = () => task.cancel();
    signal.addEventListener("abort", cancel);
    try {
      await inTime(task.promise);
    } catch (reason) {
      task.cancel();
      throw asNoPaper(reason);
    } finally {
      signal.removeEventListener("abort", cancel);
      page.cleanup();
    }
    return drawn;
  }

  close(): void {
    void this.#document.loadingTask.destroy().catch(() => {});
    this.#end();
  }

  async #page(number: number): Promise<pdfjs.PDFPageProxy> {
    try {
      return await inTime(this.#document.getPage(number));
    } catch (reason) {
      throw asNoPaper(reason);
    }
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoPaper("slow")), TIME_LIMIT);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function asNoPaper(reason: unknown): NoPaper {
  if (reason instanceof NoPaper) return reason;
  return new NoPaper(reason instanceof pdfjs.PasswordException ? "password" : "damaged");
}
