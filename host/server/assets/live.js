// What is under way: the parts of a page that change are fetched anew when something happened, and tokens are shown as
// they come. The server alone renders; this takes over what it says.
//
// A stream that breaks is opened again by the browser, which names the last event that it saw: none is missed. What
// a person is typing in, or has the focus in, is left alone until they are done, and is drawn then, though nothing happens any more.

import { follow } from "./stream.js";

const followed = document.querySelector("[data-follows]");
const connection = document.getElementById("connection");
// A page is drawn at most so often, in milliseconds, and one that is slow to come takes at most a third of the time.
const AT_MOST_EVERY = 200;

// How often it is asked whether somebody is done with a part, in milliseconds.
const LOOKS_EVERY = 300;

let pending = false;
let fetching = false;

/** Whether a list of choices is unfolded: its elements must not go. A browser that can't say so has it folded. */
function isUnfolded(select) {
  return CSS.supports("selector(:open)") && select.matches(":open");
}

/** Whether somebody is at work in a part of the page. */
function isBusy(part) {
  if (part.querySelector("form[data-sending]")) return true;
  const focus = document.activeElement;
  // What shows at once what is chosen has nothing to lose, and the page that comes gives the focus back to it.
  const chooses = focus?.matches("form[data-submit-on-change] :is(select, input[type='checkbox'])");
  if (part.contains(focus) && (chooses ? isUnfolded(focus) : focus.matches("input, textarea, select"))) return true;
  return [...part.querySelectorAll("textarea, input:not([type='hidden'])")].some((field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
  );
}

// Parts that are behind, since somebody was at work in them.
const behind = new Set();
let looking = null;

/** Draws what is behind once somebody is done with it. */
function drawWhenDone() {
  looking ??= setInterval(() => {
    const waiting = [...behind].filter((part) => part.isConnected && isBusy(part));
    if (behind.size > 0 && waiting.length === behind.size) return;
    clearInterval(looking);
    looking = null;
    if (behind.size > 0) soon();
  }, LOOKS_EVERY);
}

const CAN_HAVE_THE_FOCUS = "a, button, summary, select, input, textarea, [tabindex]";

/** Takes a part over from a fresh page, and keeps what a person opened, scrolled and focused. */
function take(part, fresh) {
  const open = new Set([...part.querySelectorAll("details[open][id]")].map((details) => details.id));
  const closed = new Set([...part.querySelectorAll("details:not([open])[id]")].map((details) => details.id));
  const focus = part.contains(document.activeElement) ? [...part.querySelectorAll(CAN_HAVE_THE_FOCUS)].indexOf(document.activeElement) : -1;
  const named = focus >= 0 && document.activeElement.id;
  part.replaceWith(fresh);
  for (const details of fresh.querySelectorAll("details[id]")) {
    if (open.has(details.id)) details.open = true;
    if (closed.has(details.id)) details.open = false;
  }
  if (focus >= 0) {
    const there = named ? fresh.querySelector(`#${CSS.escape(named)}`) : fresh.querySelectorAll(CAN_HAVE_THE_FOCUS)[focus];
    there?.focus({ preventScroll: true });
  }
  fresh.dispatchEvent(new CustomEvent("page:changed", { bubbles: true }));
}

const said = document.getElementById("said");
const toSay = (root) => [...root.querySelectorAll("[data-said]")].map((part) => part.textContent.trim());

/** Says what is new to a screen reader: in a region that stays, since one that is replaced isn't heard. */
function say(before) {
  const fresh = toSay(document).filter((text) => !before.includes(text));
  if (fresh.length > 0) said.textContent = fresh.join(". ");
}

async function refresh() {
  if (fetching) {
    pending = true;
    return;
  }
  fetching = true;
  const began = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const before = toSay(document);
    behind.clear();
    for (const part of document.querySelectorAll("[data-live][id]")) {
      const fresh = page.getElementById(part.id);
      if (!fresh || part.dataset.shown === fresh.outerHTML) continue;
      const shown = fresh.outerHTML;
      if (isBusy(part)) {
        if (part.outerHTML !== shown) behind.add(part);
        continue;
      }
      if (part.outerHTML !== shown) take(part, fresh);
      document.getElementById(part.id).dataset.shown = shown;
    }
    say(before);
    if (behind.size > 0) drawWhenDone();
  } catch {
    // The stream tells that the connection is gone, and what was missed follows when it is back.
  } finally {
    fetching = false;
    drawn = performance.now();
    pause = Math.max(AT_MOST_EVERY, 2 * (drawn - began));
    if (pending) {
      pending = false;
      soon();
    }
  }
}

// What happens while a drawing is due is in it: however quickly things happen, none puts it off.
let due = null;
let drawn = 0;
let pause = AT_MOST_EVERY;
function soon() {
  due ??= setTimeout(
    () => {
      due = null;
      refresh();
    },
    Math.max(AT_MOST_EVERY / 4, drawn + pause - performance.now()),
  );
}

// Tokens, as they come. They are not said aloud: the answer is, when it is there.
const stream = document.getElementById("stream");
const pieces = new Map();

// Characters that turn the order of others round are named, as everywhere on the page.
const inOrder = (text) =>
  text.replace(
    /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (letter) => `⟨U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );

function showStreams() {
  if (!stream) return;
  stream.hidden = pieces.size === 0;
  const atEnd = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 40;
  stream.textContent = inOrder([...pieces.values()].join("\n\n"));
  const cursor = document.createElement("span");
  cursor.className = "cursor";
  stream.append(cursor);
  if (atEnd) stream.scrollTop = stream.scrollHeight;
}

// Who waits in the queue before a provider, by execution, until what they wait for happens.
const queue = document.getElementById("queue");
const queued = new Map();

function showQueue() {
  if (!queue) return;
  queue.hidden = queued.size === 0;
  queue.textContent = inOrder([...queued.values()].join("\n"));
}

function live(happening) {
  const wanted = stream?.dataset.execution;
  if (wanted && happening.execution !== wanted) return;
  if (happening.kind === "queued") {
    const until = new Date(happening.until).toLocaleTimeString();
    queued.set(
      happening.execution,
      `${happening.execution} waits in the queue of ${happening.provider} until ${until}: ${happening.limit}`,
    );
    showQueue();
  }
  if (!stream) return;
  if (happening.kind === "tokens") {
    pieces.set(happening.call, (pieces.get(happening.call) ?? "") + happening.text);
    showStreams();
  }
  if (happening.kind === "restarted") {
    pieces.delete(happening.call);
    showStreams();
  }
}

if (followed) {
  follow(followed.dataset.follows, followed.dataset.cursor, {
    opened() {
      if (!connection.hidden) soon();
      connection.hidden = true;
    },
    lost(forGood) {
      connection.hidden = false;
      if (forGood) connection.textContent = "Connection lost. Load the page again.";
    },
    unheard() {
      pieces.clear();
      showStreams();
      queued.clear();
      showQueue();
      soon();
    },
    event(data) {
      const happened = JSON.parse(data);
      if (queued.delete(happened.execution)) showQueue();
      if (["call-answered", "call-failed"].includes(happened.kind)) {
        pieces.delete(happened.call);
        showStreams();
      }
      soon();
    },
    change: soon,
    missed: soon,
    live: (data) => live(JSON.parse(data)),
  });
}
