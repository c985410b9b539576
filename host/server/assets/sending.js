// A form is sent once, and only to a server that is there: a browser would leave the page for one that says that nobody
// answers, and with the page what was typed.

const AWAY = "The server doesn't answer. What you typed is kept; send it again when the server is back.";
const ANSWERS_WITHIN = 5000;

async function isThere() {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(ANSWERS_WITHIN) })).ok;
  } catch {
    return false;
  }
}

function sayAway(form) {
  const notice = form.querySelector(":scope > [data-away]") ?? document.createElement("p");
  notice.className = "notice bad";
  notice.dataset.away = "";
  notice.setAttribute("role", "alert");
  notice.textContent = AWAY;
  form.prepend(notice);
  notice.scrollIntoView({ block: "nearest" });
}

const asked = new Set();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (asked.delete(form)) {
    form.dispatchEvent(new CustomEvent("page:sent", { bubbles: true }));
    return;
  }
  event.preventDefault();
  if ("sending" in form.dataset) return;
  // What is live leaves it alone meanwhile: a form that was replaced can't be sent.
  form.dataset.sending = "";
  if (await isThere()) {
    form.querySelector(":scope > [data-away]")?.remove();
    asked.add(form);
    form.requestSubmit(event.submitter ?? undefined);
  } else {
    delete form.dataset.sending;
    sayAway(form);
  }
});

// Who comes back to the page may send it again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});
