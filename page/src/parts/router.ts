import { signal } from "@preact/signals";

export type Route =
  | { screen: "start" }
  | { screen: "sample"; sample: string }
  | { screen: "review"; sample: string; photograph: string }
  | { screen: "models" }
  | { screen: "account" }
  | { screen: "accounts" }
  | { screen: "nothing" };

const ID = "([0-9a-f]{32})";
const SAMPLE = new RegExp(`^/samples/${ID}/?$`);
const REVIEW = new RegExp(`^/samples/${ID}/photographs/${ID}/?$`);

/** Tells which screen a path names. */
export function routeOf(path: string): Route {
  if (path === "/") return { screen: "start" };
  if (path === "/models") return { screen: "models" };
  if (path === "/account") return { screen: "account" };
  if (path === "/accounts") return { screen: "accounts" };
  const review = REVIEW.exec(path);
  if (review) return { screen: "review", sample: review[1]!, photograph: review[2]! };
  const sample = SAMPLE.exec(path);
  if (sample) return { screen: "sample", sample: sample[1]! };
  return { screen: "nothing" };
}

export const samplePath = (sample: string): string => `/samples/${sample}`;
export const reviewPath = (sample: string, photograph: string): string =>
  `/samples/${sample}/photographs/${photograph}`;

/** Path of the screen that is shown. */
export const path = signal(globalThis.location?.pathname ?? "/");

/** Goes to a screen. */
export function go(to: string): void {
  if (to === path.value) return;
  history.pushState(null, "", to);
  path.value = to;
  scrollTo(0, 0);
}

/** Lets ordinary links change the screen without loading the page again. */
export function followLinks(): void {
  addEventListener("popstate", () => (path.value = location.pathname));
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || routeOf(link.pathname).screen === "nothing") return;
    event.preventDefault();
    go(link.pathname);
  });
}
