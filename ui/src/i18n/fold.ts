// Names as they are looked for: whatever their accents and capitals.

/** Without accents and capitals. */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
}

/** Whether a folded name has all words of a filter, in any order. */
export function matching(filter: string): (folded: string) => boolean {
  const words = fold(filter.trim()).split(/\s+/);
  return (folded) => words.every((word) => folded.includes(word));
}
