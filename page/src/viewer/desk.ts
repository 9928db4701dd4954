/** What the parts of the review screen share. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { Command, CommandName } from "./commands";
import type { Picture, View } from "./picture";
import type { ReviewApi } from "./reviewApi";
import type { ReviewStore } from "./reviewStore";
import type { ReviewView } from "./reviewView";
import type { Tools } from "./tools";
import type { Sample } from "./types";

export interface Desk {
  api: ReviewApi;
  store: ReviewStore;
  view: ReviewView;
  tools: Tools;
  commands: Record<CommandName, Command>;
  sample: Signal<Sample | null>;
  /** Why nothing may be changed; null where it may. */
  readOnly: ReadonlySignal<string | null>;
  picture: Signal<Picture | null>;
  /** How the photograph lies on the screen; null until it is there. */
  placed: Signal<View | null>;
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  return useContext(DeskContext)!;
}
