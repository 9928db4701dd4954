import { texts } from "../texts";
import { COMMANDS, type CommandName } from "./commands";
import { useDesk } from "./desk";
import { Icon } from "./Icon";
import { keysOf } from "./keyWords";

/** A button for a command: its picture, its word for screen readers and its key. */
export function CommandButton({ name }: { name: CommandName }) {
  const { commands, picture } = useDesk();
  const command = commands[name];
  const words = texts.value.review.commands[name];
  const isOn = command.isOn?.();
  return (
    <button
      type="button"
      class="command"
      aria-label={words}
      title={`${words} (${keysOf(name)[0]})`}
      aria-keyshortcuts={ariaKeys(name)}
      {...(isOn === undefined ? {} : { "aria-pressed": isOn })}
      disabled={!command.isPossible()}
      onClick={(event) => {
        command.run();
        if (event.detail > 0) picture.value?.element.parentElement?.focus({ preventScroll: true }); // a mouse: the next key is for the picture again
      }}
    >
      <Icon of={name} />
    </button>
  );
}

function ariaKeys(name: CommandName): string {
  return COMMANDS[name].map((key) => key.replace("Ctrl", "Control").replace(" ", "Space")).join(" ");
}
