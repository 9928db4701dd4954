import { render } from "preact";
import { loadSession } from "./api/client";
import { followLinks } from "./parts/router";
import { Shell } from "./parts/Shell";
import { followTheme } from "./parts/theme";
import { Screen } from "./screens/Screen";
import { followLanguage } from "./texts";
import { guardUploads } from "./uploads/uploads";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/panels.css";
import "./styles/start.css";
import "./styles/sample.css";
import "./styles/photographs.css";
import "./styles/account.css";
import "./styles/models.css";

followTheme();
followLanguage();
followLinks();
guardUploads();
void loadSession();

const place = document.getElementById("app")!;
place.replaceChildren(); // the message for browsers that are too old
render(
  <Shell>
    <Screen />
  </Shell>,
  place,
);
