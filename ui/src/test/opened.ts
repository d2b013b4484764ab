// The whole window over a scripted door, and the hands of whoever uses it.
import { fireEvent, render } from "@testing-library/svelte";
import { tick } from "svelte";

import { Aparte } from "../state/aparte.svelte";
import App from "../views/App.svelte";
import { aDocument, Frames, Scripted, settled } from "./scripted";

export async function opened(prepare: (ipc: Scripted) => void = () => {}) {
  const ipc = new Scripted();
  ipc.library = [{ ...aDocument("d1"), suggestion: "How much?" }, aDocument("d2")];
  prepare(ipc);
  const frames = new Frames();
  const aparte = new Aparte(ipc, frames.onFrame);
  const { container } = render(App, { props: { aparte } });
  await aparte.start();
  await rest();
  const all = (part: string) => [...container.querySelectorAll<HTMLElement>(`[data-part="${part}"]`)];
  const part = (name: string) => {
    const [first] = all(name);
    if (!first) throw new Error(`no ${name} in ${container.textContent}`);
    return first;
  };
  const click = async (name: string) => {
    part(name).focus();
    await fireEvent.click(part(name));
    await rest();
  };
  const type = async (name: string, value: string) => {
    await fireEvent.input(part(name), { target: { value } });
    await rest();
  };
  const press = async (key: string, options: KeyboardEventInit = {}) => {
    await fireEvent.keyDown(document.activeElement ?? document.body, { key, ...options });
    await rest();
  };
  return { ipc, frames, aparte, container, all, part, click, type, press };
}

export async function rest(): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await settled();
    await tick();
  }
}
