/** How keys are called on the keyboards of a language. */
import { texts } from "../texts";
import { COMMANDS, type CommandName } from "./commands";

/** The keys of a command, such as ["Ctrl + Z"]. */
export function keysOf(name: CommandName): string[] {
  const names = texts.value.review.keyNames;
  return COMMANDS[name].map((key) =>
    key === "+" ? key : key.split("+").map((part) => names[part] ?? part.toUpperCase()).join(" + "),
  );
}
