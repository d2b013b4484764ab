// X1: over a thousand texts that try to run something.
import { scripts } from "../../../tests/fixtures/hostile.json";
import { examine } from "./hostile";

examine("scripts do not run and stay visible", scripts, 1000);
