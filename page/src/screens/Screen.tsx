import { lazy, Suspense } from "preact/compat";

import { session } from "../api/session";
import { path, routeOf } from "../parts/router";
import { texts } from "../texts";
import { Account } from "./account/Account";
import { Accounts } from "./account/Accounts";
import { LogIn } from "./account/LogIn";
import { Models } from "./models/Models";
import { SampleScreen } from "./sample/SampleScreen";
import { Start } from "./start/Start";

/** The viewer is large: it is fetched when a photograph is opened. */
const Review = lazy(async () => ({ default: (await import("../viewer/Review")).Review }));

/** The screen that the path names, or the way in. */
export function Screen() {
  const { common } = texts.value;
  if (session.value === null) return <p class="loading">{common.loading}</p>;
  if (session.value.person === null) return <LogIn />;
  const route = routeOf(path.value);
  switch (route.screen) {
    case "start":
      return <Start />;
    case "sample":
      return <SampleScreen key={route.sample} id={route.sample} />;
    case "review":
      return (
        <Suspense fallback={<p class="loading">{common.loading}</p>}>
          <Review key={route.photograph} sample={route.sample} photograph={route.photograph} />
        </Suspense>
      );
    case "models":
      return <Models />;
    case "account":
      return <Account />;
    case "accounts":
      return <Accounts />;
    case "nothing":
      return (
        <div class="empty">
          <p>{common.nothingHere}</p>
          <a href="/">{common.toStart}</a>
        </div>
      );
  }
}
