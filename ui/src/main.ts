// Starts the window: one `Aparte` over the door to Rust, one view over that.
import { mount } from "svelte";

import { ipc } from "#ipc";

import "./app.css";
import { Aparte } from "./state/aparte.svelte";
import App from "./views/App.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no element #app");

const aparte = new Aparte(ipc);
mount(App, { target, props: { aparte } });
void aparte.start();
