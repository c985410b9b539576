// Which tab this is, of all tabs of the browser: the same one from page to page, and another one when it is duplicated.

const KEPT = "stepwell/tab";
const lockOf = (tab) => `stepwell/tab/${tab}`;
// A page that is left gives its name back a moment later than the next one asks for it.
const GIVEN_BACK_WITHIN = 500;

const fresh = () => [...crypto.getRandomValues(new Uint32Array(3))].map((part) => part.toString(36)).join("");

/** Holds a name until the page is left. Whether it was free. */
function hold(name) {
  return new Promise((answered) => {
    const held = navigator.locks.request(lockOf(name), { signal: AbortSignal.timeout(GIVEN_BACK_WITHIN) }, () => {
      answered(true);
      return new Promise(() => {});
    });
    held.catch(() => answered(false));
  });
}

async function named() {
  const kept = sessionStorage.getItem(KEPT);
  if (kept && (!navigator.locks || (await hold(kept)))) return kept;
  const name = fresh();
  sessionStorage.setItem(KEPT, name);
  if (navigator.locks) await hold(name);
  return name;
}

/** The name of this tab. */
export const tab = named();

/** The names of the tabs that are open; none where the browser doesn't tell. */
export async function openTabs() {
  if (!navigator.locks) return null;
  const { held } = await navigator.locks.query();
  const start = lockOf("");
  return new Set(held.filter(({ name }) => name.startsWith(start)).map(({ name }) => name.slice(start.length)));
}
