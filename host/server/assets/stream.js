// The stream of a page that is live: opened while the page is seen, and while the browser has a connection to spare.
//
// A browser opens at most six connections to a server, for all of its tabs together. So a tab that nobody sees closes its
// stream, and only so many of those that are seen have one at a time: a seat each, which the browser hands out. One without a
// seat asks again every few seconds instead. Whoever comes back goes on after the last event that was seen: none is missed.

const SEATS = 3;
const ASKS_EVERY = 3000;

/** A seat, or none where all are taken; where the browser hands out none, everybody has one. */
async function seat() {
  if (!navigator.locks) return () => {};
  for (let number = 0; number < SEATS; number++) {
    const leave = await new Promise((answered) => {
      navigator.locks.request(`stepwell/stream/${number}`, { ifAvailable: true }, (lock) => {
        if (!lock) return void answered(null);
        return new Promise((leave) => answered(leave));
      });
    });
    if (leave) return leave;
  }
  return null;
}

/**
 * Follows an address from a cursor on. `hears` has a function for each kind of event, `opened`, `lost`, and `unheard`, which is
 * called where something may have happened that no event will tell of.
 */
export function follow(address, from, hears) {
  const { opened, lost, unheard, ...kinds } = hears;
  let seen = from;
  let source = null;
  let leave = null;
  let asking = null;
  let turn = 0;

  async function open() {
    const mine = ++turn;
    const seated = await seat();
    if (mine !== turn) return void seated?.();
    if (!seated) {
      asking = setTimeout(() => {
        unheard();
        open();
      }, ASKS_EVERY);
      return;
    }
    leave = seated;
    source = new EventSource(address + (seen ? `?after=${seen}` : ""));
    source.addEventListener("open", opened);
    source.addEventListener("error", () => lost(source.readyState === EventSource.CLOSED));
    for (const [kind, hear] of Object.entries(kinds)) {
      source.addEventListener(kind, (event) => {
        if (event.lastEventId) seen = event.lastEventId;
        hear(event.data);
      });
    }
  }

  function close() {
    turn++;
    clearTimeout(asking);
    source?.close();
    leave?.();
    source = leave = asking = null;
  }

  function see() {
    close();
    if (document.visibilityState === "hidden") return;
    // A stream of changes has no cursor, and that of a run tells no tokens again.
    unheard();
    open();
  }

  document.addEventListener("visibilitychange", see);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && see());
  if (document.visibilityState !== "hidden") open();
}
