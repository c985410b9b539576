// What a form has done is said once: with the focus on it, and not again when the page is loaded anew.

const NAME = "done";
const address = new URL(location.href);

/** What this page says that a form has done, by its word; nothing where no form that was sent led here. */
export const done = address.searchParams.get(NAME);

if (done) {
  address.searchParams.delete(NAME);
  history.replaceState(history.state, "", address);
}
document.getElementById(NAME)?.focus({ preventScroll: true });
