import { expect, test } from "vitest";

import { measured } from "./measure";

/** Bytes written as text, and numbers as they are. */
function bytes(...parts: (string | number[])[]): ArrayBuffer {
  const all = parts.flatMap((part) =>
    typeof part === "string" ? [...part].map((letter) => letter.charCodeAt(0)) : part,
  );
  return new Uint8Array(all).buffer;
}

const nothing = (length: number) => Array.from({ length }, () => 0);

test("a picture says how large it is in its first bytes", () => {
  const size = { width: 300, height: 2 };
  const pictures = {
    png: bytes("\x89PNG\r\n\x1a\n", [0, 0, 0, 13], "IHDR", [0, 0, 1, 44, 0, 0, 0, 2]),
    gif: bytes("GIF89a", [44, 1, 2, 0]),
    bmp: bytes("BM", nothing(16), [44, 1, 0, 0, 0xfe, 0xff, 0xff, 0xff]),
    lossy: bytes("RIFF", nothing(4), "WEBPVP8 ", nothing(10), [44, 1, 2, 0]),
    lossless: bytes("RIFF", nothing(4), "WEBPVP8L", nothing(4), [0x2f, 0x2b, 0x41, 0, 0]),
    extended: bytes("RIFF", nothing(4), "WEBPVP8X", nothing(8), [43, 1, 0, 1, 0, 0]),
    jpeg: bytes([0xff, 0xd8, 0xff, 0xe0, 0, 4, 7, 7, 0xff, 0xff, 0xc2, 0, 11, 8, 0, 2, 1, 44]),
  };
  for (const [kind, picture] of Object.entries(pictures)) {
    expect(measured(picture), kind).toEqual(size);
    expect(measured(picture.slice(0, picture.byteLength - 1)), `${kind}, cut`).toBe(null);
  }
  expect(measured(bytes("%PDF"))).toBe(null);
  expect(measured(bytes(""))).toBe(null);
});
