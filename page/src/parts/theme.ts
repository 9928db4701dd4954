import { effect, signal } from "@preact/signals";
import { kept } from "./kept";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** What the person wants. */
export const theme = kept<Theme>("hemolens-theme", THEMES, "system");

/** Shows it, from now on. */
export function followTheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const systemIsDark = signal(dark.matches);
  dark.addEventListener("change", () => (systemIsDark.value = dark.matches));
  effect(() => {
    const isDark = theme.value === "dark" || (theme.value === "system" && systemIsDark.value);
    document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  });
}
