import { expect, test, vi } from "vitest";

import { openScan } from "./scan";

vi.mock("../paper/paper", () => ({
  openPaper: async () => ({
    size: async () => ({ width: 595, height: 842 }),
    sharpness: async () => 4,
    draw: async () => 4,
    close: () => undefined,
  }),
}));
vi.mock("./recogniser", () => ({
  // It hears no signal, as the real one.
  startRecogniser: async () => ({ read: () => new Promise(() => {}), close: () => undefined }),
}));

test("a page that is being recognised does not hold up who gives it up", async () => {
  const scan = await openScan(new ArrayBuffer(0), null);
  const going = new AbortController();
  const read = scan.read(1, going.signal);
  await new Promise((rest) => setTimeout(rest));
  going.abort(new Error("given up"));
  await expect(read).rejects.toThrow("given up");
});
