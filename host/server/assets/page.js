// What every page does beyond its HTML. Each module adds one habit; without them the page reads and works the same.

import "./keys.js";
import "./times.js";
import "./back.js";
import "./sending.js";
import "./drafts.js";
import "./choosing.js";
import "./done.js";
import "./editor.js";
import "./live.js";
import "./colours.js";
import { refreshTimes } from "./times.js";

for (const unneeded of document.querySelectorAll("[data-without-scripts]")) unneeded.hidden = true;

// What is offered as an answer fills the field.
export function enliven(root) {
  for (const button of root.querySelectorAll("[data-with-scripts]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fills]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fills);
  field.value = button.dataset.text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});

document.addEventListener("page:changed", (event) => {
  enliven(event.target);
  refreshTimes(event.target);
});

enliven(document);
