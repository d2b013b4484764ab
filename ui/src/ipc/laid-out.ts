// For the fake alone: a page of a PDF with its words and where they stand, as Rust gives them, read by pdf.js.
import * as pdfjs from "pdfjs-dist/legacy/build/pdf.mjs";

import type { PageText } from "../nouns";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** The text, the size and the words of a page. */
export async function laidOut(
  original: ArrayBuffer,
  number: number,
): Promise<Pick<PageText, "size" | "words"> & { text: string }> {
  pdfjs.GlobalWorkerOptions.workerSrc = new URL("pdf/worker.js", document.baseURI).href;
  const { promise } = pdfjs.getDocument({ data: new Uint8Array(original) });
  const page = await (await promise).getPage(number);
  const viewport = page.getViewport({ scale: 1 });
  const words: PageText["words"] = [];
  let text = "";
  for (const item of (await page.getTextContent()).items) {
    if (!("str" in item)) continue;
    const placed = pdfjs.Util.transform(viewport.transform, item.transform) as number[];
    const [, , , down = 0, left = 0, bottom = 0] = placed;
    const height = Math.abs(down);
    const letter = item.width / Math.max(1, item.str.length);
    for (const { index, 0: word } of item.str.matchAll(/\S+/g)) {
      const start = bytesOf(text + item.str.slice(0, index));
      const rect: [number, number, number, number] = [
        left + letter * index,
        bottom - 0.8 * height,
        letter * word.length,
        height,
      ];
      words.push({ range: { start, end: start + bytesOf(word) }, rect });
    }
    text += item.str + (item.hasEOL ? "\n" : "");
  }
  return { text, size: [viewport.width, viewport.height], words };
}
