// A choice shows at once what it chooses, in the place of what was shown: going back leads to where one came from, not through
// all that was passed over. The page that comes has the focus where it was.

const CHOSEN = "stepwell/chosen";
const chosen = JSON.parse(sessionStorage.getItem(CHOSEN) ?? "null");
sessionStorage.removeItem(CHOSEN);
if (chosen?.page === location.pathname) {
  document.querySelector(`form[data-submit-on-change] [name="${CSS.escape(chosen.name)}"]`)?.focus();
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (!form || !event.target.matches("select, input[type='checkbox']")) return;
  sessionStorage.setItem(CHOSEN, JSON.stringify({ page: location.pathname, name: event.target.name }));
  const address = new URL(form.action);
  address.search = new URLSearchParams(new FormData(form));
  location.replace(address);
});
