// How large a picture says it is, before anybody decodes it: a few bytes can claim more pixels than the machine has memory for.
import type { Size } from "./paper";

/** Width and height in pixels by the first bytes of a PNG, GIF, BMP, WebP or JPEG; null where they do not tell. */
export function measured(bytes: ArrayBuffer): Size | null {
  const view = new DataView(bytes);
  const word = (at: number) => new TextDecoder("latin1").decode(bytes.slice(at, at + 4));
  try {
    if (word(0) === "\x89PNG") return { width: view.getUint32(16), height: view.getUint32(20) };
    if (word(0) === "GIF8") return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    if (word(0).startsWith("BM")) {
      return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
    }
    if (word(0) === "RIFF" && word(8) === "WEBP") return webp(view, word(12));
    if (view.getUint16(0) === 0xffd8) return jpeg(view);
  } catch {
    // The bytes end too early.
  }
  return null;
}

/** The three forms of WebP: lossy, lossless, and extended. */
function webp(view: DataView, form: string): Size | null {
  if (form === "VP8 ")
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (form === "VP8L") {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (form !== "VP8X") return null;
  const three = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  return { width: three(24) + 1, height: three(27) + 1 };
}

/** From marker to marker up to the frame. */
function jpeg(view: DataView): Size | null {
  let at = 2;
  while (view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    // 0xc4, 0xc8 and 0xcc are tables.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    // Padding, and what stands alone.
    const alone = marker === 0xff ? 1 : marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8) ? 2 : 0;
    at += alone || 2 + view.getUint16(at + 2);
  }
  return null;
}
