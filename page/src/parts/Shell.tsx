import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { session } from "../api/session";
import { texts } from "../texts";
import { UploadBar } from "../uploads/UploadBar";
import { ConnectionBar } from "./ConnectionBar";
import { Header } from "./Header";
import { path } from "./router";

/** What surrounds every screen. */
export function Shell({ children }: { children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path.value);
  useEffect(() => {
    if (shown.current === path.value) return;
    shown.current = path.value;
    main.current?.focus({ preventScroll: true }); // a screen reader reads the new screen from its beginning
  }, [path.value]);
  return (
    <>
      <Header />
      <ConnectionBar />
      <main id="main" class="main" tabIndex={-1} ref={main}>
        {children}
      </main>
      <UploadBar />
      <footer class="footer">
        <p class="footer-note">{texts.value.shell.researchUse}</p>
        <p>{session.value ? texts.value.shell.version(session.value.version) : null}</p>
      </footer>
    </>
  );
}
