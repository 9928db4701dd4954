import { defineConfig } from "vite";

// The bundle goes into the Python package; while the page is developed, `npm run dev` asks a running service.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/hemolens/web/page_built",
    emptyOutDir: true,
    license: { fileName: "assets/licences.md" }, // of the libraries in the bundle: they ask for it
    assetsInlineLimit: 0, // a strict content security policy allows no data: scripts
    target: "es2022",
  },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
