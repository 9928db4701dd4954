import { useEffect, useRef } from "preact/hooks";
import { texts } from "../texts";
import type { CommandName } from "./commands";
import { keysOf } from "./keyWords";
import { GROUPS } from "./Toolbar";

const MOVES: readonly CommandName[] = ["left", "right", "up", "down", "previousPhotograph", "nextPhotograph"];

/** The list of all keys. */
export function KeysHelp({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const words = texts.value.review;
  return (
    <dialog ref={dialog} class="dialog keys-help" aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">{words.keys.title}</h2>
      <div class="keys-groups">
        {Object.entries({ ...GROUPS, move: MOVES }).map(([group, names]) => (
          <section key={group}>
            <h3>{words.groups[group as keyof typeof words.groups]}</h3>
            <dl class="keys">
              {names.map((name) => (
                <div key={name}>
                  <dt>{words.commands[name]}</dt>
                  <dd>
                    {keysOf(name).map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="soft small">{words.keys.touch}</p>
      <form method="dialog">
        <button class="primary">{texts.value.review.close}</button>
      </form>
    </dialog>
  );
}
