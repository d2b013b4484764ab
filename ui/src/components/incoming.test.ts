import { render, screen } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";

import { speaking } from "../i18n/spoken.svelte";
import IncomingFiles from "./IncomingFiles.svelte";

test("a file that wants a password says so and takes one", async () => {
  const onopen = vi.fn();
  const message = "“lease.pdf” is protected. Type its password.";
  render(IncomingFiles, {
    props: {
      files: [{ id: 7, name: "lease.pdf", progress: { state: "closed", message } }],
      ondismiss: () => undefined,
      onopen,
    },
    context: speaking("en"),
  });
  expect(screen.getByText(message)).toBeTruthy();
  const field = screen.getByLabelText<HTMLInputElement>("Password of lease.pdf");
  expect(field.type).toBe("password");
  screen.getByText("Open").click();
  expect(onopen).not.toHaveBeenCalled();
  field.value = "four calm words";
  screen.getByText("Open").click();
  expect(onopen).toHaveBeenCalledWith(7, "four calm words");
});
