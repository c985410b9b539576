// A real browser, and what its pages say of themselves while a story is told.

import { createRequire } from "node:module";
import { createServer as createPages } from "node:http";
import { connect, createServer } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const outside = createRequire(join(process.env.STEPWELL_OUTSIDE, "node/"));
const { chromium } = outside("playwright-core");
const AXE = readFileSync(outside.resolve("axe-core/axe.min.js"), "utf8");

export const PATIENCE = 60_000;

export function holds(truth, what) {
  if (!truth) throw new Error(what);
}

/**
 * Opens the browser, tells the story, and fails where a page threw, loaded something elsewhere or broke the policy. A browser that
 * is opened has a session, at another address than the server's own if one is given; `at: null` has none.
 */
export async function tell({ base, token }, story) {
  const browser = await chromium.launch({
    executablePath: process.env.STEPWELL_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  const wrong = [];
  const open = async ({ at = base, ...options } = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    context.on("page", (page) => {
      page.on("pageerror", (error) => wrong.push(`${page.url()} threw ${error.message}`));
      page.on("console", (message) => {
        if (/Content.Security.Policy/i.test(message.text())) wrong.push(`${page.url()}: ${message.text()}`);
      });
      page.on("request", (request) => {
        if (new URL(request.url()).hostname !== "127.0.0.1") wrong.push(`${page.url()} asked for ${request.url()}`);
      });
    });
    if (at) await context.request.post(`${at}/session`, { form: { token } });
    return context;
  };
  try {
    await story(open);
    holds(wrong.length === 0, wrong.join("\n"));
  } finally {
    await browser.close();
  }
}

/** What programs do with the server beside the page. */
export class Api {
  constructor(base, token) {
    this.base = base;
    this.headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  }

  async get(address) {
    const answer = await fetch(this.base + address, { headers: this.headers });
    holds(answer.ok, `${address}: ${answer.status}`);
    return answer.json();
  }

  async post(address, body) {
    const answer = await fetch(this.base + address, { method: "POST", headers: this.headers, body: JSON.stringify(body) });
    const text = await answer.text();
    holds(answer.ok, `${address}: ${text}`);
    return text ? JSON.parse(text) : null;
  }

  /** Starts a run of a definition. */
  async start({ file, text }, feature, documents = [], label = null) {
    const started = await this.post("/api/runs", { definition: { file, text }, inputs: feature ? { feature } : {}, documents, label });
    return started.id;
  }

  /** Waits until a run asks something. */
  async waits(run) {
    const ends = Date.now() + PATIENCE;
    while ((await this.get(`/api/runs/${run}`)).status !== "waiting") {
      holds(Date.now() < ends, `${run} asks nothing`);
      await new Promise((later) => setTimeout(later, 100));
    }
  }

  /** Says yes to the gate at which a run waits. */
  async agree(run) {
    await this.waits(run);
    const answer = (key, text) => ({ step: "agree", key, text });
    await this.post(`/api/runs/${run}/answers`, { answers: [answer("decision", "yes"), answer("note", ""), answer("correction", "")] });
  }

  /** How many runs there are. */
  async count() {
    let count = 0;
    for (let next = ""; next !== null; ) {
      const page = await this.get(`/api/runs?limit=1000${next && `&before=${next}`}`);
      count += page.items.length;
      next = page.next ?? null;
    }
    return count;
  }
}

/** A connection to the server that can be cut, and made again at the same address. */
export async function connection(base) {
  const { hostname, port } = new URL(base);
  const open = new Set();
  const server = createServer((one) => {
    const other = connect(port, hostname);
    for (const [socket, peer] of [[one, other], [other, one]]) {
      open.add(socket);
      socket.pipe(peer);
      socket.on("error", () => peer.destroy());
      socket.on("close", () => {
        open.delete(socket);
        peer.destroy();
      });
    }
  });
  const listen = (at) => new Promise((listening) => server.listen(at, "127.0.0.1", listening));
  await listen(0);
  const at = server.address().port;
  return {
    base: `http://127.0.0.1:${at}`,
    async cut() {
      const closed = new Promise((closed) => server.close(closed));
      for (const socket of open) socket.destroy();
      await closed;
    },
    mend: () => listen(at),
  };
}

/** An empty page of another site: another port of this machine. */
export async function stranger() {
  const server = createPages((_, answer) => answer.setHeader("content-type", "text/html").end("<!DOCTYPE html><title>Stranger</title>"));
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { base: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections() || server.close() };
}

/** What axe-core finds wrong with a page. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** Waits until the page says so of its run or comparison, without being loaded again. */
export async function stands(page, word) {
  const says = (word) => document.querySelector("#standing .state")?.textContent === word;
  await page.waitForFunction(says, word, { timeout: 3 * PATIENCE });
}
