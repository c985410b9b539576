// The keyboard: `g` and a letter go to a section, `j` and `k` move through rows, `?` shows the help.

const help = document.getElementById("help");
const single = document.getElementById("single-keys");
const KEPT = "stepwell/single-keys";

single.checked = localStorage.getItem(KEPT) !== "off";
single.addEventListener("change", () => localStorage.setItem(KEPT, single.checked ? "on" : "off"));

for (const opener of document.querySelectorAll("[data-opens]")) {
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
}
help.addEventListener("click", (event) => {
  if (event.target === help) help.close();
});

const isTyping = (target) => target.closest("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]") !== null;

function move(by) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
  // The versions of a prompt stand newest first, as rows do.
  if (rows.length === 0) return void follow(`form.versions a[rel='${by > 0 ? "prev" : "next"}']`);
  const at = rows.indexOf(document.activeElement);
  const current = at >= 0 ? at : rows.findIndex((row) => row.hasAttribute("aria-current"));
  const next = current < 0 && by < 0 ? rows.length - 1 : Math.min(rows.length - 1, Math.max(0, current + by));
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) link.click();
  return link !== null;
}

/** What a part of the page that names a key does: a field gets the focus, anything else is pressed. */
function named(key) {
  const part = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!part) return null;
  if (part.matches("input, select")) return () => part.focus();
  return () => {
    part.click();
    // What unfolds to be typed in is typed in at once.
    if (part.matches("summary") && part.parentElement.open) part.parentElement.querySelector("textarea")?.focus();
  };
}

let leading = false;

function go(key) {
  return follow(`[data-go="${CSS.escape(key)}"]`);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : document.body;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    // Outside of a form it is the one that the page is about.
    const form = target.closest("form") ?? document.querySelector("main form[data-draft]:has(button.first)");
    if (form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button.first") ?? undefined);
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.key === "Escape") {
    if (isTyping(target)) target.blur();
    else target.closest("details[open]")?.removeAttribute("open");
    return;
  }
  if (isTyping(target) || !single.checked) return;
  if (leading) {
    leading = false;
    if (go(event.key)) event.preventDefault();
    return;
  }
  if (event.key === "g") {
    leading = true;
    setTimeout(() => (leading = false), 1500);
    return;
  }
  // Arrows scroll a text that is wider than its room, and choose within a group.
  const scrolls = target.matches("[tabindex='0']") && target.scrollWidth > target.clientWidth;
  if (event.key === "ArrowLeft" && !scrolls) return void follow("a[rel='prev']");
  if (event.key === "ArrowRight" && !scrolls) return void follow("a[rel='next']");
  if (["ArrowDown", "ArrowUp"].includes(event.key) && target.matches("[data-row]")) {
    event.preventDefault();
    return move(event.key === "ArrowDown" ? 1 : -1);
  }
  const key = KEYS[event.key] ?? named(event.key);
  if (key) {
    event.preventDefault();
    key();
  }
});
