import { isLost } from "../api/connection";
import { texts } from "../texts";

/** Says that the service does not answer. */
export function ConnectionBar() {
  return <div role="status">{isLost.value ? <p class="connection-bar">{texts.value.shell.lost}</p> : null}</div>;
}
