// Pages that nobody reloads: what models cost, their calls and the prompts, while runs go on. And what is removed by a button and a yes.

import { Api, holds } from "./browser.mjs";

/** A page that is never loaded anew: what it shows is drawn by itself. */
async function stays(page, address) {
  await page.goto(address);
  await page.evaluate(() => (window.mine = true));
  return page;
}

const number = (text) => Number(text.match(/\d+/)?.[0] ?? 0);

/** Costs, calls and prompts follow what happens, in tabs that are seen, without a reload. */
export async function followed({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const context = await open();
  const tab = async (address) => stays(await context.newPage(), base + address);
  const costs = await tab("/cost?by=run");
  const calls = await tab("/calls");
  const prompts = await tab("/prompts");
  const sum = async (page, part) => number(await page.textContent(`${part} tfoot td`));
  const before = { costs: await sum(costs, "#costs"), calls: await sum(calls, "#calls") };
  holds(before.costs > 0 && before.calls > 0, JSON.stringify(before));
  const drawn = { costs: 0 };
  costs.on("request", (request) => (drawn.costs += request.resourceType() === "fetch"));
  // Another run of the same would be given the same answers.
  const run = await api.start(definitions.slow, "# Followed\n\nA text that nobody asked about before.");
  await api.agree(run);
  await calls.bringToFront();
  // A function, not a text: the page lets no text be evaluated.
  const grows = ([part, then]) =>
    Number(document.querySelector(`${part} tfoot td`)?.textContent.match(/\d+/)?.[0] ?? 0) > then && window.mine;
  await calls.waitForFunction(grows, ["#calls", before.calls]);
  await costs.bringToFront();
  await costs.waitForFunction(grows, ["#costs", before.costs]);
  holds(drawn.costs > 0, "nothing was drawn");
  await api.post("/api/prompts", { name: "followed", content: "Follow {{ it }}.\n", by: "" });
  await prompts.bringToFront();
  await prompts.waitForFunction(() => document.querySelector("#prompts a[href='/prompts/followed']") && window.mine);
  const prompt = await tab("/prompts/followed");
  await api.post("/api/prompts", { name: "followed", content: "Follow {{ it }} closely.\n", by: "" });
  await prompt.waitForFunction(() => document.querySelector("#shown h2")?.textContent.startsWith("v2") && window.mine);
  holds((await prompt.textContent("#shown")).includes("closely"), "the text is the one before");
}

/** A comparison goes by a button and a yes, and stays without one. */
export async function removed({ base, token, run }, open) {
  const api = new Api(base, token);
  const within = { kind: "run", run: run.split("/").pop() };
  const { id } = await api.post("/api/comparisons", { step: "requirement/refine", within, versions: [2], repeats: 1, by: "" });
  await api.get(`/api/comparisons/${id}/outcome?wait=true`);
  const page = await (await open()).newPage();
  const there = `${base}/comparisons/${id}`;
  await page.goto(there);
  await page.click("text=Remove …");
  await page.waitForURL(`${there}/remove`);
  holds((await page.textContent("main")).includes("Nothing brings it back"), "nobody says what it is");
  await page.click("text=Keep it");
  await page.waitForURL(there);
  await page.click("text=Remove …");
  await page.click("text=Remove it");
  await page.waitForURL(/\/comparisons(\?|$)/);
  holds((await page.textContent("#done")).includes("Removed"), "nobody says what was done");
  holds((await page.locator(`a[href='/comparisons/${id}']`).count()) === 0, "it is still listed");
  holds((await page.request.get(`${base}/api/comparisons/${id}`)).status() === 404, "it is still there");
}
