// Much of everything, in a real browser: a run of 300 items while it goes, 5 MB of text, 2,000 runs, and names that turn round.

import { Api, holds, stands } from "./browser.mjs";

const MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** 300 items end while the page of their run is looked at: it follows them to the last, and isn't drawn for each. */
export async function items({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const page = await (await open()).newPage();
  const run = await api.start(definitions.items, "", [{ step: "list", name: "requirement", text: JSON.stringify([...Array(300).keys()]) }]);
  let drawn = 0;
  page.on("request", (request) => (drawn += request.url() === `${base}/runs/${run}` && request.resourceType() === "fetch"));
  await page.goto(`${base}/runs/${run}`);
  const counts = new Set();
  const ends = Date.now() + 240_000;
  while (Date.now() < ends && (await page.textContent("#standing .state")) !== "done") {
    counts.add(await page.textContent(".tree"));
    await page.waitForTimeout(200);
  }
  await stands(page, "done");
  const { cursor } = await api.get(`/api/runs/${run}`);
  holds(counts.size > 3, `while it went the page showed ${counts.size} states`);
  holds(drawn < cursor / 3, `drawn ${drawn} times for ${cursor} things that happened`);
  const all = await page.textContent(".tree");
  holds(all.includes("300"), all);
  const size = await page.evaluate(() => document.querySelectorAll("*").length);
  holds(size < 3000, `the page has ${size} elements`);
}

/** A text of 5 MB is shown by its beginning, whole behind a link, and to be answered. */
export async function long({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const line = "A line of a text that goes on and on, as a model writes it.\n";
  const run = await api.start(definitions.gate, `# Long\n\n${line.repeat(5_000_000 / line.length)}`);
  const page = await (await open()).newPage();
  const weighs = async (address) => {
    const answer = await page.goto(base + address);
    return (await answer.body()).length;
  };
  const bytes = await weighs(`/runs/${run}`);
  holds(bytes < 500_000, `the page has ${bytes} bytes`);
  await page.click("form.question summary");
  await page.locator("form.question a:text('Show all')").first().waitFor();
  await api.agree(run);
  await stands(page, "done");
  await page.goto(`${base}/runs/${run}?step=agree`);
  const document = await page.getAttribute("a[href*='/document?'][href*='name=document']", "href");
  holds((await weighs(document)) < 1_000_000, "the page of the document is as long as the document");
  await page.locator("a:text('Show all')").first().click();
  await page.waitForLoadState();
  holds((await page.locator("pre").first().textContent()).length > 4_900_000, "not all of it is shown");
}

/** Marks that turn the order of others round are named, wherever a name or a text holds them. */
export async function turned({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const name = "report\u202Efdp.exe \u2066of\u2069 \u200Fall";
  const run = await api.start(definitions.gate, `# ${name}\n\nSee \u202E${name}.\n`, [], name);
  const page = await (await open()).newPage();
  for (const address of ["/runs", `/runs/${run}`, `/runs/${run}?step=agree`, "/runs?search=report"]) {
    await page.goto(base + address);
    await page.waitForLoadState("networkidle").catch(() => {});
    const shown = await page.evaluate(() => [document.title, document.body.textContent, ...[...document.querySelectorAll("[title], [value]")].map((one) => one.title + one.getAttribute("value"))].join("\n"));
    holds(!MARKS.test(shown), `${address} turns its text round`);
    holds(shown.includes("⟨U+202E⟩"), `${address} doesn't name the mark`);
  }
  await page.keyboard.press("Escape");
  await page.goto(`${base}/runs/${run}`);
  await page.click("form.question summary");
  holds(!MARKS.test(await page.textContent("form.question")), "the question turns its text round");
}

/** One run is found among 2,000, by words of what it was given. */
export async function found({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const MANY = 2000;
  const one = await api.start(definitions.idle, "The needle of this haystack.");
  let begun = (await api.count()) - 1;
  const others = async () => {
    while (begun++ < MANY) await api.start(definitions.idle, `Straw number ${begun}.`);
  };
  await Promise.all([...Array(8)].map(others));
  const page = await (await open()).newPage();
  await page.goto(`${base}/runs`);
  await page.keyboard.press("/");
  await page.keyboard.type("needle haystack");
  await page.keyboard.press("Enter");
  await page.waitForURL(/search=/);
  const listed = await page.$$eval("[data-row]", (links) => links.map((link) => link.pathname));
  holds(listed.join() === `/runs/${one}`, `found were ${listed}`);
  await page.goto(`${base}/runs`);
  await page.click("a[rel='next']");
  await page.waitForURL(/before=/);
  holds((await page.locator("[data-row]").count()) === 50, "not a page of older ones");
  await page.goto(`${base}/comparisons/new?search=needle`);
  await page.locator("h1").waitFor();
  return { runs: await api.count() };
}
