// A real browser, and what its pages say of themselves while a story is told.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const outside = createRequire(join(process.env.STEPWELL_OUTSIDE, "node/"));
const { chromium } = outside("playwright-core");
const AXE = readFileSync(outside.resolve("axe-core/axe.min.js"), "utf8");

export const PATIENCE = 60_000;

export function holds(truth, what) {
  if (!truth) throw new Error(what);
}

/** Opens the browser, tells the story, and fails where a page threw, loaded something elsewhere or broke the policy. */
export async function tell(story, base) {
  const browser = await chromium.launch({
    executablePath: process.env.STEPWELL_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  const wrong = [];
  const open = async (options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    context.on("page", (page) => {
      page.on("pageerror", (error) => wrong.push(`${page.url()} threw ${error.message}`));
      page.on("console", (message) => {
        if (/Content.Security.Policy/i.test(message.text())) wrong.push(`${page.url()}: ${message.text()}`);
      });
      page.on("request", (request) => {
        if (!request.url().startsWith(base)) wrong.push(`${page.url()} asked for ${request.url()}`);
      });
    });
    return context;
  };
  try {
    await story(open);
    holds(wrong.length === 0, wrong.join("\n"));
  } finally {
    await browser.close();
  }
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
