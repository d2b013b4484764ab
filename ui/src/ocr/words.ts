// What tesseract finds on a bitmap, as words of a page.
import type { RecognisedWord } from "../nouns";

interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** The part of tesseract's answer that is used. Boxes are in pixels, confidences from 0 to 100. */
export interface Block {
  paragraphs: { lines: { words: { text: string; confidence: number; bbox: Box }[] }[] }[];
}

/** What is less sure is a speck, a rule or the edge of the paper far more often than a word: measured on scans. */
const LEAST_SURE = 40;

/** The words in reading order, with boxes in points of a page that has `scale` pixels to the point. */
export function wordsOf(blocks: Block[], scale: number): RecognisedWord[] {
  const words: RecognisedWord[] = [];
  let line = 0;
  let paragraph = 0;
  for (const block of blocks) {
    for (const { lines } of block.paragraphs) {
      for (const { words: found } of lines) {
        for (const { text, confidence, bbox } of found) {
          if (confidence < LEAST_SURE) continue;
          const { x0, y0, x1, y1 } = bbox;
          const rect = [x0, y0, x1 - x0, y1 - y0].map((pixels) => pixels / scale);
          words.push({ text, confidence, rect: rect as [number, number, number, number], line, paragraph });
        }
        line += 1;
      }
      paragraph += 1;
    }
  }
  return words;
}
