// The panel before the first run: one sentence, and a button that makes and runs an example.

import type { TranslationBundle } from "@jupyterlab/translation";

import { html } from "../../dom";
import { act } from "../screen";

/** Draw it. */
export function emptyScreen(trans: TranslationBundle, example: () => void): HTMLElement {
  return html(
    "div",
    { class: "jfl-empty" },
    html("b", {}, trans.__("No runs yet")),
    html("p", {}, trans.__("A flow is a Python function, or a notebook. Its runs show here, with their states and why one failed.")),
    act(trans.__("Make and run an example"), trans.__("Opens a new notebook with a small flow, and runs it"), example, "main"),
    html("p", { class: "jfl-mut" }, trans.__("Or click a notebook in the file browser with the right button: Run as Flow…, Schedule…")),
  );
}
