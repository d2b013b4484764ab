// Rules for the sources themselves: what may not be written anywhere, and who may know whom.
import { expect, test } from "vitest";

const sources = import.meta.glob<string>("/src/**/*.{ts,svelte}", {
  query: "?raw",
  import: "default",
  eager: true,
});
const files = Object.entries(sources);

// In two halves, so that this file does not find itself.
const FORBIDDEN = [
  ["{@", "html"],
  ["inner", "HTML"],
  ["outer", "HTML"],
  ["insertAdjacent", "HTML"],
  ["DOM", "Parser"],
  ["document.", "write"],
  ["local", "Storage"],
  ["indexed", "DB"],
].map((halves) => halves.join(""));

function imports(text: string): string[] {
  return [...text.matchAll(/(?:from|import) "([^"]+)"/g)].map(([, path]) => path ?? "");
}

function breaches(folder: string, forbidden: RegExp): string[] {
  return files
    .filter(([path]) => path.includes(`/${folder}/`) && !path.includes(".test."))
    .flatMap(([path, text]) =>
      imports(text)
        .filter((each) => forbidden.test(each))
        .map((each) => `${path}: ${each}`),
    );
}

test("there are sources to look at, and their imports are seen", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(breaches("views", /\/components\//).length).toBeGreaterThan(10);
  expect(breaches("state", /\/ipc\//).length).toBeGreaterThan(3);
});

test("nothing makes elements of text", () => {
  const found = files.flatMap(([path, text]) =>
    FORBIDDEN.filter((word) => text.includes(word)).map((word) => `${path}: ${word}`),
  );
  expect(
    found.filter((each) => !each.includes("fake") && !each.includes("sample")),
    "draw tokens as components instead",
  ).toEqual([]);
});

test("no template has a style attribute, which the window's policy would void", () => {
  expect(
    files.filter(([path, text]) => path.endsWith(".svelte") && /\sstyle=/.test(text)).map(([path]) => path),
  ).toEqual([]);
});

test("components know neither state nor the door to Rust", () => {
  expect(breaches("components", /\/(state|ipc|views)\//)).toEqual([]);
  expect(breaches("markdown", /\/(state|ipc|views|components)\//)).toEqual([]);
});

test("views reach Rust through state alone", () => {
  expect(breaches("views", /\/ipc\/|^@tauri-apps|^#ipc/)).toEqual([]);
});

test("only the door knows Tauri", () => {
  const found = files.filter(
    ([path, text]) => !path.includes("/ipc/") && imports(text).some((each) => each.startsWith("@tauri-apps")),
  );
  expect(found.map(([path]) => path)).toEqual([]);
});
