import { expect, test } from "vitest";

import { flowed } from "./flowed";

const full = "Divers found a cavity behind the quay wall in January, and more";

test("a full line flows on, and nothing else does", () => {
  const page = `Title\n\n${full}\nthan planned.\n– an item\n${full}\n– another\n${full}\ta cell\nlast`;
  expect(flowed(page)).toBe(
    `Title\n\n${full} than planned.\n– an item\n${full}\n– another\n${full}\ta cell\nlast`,
  );
});

test("every character keeps its place", () => {
  const page = `${full}\n${full}\n\n${full}\n1) one`;
  expect(flowed(page)).toHaveLength(page.length);
});
