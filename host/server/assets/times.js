// Moments in the reader's own time zone. The page has them in UTC.

const written = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export function refreshTimes(root) {
  for (const time of root.querySelectorAll("time[data-moment]")) {
    const at = new Date(time.dateTime);
    if (time.dataset.moment === "text") time.textContent = written.format(at);
    if (time.dataset.moment === "clock") time.textContent = clock.format(at);
    if (time.dataset.moment !== "text") time.title = written.format(at);
  }
}

refreshTimes(document);
