// Places in a page's text. Rust counts bytes of UTF-8; here letters are counted as strings count them.

/** What tells where in a text a byte of its UTF-8 form stands. */
export function lettersOf(text: string): (byte: number) => number {
  const starts = new Uint32Array(text.length + 1);
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    starts[at] = bytes;
    const code = text.charCodeAt(at);
    // The halves of what takes four bytes have two each.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
  }
  starts[text.length] = bytes;
  return (byte) => {
    let [low, high] = [0, text.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Letters from the first up to the last, which is left out. */
export interface Span {
  from: number;
  to: number;
}
