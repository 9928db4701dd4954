import { computed, effect } from "@preact/signals";
import { kept } from "../parts/kept";
import { de } from "./de";
import { en } from "./en";
import { fr } from "./fr";

/** All that the page says; a language that lacks something does not build. */
export type Texts = typeof en;

export const ALL_TEXTS = { en, de, fr } satisfies Record<string, Texts>;
export type Language = keyof typeof ALL_TEXTS;
const LANGUAGES = Object.keys(ALL_TEXTS) as Language[];

/** The first language that a browser asks for and the page speaks. */
export function preferred(wanted: readonly string[]): Language {
  for (const each of wanted) {
    const found = LANGUAGES.find((language) => each.toLowerCase().split("-")[0] === language);
    if (found) return found;
  }
  return "en";
}

export const language = kept<Language>(
  "hemolens-language",
  LANGUAGES,
  preferred(globalThis.navigator?.languages ?? []),
);

/** What the page says, in the language that is chosen: `texts.value.start.title`. */
export const texts = computed<Texts>(() => ALL_TEXTS[language.value]);

/** Tells screen readers the language, from now on. */
export function followLanguage(): void {
  effect(() => {
    document.documentElement.lang = language.value;
  });
}
