// The language that the interface speaks, for every component below the one that sets it.
import { getContext, setContext } from "svelte";

import type { Language } from "../nouns";
import { en, type Dictionary } from "./en";
import { fr } from "./fr";

const KEY = Symbol("language");
const dictionaries: Record<Language, Dictionary> = { en, fr };

/** Follows a language that may change at any time; `words` is its dictionary. */
export class Spoken {
  readonly #language: () => Language;

  constructor(language: () => Language) {
    this.#language = language;
  }

  get words(): Dictionary {
    return dictionaries[this.#language()];
  }
}

/** Sets the language of a component and all below it. */
export function speak(language: () => Language): Spoken {
  return setContext(KEY, new Spoken(language));
}

export function spoken(): Spoken {
  return getContext<Spoken>(KEY);
}

/** The context that a component needs when it is drawn alone. */
export function speaking(language: Language): Map<symbol, Spoken> {
  return new Map([[KEY, new Spoken(() => language)]]);
}
