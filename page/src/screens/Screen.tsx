import { session } from "../api/session";
import { routeOf, path } from "../parts/router";
import { texts } from "../texts";
import { Review } from "../viewer/Review";

/** The screen that the path names. */
export function Screen() {
  if (session.value === null) return <p class="loading">{texts.value.common.loading}</p>;
  const route = routeOf(path.value);
  switch (route.screen) {
    case "review":
      return <Review key={route.photograph} sample={route.sample} photograph={route.photograph} />;
    default:
      return <p>{texts.value.common.nothingHere}</p>;
  }
}
