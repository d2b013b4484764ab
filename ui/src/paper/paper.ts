// A document as it looks, for reading and for text recognition. Lengths are in points (1/72 inch) unless said otherwise.
import type { Format } from "../nouns";

export interface Size {
  width: number;
  height: number;
}

export interface Paper {
  readonly pages: number;
  /** How large a page is, turned as it is to be seen. Pages count from 1. */
  size(number: number): Promise<Size>;
  /** How many pixels to the point text recognition wants of a page. */
  sharpness(number: number): Promise<number>;
  /** Draws a page with so many pixels to the point, or fewer where that would be too many, and gives how many. */
  draw(number: number, canvas: HTMLCanvasElement, scale: number, how: Drawing): Promise<number>;
  close(): void;
}

export interface Drawing {
  /** Ends the drawing, which rejects then. */
  signal: AbortSignal;
  /** Nobody looks at it: it goes on in a window that is hidden. */
  unseen: boolean;
}

/** Why a document cannot be shown as it looks. */
export type PaperTrouble = "missing" | "password" | "damaged" | "picture" | "large" | "slow";

export class NoPaper extends Error {
  readonly trouble: PaperTrouble;

  constructor(trouble: PaperTrouble) {
    super(trouble);
    this.trouble = trouble;
  }
}

/** Pixels of a canvas at most: about an A4 page at 400 dpi. */
const AREA_LIMIT = 16_000_000;
/** Pixels of its longer side at most. */
const SIDE_LIMIT = 8192;

/** The scale, or the largest that keeps a canvas of this size within its limits. */
export function bounded(scale: number, { width, height }: Size): number {
  const area = Math.sqrt(AREA_LIMIT / (width * height));
  const side = SIDE_LIMIT / Math.max(width, height);
  return Math.min(scale, area, side);
}

const LOOKS: readonly string[] = ["pdf", "image"];

/** Whether documents of this format have a look of their own. */
export function hasLook(format: Format): boolean {
  return LOOKS.includes(format);
}

/** Opens a document by its bytes, which are given away, and by its password where it wants one. It rejects with `NoPaper`. */
export async function openPaper(bytes: ArrayBuffer, password: string | null): Promise<Paper> {
  if (bytes.byteLength === 0) throw new NoPaper("missing");
  // By its first bytes, as a reader of PDF finds it: what stands before them is left out.
  const start = new TextDecoder("latin1").decode(bytes.slice(0, 1024));
  if (start.includes("%PDF-")) return (await import("./pdf")).openPdf(bytes, password);
  return (await import("./picture")).openPicture(bytes);
}
