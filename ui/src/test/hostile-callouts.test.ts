// N4: over three hundred texts that try to call out.
import { callouts } from "../../../tests/fixtures/hostile.json";
import { examine } from "./hostile";

examine("addresses are not called and stay visible", callouts, 300);
