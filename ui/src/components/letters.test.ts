import { expect, test } from "vitest";

import { lettersOf } from "./letters";

test("bytes are found among the letters of any text", () => {
  for (const text of ["", "plain", "déjà vu — ﬁn", "a😀b"]) {
    const at = lettersOf(text);
    for (let letter = 0; letter <= text.length; letter += 1) {
      // Not between the halves of a letter.
      if (/[\udc00-\udfff]/.test(text[letter] ?? "")) continue;
      expect(at(new TextEncoder().encode(text.slice(0, letter)).length), `${text} at ${letter}`).toBe(letter);
    }
    expect(at(1000), "what lies beyond is the end").toBe(text.length);
  }
});
