/// <reference types="vitest/config" />
// Builds the window. `#ipc` is the door to Rust; `--mode fake` puts a scripted one in its place, so that
// the whole interface runs in a plain browser and nothing of the script reaches a real build.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig(({ mode }) => ({
  base: "./",
  plugins: [svelte(mode === "test" ? { compilerOptions: { dev: false } } : {})],
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
