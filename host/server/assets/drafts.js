// What was typed and not sent is there again when a tab is closed, the connection is lost or the server is away.
//
// A form names its draft, and each tab has its own of it. One whose tab is gone is taken over by the next tab that opens the
// form. A draft is forgotten when the page comes that says that it was taken, and never before: after a form was sent there may come
// none at all, one that asks for the token, or one that says what is wrong.
//
// A draft keeps what its form was begun from (`data-base`) and sends that, also where the page shows something newer by now: the server
// tells then that somebody was quicker. What a form names besides by hidden fields tells it from others: their drafts are none of it.

import { done } from "./done.js";
import { openTabs, tab } from "./tab.js";

const PREFIX = "stepwell/draft/";
const SENT = "stepwell/sent";
const OLDEST = 30 * 24 * 3600 * 1000;

// Whatever page comes after a form was sent, it alone answers it. Before anything is waited for: whoever goes on at once would find a
// draft of what was taken.
const sent = sessionStorage.getItem(SENT);
sessionStorage.removeItem(SENT);
if (sent && done) localStorage.removeItem(sent);

const mine = await tab;
// What names the form beside its draft's name: a text of one of several prompts is no draft of another one. What
// only comes along with a field goes when that is answered.
function namedBy(form) {
  const naming = [...form.querySelectorAll("input[type='hidden'][name]:not([data-base], [data-carried], [data-with-field])")];
  return naming.length === 0 ? "" : `?${new URLSearchParams(naming.map((field) => [field.name, field.value]))}`;
}
// Names of drafts have no line ends.
const keyFor = (form, of = mine) => `${PREFIX}${form.dataset.draft}${namedBy(form)}\n${of}`;

/** What the form was begun from. */
const bases = (form) => [...form.querySelectorAll("input[type='hidden'][name][data-base]")];
/** What another form has as a field of its own, and this one only sends along. */
const carried = (form) => [...form.querySelectorAll("input[type='hidden'][name][data-carried]")];
const fields = (form) => form.querySelectorAll(["textarea[name]", "input[name]:not([type='hidden'])", "select[name]"].map((field) => `${field}:not([data-not-kept])`).join());
// Boxes of one name are told apart by what each stands for.
const keyOf = (field) => (field.type === "checkbox" ? `${field.name}=${field.value}` : field.name);
const valueOf = (field) => (field.type === "checkbox" ? String(field.checked) : field.value);
const initialOf = (field) =>
  field.type === "checkbox"
    ? String(field.defaultChecked)
    : field.tagName === "SELECT"
      ? ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value
      : field.defaultValue;

function keep(form) {
  // What a page brings that was typed on another one is nowhere else.
  const isNew = form.dataset.newer === "typed";
  const changed = [...fields(form)].filter((field) => isNew || valueOf(field) !== initialOf(field));
  const key = keyFor(form);
  if (changed.length === 0) return localStorage.removeItem(key);
  const values = Object.fromEntries(changed.map((field) => [keyOf(field), valueOf(field)]));
  try {
    const base = Object.fromEntries(bases(form).map((field) => [field.name, field.value]));
    for (const field of carried(form)) if (field.value) values[field.name] = field.value;
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values, base, begun: form.dataset.begun }));
  } catch {
    // The browser has no room left: what is typed stays on the page.
  }
}

/** All drafts that the browser has, newest first. */
function kept() {
  const drafts = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    try {
      drafts.push({ key, at: 0, ...JSON.parse(localStorage.getItem(key)) });
    } catch {
      localStorage.removeItem(key);
    }
  }
  return drafts.sort((one, other) => other.at - one.at);
}

/** The newest draft of a form whose tab is gone, which is this tab's from now on. */
async function inherited(form) {
  const ofForm = keyFor(form, "");
  const tabs = await openTabs();
  const left = tabs && kept().find(({ key }) => key.startsWith(ofForm) && !tabs.has(key.slice(ofForm.length)));
  if (!left) return null;
  const text = localStorage.getItem(left.key);
  localStorage.removeItem(left.key);
  localStorage.setItem(keyFor(form), text);
  return text;
}

async function restore(form) {
  // It has a newer text than the draft: one that was typed on the page before, or one that is kept elsewhere.
  if (form.dataset.newer === "typed") return keep(form);
  if (form.dataset.newer) return;
  const draft = localStorage.getItem(keyFor(form)) ?? (await inherited(form));
  if (!draft) return;
  const { at, values, base = {}, begun } = JSON.parse(draft);
  const others = bases(form).filter((field) => ![undefined, field.value].includes(base[field.name]));
  // Who chose another version to begin with was overtaken by nobody.
  const isOvertaken = others.some((field) => field.dataset.base !== "chosen");
  let restored = false;
  for (const field of fields(form)) {
    const value = values[keyOf(field)];
    // What was typed meanwhile is newer.
    if (value === undefined || value === valueOf(field) || valueOf(field) !== initialOf(field)) continue;
    // What was decided was decided of something else.
    if (isOvertaken && "decides" in field.dataset) continue;
    if (field.type === "checkbox") field.checked = value === "true";
    else field.value = value;
    restored = true;
  }
  if (!restored) return;
  const sentAlong = carried(form).filter((field) => values[field.name] !== undefined);
  const shown = [...others, ...sentAlong].map((field) => [field, field.value]);
  for (const field of others) field.value = base[field.name];
  for (const field of sentAlong) field.value = values[field.name];
  const shownBegun = form.dataset.begun;
  if (begun) form.dataset.begun = begun;
  form.closest("details")?.setAttribute("open", "");
  form.dispatchEvent(new Event("input", { bubbles: true }));
  const notice = document.createElement("p");
  notice.className = "notice row";
  notice.setAttribute("role", "status");
  notice.textContent = `What you typed ${new Date(at).toLocaleString()} and did not send is here again. `;
  if (others.length > 0) {
    const since = document.createElement("strong");
    since.dataset.overtaken = String(isOvertaken);
    const changed = isOvertaken ? "What it was begun from has changed since: sending it shows first what differs. " : "";
    since.textContent = `${begun ? `You began it ${begun}. ` : ""}${changed}`;
    notice.append(since);
  }
  const drop = document.createElement("button");
  drop.type = "button";
  drop.textContent = "Drop it";
  drop.addEventListener("click", () => {
    localStorage.removeItem(keyFor(form));
    form.reset();
    // Hidden fields aren't reset by a browser.
    for (const [field, value] of shown) field.value = value;
    if (shownBegun) form.dataset.begun = shownBegun;
    notice.remove();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
  notice.append(drop);
  form.prepend(notice);
}

for (const { key, at } of kept()) if (Date.now() - at > OLDEST) localStorage.removeItem(key);

for (const form of document.querySelectorAll("form[data-draft]")) restore(form);

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (form) keep(form);
});
document.addEventListener("page:sent", (event) => {
  if (event.target.matches("form[data-draft]")) sessionStorage.setItem(SENT, keyFor(event.target));
  else sessionStorage.removeItem(SENT);
});
document.addEventListener("page:changed", (event) => {
  for (const form of event.target.querySelectorAll("form[data-draft]")) restore(form);
});
