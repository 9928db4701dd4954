import { session } from "../api/session";
import { ALL_TEXTS, language, texts, type Language } from "../texts";
import { Choice } from "./Choice";
import { Logo } from "./Logo";
import { PersonMenu } from "./PersonMenu";
import { theme } from "./theme";

const LANGUAGE_NAMES = Object.fromEntries(
  Object.entries(ALL_TEXTS).map(([each, { languageName }]) => [each, languageName]),
) as Record<Language, string>;

/** The top of every screen: where to begin, who is there, and how the page looks. */
export function Header() {
  const { shell } = texts.value;
  return (
    <header class="header">
      <a class="skip" href="#main">
        {shell.skip}
      </a>
      <nav class="header-start" aria-label={shell.navigation}>
        <a class="brand" href="/">
          <Logo />
          hemolens
        </a>
        <span class="soft small header-note">{shell.researchUse}</span>
      </nav>
      <div class="header-end">
        {session.value?.has_accounts && session.value.person ? <PersonMenu person={session.value.person} /> : null}
        <Choice label={shell.language} chosen={language} names={LANGUAGE_NAMES} />
        <Choice label={shell.theme} chosen={theme} names={shell.themes} />
      </div>
    </header>
  );
}
