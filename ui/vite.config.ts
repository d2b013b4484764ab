/// <reference types="vitest/config" />
// Builds the window. `#ipc` is the door to Rust; `--mode fake` puts a scripted one in its place, so that
// the whole interface runs in a plain browser and nothing of the script reaches a real build.
import { readdirSync, readFileSync } from "node:fs";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** What pdf.js and tesseract load by name while they run: each under its path in the bundle, so that all comes from us. */
const LOADED: Record<string, string> = {
  // Named as what it is: not every system knows the type of an .mjs.
  "pdf/worker.js": "pdfjs-dist/legacy/build/pdf.worker.min.mjs",
  "pdf/wasm/jbig2.wasm": "pdfjs-dist/wasm/jbig2.wasm",
  "pdf/wasm/openjpeg.wasm": "pdfjs-dist/wasm/openjpeg.wasm",
  "pdf/wasm/qcms_bg.wasm": "pdfjs-dist/wasm/qcms_bg.wasm",
  ...folder("pdf/cmaps", "pdfjs-dist/cmaps"),
  ...folder("pdf/fonts", "pdfjs-dist/standard_fonts"),
  "ocr/worker.js": "tesseract.js/dist/worker.min.js",
  // Every web view that Aparté runs in has SIMD.
  "ocr/core.js": "tesseract.js-core/tesseract-core-simd-lstm.wasm.js",
  "ocr/eng.traineddata.gz": "@tesseract.js-data/eng/4.0.0_best_int/eng.traineddata.gz",
  "ocr/fra.traineddata.gz": "@tesseract.js-data/fra/4.0.0_best_int/fra.traineddata.gz",
};

function module(path: string): URL {
  return new URL(`./node_modules/${path}`, import.meta.url);
}

function folder(under: string, from: string): Record<string, string> {
  return Object.fromEntries(readdirSync(module(from)).map((name) => [`${under}/${name}`, `${from}/${name}`]));
}

/** Puts what is loaded by name into the bundle, and serves it while the interface is worked on. */
function loaded(): Plugin {
  return {
    name: "loaded-by-name",
    generateBundle() {
      for (const [fileName, path] of Object.entries(LOADED)) {
        this.emitFile({ type: "asset", fileName, source: readFileSync(module(path)) });
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = LOADED[(request as { url?: string }).url?.slice(1) ?? ""];
        if (!path) return next();
        if (path.endsWith("js")) response.setHeader("content-type", "text/javascript");
        response.end(readFileSync(module(path)));
      });
    },
  };
}

export default defineConfig(({ mode }) => ({
  base: "./",
  plugins: [svelte(mode === "test" ? { compilerOptions: { dev: false } } : {}), loaded()],
  resolve: {
    alias: {
      "#ipc": mode === "fake" ? "/src/ipc/fake.ts" : "/src/ipc/tauri.ts",
      ...(mode === "test" && {
        "esm-env/development": new URL("./src/test/shipped.ts", import.meta.url).pathname,
      }),
    },
    // Tests run in Node, where Svelte would otherwise be taken for its server half.
    conditions: mode === "test" ? ["browser"] : undefined,
  },
  server: { port: 5173, strictPort: true },
  build: {
    target: ["es2022", "safari17.5", "chrome123", "firefox125"],
    // The policy of the window allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ["index.html", "scan.html"] },
  },
  test: {
    environment: "jsdom",
    // Scripts and subresources run for real in the hostile tests, which would otherwise prove nothing.
    environmentOptions: { jsdom: { runScripts: "dangerously", resources: "usable" } },
    include: ["src/**/*.test.ts"],
    setupFiles: ["./src/test/setup.ts"],
    restoreMocks: true,
    maxWorkers: 2,
    server: { deps: { inline: ["esm-env"] } },
  },
}));
