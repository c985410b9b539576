// What a form has done is said once: with the focus on it, and not again when the page is loaded anew.

const done = document.getElementById("done");

if (done) {
  const address = new URL(location.href);
  address.searchParams.delete("done");
  history.replaceState(history.state, "", address);
  done.focus({ preventScroll: true });
}
