import { render } from "preact";
import { loadSession } from "./api/client";
import { followLinks } from "./parts/router";
import { Shell } from "./parts/Shell";
import { followTheme } from "./parts/theme";
import { Screen } from "./screens/Screen";
import { followLanguage } from "./texts";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";

followTheme();
followLanguage();
followLinks();
void loadSession();

const place = document.getElementById("app")!;
place.replaceChildren(); // the message for browsers that are too old
render(
  <Shell>
    <Screen />
  </Shell>,
  place,
);
