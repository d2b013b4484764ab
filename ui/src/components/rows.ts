/** The buttons of a list that is walked through by the arrow keys, a button a row. */
export function rowOf(list: HTMLElement | undefined, index: number): HTMLButtonElement | undefined {
  return list?.querySelectorAll("button")[index];
}

/** Goes to the row below or above; `onup` is told what lies above the first. */
export function walk(event: KeyboardEvent, list: HTMLElement | undefined, index: number, onup: () => void) {
  if (event.altKey || event.ctrlKey) return;
  if (event.key === "ArrowDown") rowOf(list, index + 1)?.focus();
  else if (event.key === "ArrowUp" && index === 0) onup();
  else if (event.key === "ArrowUp") rowOf(list, index - 1)?.focus();
  else return;
  event.preventDefault();
}
