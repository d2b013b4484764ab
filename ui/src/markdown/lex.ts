// Markdown to tokens. Nothing here makes HTML: `Blocks.svelte` and `Inline.svelte` draw the tokens as elements.
import { Marked, type Token, type Tokens } from "marked";

/** A mark like `[2]` in running text. Whether a citation of that number exists is for the drawing to know. */
export interface MarkToken {
  type: "mark";
  raw: string;
  /** None for `[?]`, nothing in the documents bears the sentence out, and `[~]`, its quote was corrected. */
  number: number | null;
}

/** Beyond this length a text is not worth a grammar: it is shown as it is. */
const LONGEST = 200_000;
/** Nesting that a person writes stays far below this; deeper quotes and lists are shown as they are. */
const DEEPEST_QUOTES = 40;

const marked = new Marked({
  gfm: true,
  extensions: [
    {
      // Runs before links, so that a link definition called `[1]:` cannot take over the marks.
      name: "mark",
      level: "inline",
      start: (source) => source.match(/\[[\d?~]/)?.index,
      tokenizer(source): MarkToken | undefined {
        const match = /^\[(\d{1,3}|[?~])\]/.exec(source);
        const isNumber = match?.[1] !== "?" && match?.[1] !== "~";
        const number = isNumber ? Number(match?.[1]) : null;
        return match ? { type: "mark", raw: match[0], number } : undefined;
      },
    },
  ],
});

/** The blocks of a text. A text that the lexer gives up on is one paragraph of plain text. */
export function blocks(text: string): Token[] {
  if (text.length > LONGEST || nestsTooDeep(text)) return [plain(text)];
  try {
    return marked.lexer(text);
  } catch {
    return [plain(text)];
  }
}

const lexed = new WeakMap<object, Token[]>();

/** The blocks of a text that belongs to `owner` and never changes, lexed once. */
export function blocksOf(owner: object, text: string): Token[] {
  let tokens = lexed.get(owner);
  if (!tokens) lexed.set(owner, (tokens = blocks(text)));
  return tokens;
}

/** The address of a link or picture and its title, which a reader must be able to see. */
export function address(token: Token): string {
  const { href, title } = token as Tokens.Link;
  return title ? `${href} “${title}”` : href;
}

const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Text with its character references decoded. Those without a common name stay as they are written. */
export function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,6}));/gi, (whole, hex, decimal, name) => {
    if (name) return named[name.toLowerCase()] ?? whole;
    const code = hex ? parseInt(hex, 16) : parseInt(decimal, 10);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
      ? String.fromCodePoint(code)
      : "\ufffd";
  });
}

function plain(text: string): Tokens.Text {
  return { type: "text", raw: text, text, escaped: true };
}

function nestsTooDeep(text: string): boolean {
  return text.split("\n").some((line) => {
    const openers = /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])(?=[ \t>]|$))+/.exec(line)?.[0] ?? "";
    return openers.replace(/[^>*+\-.)]/g, "").length > DEEPEST_QUOTES;
  });
}
