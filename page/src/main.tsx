import { render } from "preact";

render(<main>hemolens</main>, document.getElementById("app")!);
