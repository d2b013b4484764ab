// Recovery words as people type them: with numbers, commas, line breaks and capitals.

/** How many there are. */
export const RECOVERY_WORDS = 24;

/** The words alone, in the order in which they were typed. */
export function recoveryWords(typed: string): string[] {
  return (
    typed
      .normalize("NFC")
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  );
}
