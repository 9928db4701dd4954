import { expect, it } from "vitest";
import { ALL_TEXTS, preferred, type Language } from ".";

/** All texts of a language, by their keys; functions are called with numbers and words that show. */
function flat(texts: object, before = ""): [string, string][] {
  return Object.entries(texts).flatMap(([key, value]): [string, string][] => {
    const name = `${before}${key}`;
    if (typeof value === "function") return [[name, String((value as (...args: number[]) => string)(1234, 5678))]];
    return typeof value === "string" ? [[name, value]] : flat(value as object, `${name}.`);
  });
}

it("takes the first language that the browser wants and the page speaks", () => {
  expect(preferred(["it-IT", "fr-CH", "de"])).toBe("fr");
  expect(preferred(["it"])).toBe("en");
});

const LANGUAGES = Object.keys(ALL_TEXTS) as Language[];

it.each(LANGUAGES.filter((each) => each !== "en"))("translates whole sentences to %s", (language) => {
  const english = new Map(flat(ALL_TEXTS.en));
  const left = flat(ALL_TEXTS[language]).filter(([key, text]) => text.includes(" ") && text === english.get(key));
  expect(left.map(([key]) => key).filter((key) => key !== "shell.version")).toEqual([]);
});

it.each(LANGUAGES)("leaves no text empty in %s", (language) => {
  expect(flat(ALL_TEXTS[language]).filter(([, text]) => text.trim() === "")).toEqual([]);
});
