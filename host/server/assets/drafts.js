// What was typed and not sent is there again when a tab is closed or the connection is lost.
//
// A form names its draft; one that was sent is forgotten when the next page comes.

const PREFIX = "stepwell/draft/";
const SENT = "stepwell/sent";
const OLDEST = 30 * 24 * 3600 * 1000;

const fields = (form) => form.querySelectorAll("textarea[name], input[name]:not([type='hidden']), select[name]");
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
  const changed = [...fields(form)].filter((field) => valueOf(field) !== initialOf(field));
  const key = PREFIX + form.dataset.draft;
  if (changed.length === 0) return localStorage.removeItem(key);
  const values = Object.fromEntries(changed.map((field) => [keyOf(field), valueOf(field)]));
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), values }));
  } catch {
    // The browser has no room left: what is typed stays on the page.
  }
}

export function restore(form) {
  const kept = localStorage.getItem(PREFIX + form.dataset.draft);
  if (!kept) return;
  const { at, values } = JSON.parse(kept);
  let restored = false;
  for (const field of fields(form)) {
    const value = values[keyOf(field)];
    if (value === undefined || value === valueOf(field)) continue;
    if (field.type === "checkbox") field.checked = value === "true";
    else field.value = value;
    restored = true;
  }
  if (!restored) return;
  form.closest("details")?.setAttribute("open", "");
  const notice = document.createElement("p");
  notice.className = "notice row";
  notice.setAttribute("role", "status");
  notice.textContent = `What you typed ${new Date(at).toLocaleString()} and did not send is here again. `;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.textContent = "Drop it";
  drop.addEventListener("click", () => {
    localStorage.removeItem(PREFIX + form.dataset.draft);
    form.reset();
    notice.remove();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
  notice.append(drop);
  form.prepend(notice);
}

const sent = sessionStorage.getItem(SENT);
if (sent) {
  sessionStorage.removeItem(SENT);
  // A form that came back was not taken: its text is in the page.
  const back = [...document.querySelectorAll("form[data-draft]")].some((form) => PREFIX + form.dataset.draft === sent);
  if (!back || !document.querySelector("[role='alert']")) localStorage.removeItem(sent);
}

for (const key of Object.keys(localStorage)) {
  if (!key.startsWith(PREFIX)) continue;
  const { at } = JSON.parse(localStorage.getItem(key));
  if (Date.now() - at > OLDEST) localStorage.removeItem(key);
}

for (const form of document.querySelectorAll("form[data-draft]")) restore(form);

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (form) keep(form);
});
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (form) sessionStorage.setItem(SENT, PREFIX + form.dataset.draft);
});
document.addEventListener("page:changed", (event) => {
  for (const form of event.target.querySelectorAll("form[data-draft]")) restore(form);
});
