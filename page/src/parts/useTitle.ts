import { useEffect } from "preact/hooks";

/** Names the screen in the title of the window. */
export function useTitle(name: string | null): void {
  useEffect(() => {
    document.title = name === null ? "hemolens" : `${name} · hemolens`;
  }, [name]);
}
