// A page's text as it is read: a line that was full flows on into the next.

/** A line this long was broken by the width of the paper, not by its author. */
const FULL = 55;

/** The text with line ends inside paragraphs as spaces. Character for character, so that places in it still hold. */
export function flowed(text: string): string {
  const lines = text.split("\n");
  return lines.reduce((read, next, index) => {
    if (index === 0) return next;
    const line = lines[index - 1] ?? "";
    return read + (line.length >= FULL && goesOn(line, next) ? " " : "\n") + next;
  }, "");
}

function goesOn(line: string, next: string): boolean {
  const table = line.includes("\t") || next.includes("\t");
  const item = /^\s*(?:[-–—•*·▪‣●○■→✓]|\d{1,2}[.)]|\(?\w\))\s/.test(next);
  return !table && !item && next.trim() !== "";
}
