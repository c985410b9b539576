// What a person does with the page: node stories.mjs NAME '{"base": …}'. Says `told` with what it found, as JSON.

import { Api, PATIENCE, connection, holds, stands, stranger as elsewhere, tell, violations } from "./browser.mjs";
import * as followed from "./followed.mjs";
import * as kept from "./kept.mjs";
import * as large from "./large.mjs";

const STORIES = { run, declined, versions, compare, again, dropped, tabs, many, busy, away, typed, gone, sought, tried, stranger, seen, plain, differs, coloured, low, keys, ...followed, ...kept, ...large };

/** Starts a run by the form of its inputs, and answers its questions where they are asked. */
async function run({ base, link, feature, answers }, open) {
  const page = await (await open({ at: null })).newPage();
  // Without a session there is only the form; the link opens one, and is used up.
  await page.goto(`${base}/runs`);
  holds(new URL(page.url()).pathname === "/session", `nobody was asked for the token at ${page.url()}`);
  await page.goto(link);
  await page.waitForURL(`${base}/runs`);
  const again = await (await open({ at: null })).newPage();
  await again.goto(link);
  holds((await again.textContent("[role='alert']")).includes("was used"), "the link opens another session");
  await page.goto(`${base}/runs/new?definition=untested_coding.toml`);
  await page.fill("#input-feature", feature);
  await page.keyboard.press("Control+Enter");
  await page.waitForURL(/\/runs\/[0-9a-f-]{36}/);
  const address = new URL(page.url()).pathname;
  // The answer is seen as it comes, before it is there.
  await page.goto(`${base}${address}?step=requirement`);
  await page.waitForFunction(() => document.querySelector("#stream:not([hidden])")?.textContent.length > 40);
  const left = [...answers];
  for (let form = 0; left.length > 0; form++) {
    await page.goto(base + address);
    const fields = page.locator("form.question [name^='answer.']");
    await fields.first().waitFor();
    const step = await page.inputValue("form.question [name='step']");
    for (const field of await fields.all()) {
      const key = (await field.getAttribute("name")).slice("answer.".length);
      const at = left.findIndex((answer) => answer.key === key && [step, null].includes(answer.step));
      holds(at >= 0, `nobody has an answer to ${key} of ${step}`);
      await field.fill(left.splice(at, 1)[0].text);
    }
    if (form === 0) {
      // What is typed is there again in a tab that was closed.
      const typed = await fields.first().inputValue();
      await page.reload();
      holds((await fields.first().inputValue()) === typed, "a draft was lost");
    }
    const asked = await page.textContent("form.question h2");
    await page.click("form.question button.first");
    await page.waitForFunction((asked) => document.querySelector("form.question h2")?.textContent !== asked || document.querySelector(".question .guidance + *"), asked);
  }
  await page.goto(base + address);
  await stands(page, "done");
  return { run: address };
}

/** Declines what a step asks: the run says what came of it, and what can be done about it here. */
async function declined({ base, feature }, open) {
  const page = await (await open()).newPage();
  await page.goto(`${base}/runs/new?definition=untested_coding.toml`);
  await page.fill("#input-feature", feature);
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("form.question");
  const address = page.url();
  await page.click("text=Decline");
  await page.waitForURL(/step=requirement/);
  await page.goto(address);
  await stands(page, "declined");
  const said = await page.textContent("#standing .notice");
  holds(said.includes("declined") && said.includes("“Try again”"), said);
}

/** Saves v2 to v5, is told beforehand that v1 goes, and picks from the dropdown. */
async function versions({ base, texts }, open) {
  const page = await (await open()).newPage();
  for (const [index, text] of texts.entries()) {
    await page.goto(`${base}/prompts/refine/edit`);
    const saving = await page.textContent("#saving");
    const last = index === 3;
    holds(saving.includes(`It becomes v${index + 2}`), saving);
    holds(saving.includes("pushes out v1") === last, saving);
    await page.fill("#template", `${text} {{ requirment }}`);
    await page.waitForSelector("#checked .notice.bad");
    await page.fill("#template", `${text}\n\n{{ requirement }}\n`);
    await page.waitForSelector("#checked .notice.bad", { state: "detached" });
    await page.waitForSelector("#checked ins");
    await page.fill("#note", `way ${index + 2}`);
    await page.click("text=Save as new version");
    await page.waitForURL(`**/prompts/refine?version=${index + 2}`);
  }
  const kept = await page.$$eval("#version option", (options) => options.map((option) => option.value));
  holds(kept.join() === "5,4,3,2", `kept are ${kept}`);
  holds((await page.textContent("#version option:checked")).includes("(current, latest)"), "v5 is not marked");
  await page.selectOption("#version", "3");
  await page.waitForURL(/version=3/);
  holds((await page.textContent("pre.text")).startsWith(texts[1]), "not the text of v3");
  await page.keyboard.press("Escape");
  await page.locator("h1").click();
  await page.keyboard.press("ArrowLeft");
  await page.waitForURL(/version=2/);
  await page.keyboard.press("ArrowRight");
  await page.waitForURL(/version=3/);
  await page.keyboard.press("j");
  await page.waitForURL(/version=2/);
  await page.keyboard.press("k");
  await page.waitForURL(/version=3/);
  await page.selectOption("#against", "2");
  await page.waitForURL(/against=2/);
  holds((await page.locator(".diff ins").count()) === 1, "not what differs");
  holds((await page.evaluate(() => document.activeElement.id)) === "against", "the focus is lost");
}

/** Runs two versions on what a run gave, sees what differs, and makes one current. */
async function compare({ base, run }, open) {
  const page = await (await open()).newPage();
  await page.goto(`${base}/comparisons/new?run=${run.split("/").pop()}&step=requirement/refine`);
  await page.selectOption("#baseline", "2");
  await page.selectOption("#version-1", "3");
  for (const other of ["#version-2", "#version-3"]) await page.selectOption(other, "");
  await page.click("main button.first");
  await page.waitForURL(/\/comparisons\/[0-9a-f-]{36}/);
  const comparison = new URL(page.url()).pathname;
  await stands(page, "finished");
  holds((await page.locator(".matrix .state.success").count()) === 2, "a cell failed");
  await page.click(".matrix [data-row]");
  await page.waitForURL(/case=0/);
  const changed = await page.$$eval(".sides .diff ins b, .sides .diff ins", (all) => all.map((one) => one.textContent));
  holds(changed.some((text) => text.includes("third way")), `what differs is not there: ${changed}`);
  await page.click("text=Make v3 current");
  await page.waitForFunction(() => [...document.querySelectorAll("#numbers tr")].some((row) => row.textContent.startsWith("v3current")));
  return { comparison };
}

/** After the server was started again everything is where it was. */
async function again({ base, run, comparison }, open) {
  const page = await (await open()).newPage();
  await page.goto(`${base}/prompts/refine`);
  const shown = await page.textContent("#version option:checked");
  holds(shown.startsWith("v3 (current)"), shown);
  await page.goto(base + comparison);
  await stands(page, "finished");
  await page.goto(`${base}${run}?step=requirement/refine`);
  holds((await page.textContent("#step-head .state")).includes("done"), "the run is not done");
}

/** What happened while the connection was gone is there when it is back. */
async function dropped({ base, token, comparison }, open) {
  const wire = await connection(base);
  const page = await (await open({ at: wire.base })).newPage();
  await page.goto(wire.base + comparison);
  await page.waitForFunction(() => document.getElementById("connection").hidden);
  const isCurrent = (label) => [...document.querySelectorAll("#numbers tr")].some((row) => row.textContent.startsWith(`${label}baselinecurrent`));
  await wire.cut();
  await page.waitForSelector("#connection:not([hidden])");
  const promoted = await fetch(`${base}/api${comparison}/promote`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ number: 2 }),
  });
  holds(promoted.ok, await promoted.text());
  holds(!(await page.evaluate(isCurrent, "v2")), "how can it know?");
  await wire.mend();
  await page.waitForFunction(isCurrent, "v2");
  await page.waitForSelector("#connection", { state: "hidden" });
  await page.close();
  await wire.cut();
}

/** Two tabs edit the same prompt: the second is told, and loses nothing. */
async function tabs({ base }, open) {
  const context = await open();
  const one = await context.newPage();
  const other = await context.newPage();
  for (const page of [one, other]) await page.goto(`${base}/prompts/code/edit`);
  const save = async (page, words) => {
    const text = await page.inputValue("#template");
    await page.fill("#template", `${words}\n${text}`);
    await page.click("text=Save as new version");
  };
  await save(one, "Written in the first tab.");
  await one.waitForURL(/version=2/);
  await save(other, "Written in the second tab.");
  await other.waitForSelector("[role='alert']");
  holds((await other.textContent("[role='alert']")).includes("v2 was saved while you were writing"), "nobody said so");
  holds((await other.inputValue("#template")).startsWith("Written in the second tab."), "the text was lost");
  await other.click("text=Save as new version");
  await other.waitForURL(/version=3/);
}

/** Ten tabs of what is live: each of them loads, and each of them follows. */
async function many({ base, token, comparison }, open) {
  const context = await open();
  const pages = [];
  for (let tab = 0; tab < 10; tab++) {
    const page = await context.newPage();
    await page.goto(base + comparison);
    await stands(page, "finished");
    pages.push(page);
  }
  const prompt = await (await context.request.get(`${base}/api/prompts/refine`)).json();
  const other = prompt.current === 2 ? 3 : 2;
  const promoted = await fetch(`${base}/api${comparison}/promote`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ number: other }),
  });
  holds(promoted.ok, await promoted.text());
  const isCurrent = (label) => [...document.querySelectorAll("#numbers tr")].some((row) => row.textContent.startsWith(label) && row.textContent.includes("current"));
  for (const page of pages) await page.waitForFunction(isCurrent, `v${other}`);
}

/** What happens so quickly that it never stops: the page is drawn all the same, and not each time. */
async function busy({ base, run }, open) {
  const page = await (await open()).newPage();
  await page.addInitScript(() => {
    window.told = 0;
    window.EventSource = class extends EventTarget {
      constructor() {
        super();
        setInterval(() => this.dispatchEvent(new MessageEvent("event", { data: JSON.stringify({ kind: "x", cursor: ++window.told }) })), 20);
      }
      close() {}
    };
  });
  let drawn = 0;
  page.on("request", (request) => (drawn += request.url() === base + run && request.resourceType() === "fetch"));
  await page.goto(base + run);
  const deadline = Date.now() + PATIENCE;
  while (drawn < 5 && Date.now() < deadline) await page.waitForTimeout(50);
  const told = await page.evaluate(() => window.told);
  holds(drawn >= 5, `drawn ${drawn} times while ${told} things happened`);
  holds(told > 3 * drawn, `drawn ${drawn} times for ${told} things`);
}

/** The server is away when a text is saved: nothing is lost, and it is saved when the server is back. */
async function away({ base }, open) {
  const wire = await connection(base);
  const page = await (await open({ at: wire.base })).newPage();
  await page.goto(`${wire.base}/prompts/architecture_design/edit`);
  const text = `Written while nobody listened.\n${await page.inputValue("#template")}`;
  await page.fill("#template", text);
  await wire.cut();
  await page.click("text=Save as new version");
  await page.waitForSelector("[data-away]");
  holds((await page.inputValue("#template")) === text, "the text is gone");
  await wire.mend();
  // Twice in quick succession is once.
  await page.evaluate(() => {
    for (let time = 0; time < 2; time++) document.querySelector("form[data-editor] button.first").click();
  });
  await page.waitForURL(/version=2$/);
  holds((await page.textContent("#done")).includes("Saved as v2"), "nobody says that it was saved");
  holds((await page.evaluate(() => document.activeElement.id)) === "done", "the focus is lost");
  holds((await page.$$eval("#version option", (options) => options.length)) === 2, "it was saved twice");
  await page.goto(`${wire.base}/prompts/architecture_design/edit`);
  holds((await page.locator("form .notice").count()) === 0, "what was sent is offered again");
  await page.close();
  await wire.cut();
}

/** Two tabs type into one editor: each has its own text again, and one that was closed is taken over by the next. */
async function typed({ base }, open) {
  const context = await open();
  const address = `${base}/prompts/implementation/edit`;
  const editor = async (words) => {
    const page = await context.newPage();
    await page.goto(address);
    if (words) await page.fill("#template", words);
    return page;
  };
  const begins = (page, words) => page.waitForFunction((words) => document.getElementById("template").value === words, words);
  const one = await editor("Typed in the first tab.");
  const other = await editor("Typed in the second tab.");
  for (const page of [one, other]) await page.reload();
  await begins(one, "Typed in the first tab.");
  await begins(other, "Typed in the second tab.");
  await one.close();
  const third = await editor();
  await begins(third, "Typed in the first tab.");
  await begins(other, "Typed in the second tab.");
  await third.click("text=Drop it");
  const fourth = await editor();
  await fourth.waitForTimeout(300);
  holds(!(await fourth.inputValue("#template")).startsWith("Typed"), "what was dropped, or is another tab's, is there again");
}

/** A version that was pushed out is still shown where a run used it. */
async function gone({ base, run }, open) {
  const page = await (await open()).newPage();
  await page.goto(`${base}${run}?step=requirement/refine`);
  await page.click("a[href*='/prompts/refine?version=1']");
  await page.waitForSelector("pre.text");
  holds((await page.textContent("h2")).includes("not kept any more"), "nobody says that v1 is gone");
  holds((await page.textContent("pre.text")).includes("{{ requirement }}"), "not the text of v1");
  // It can be held against another one, and be the beginning of a new one.
  await page.selectOption("#against", { index: 1 });
  await page.waitForURL(/run=.*against=|against=.*run=/);
  await page.locator(".diff ins, .diff del").first().waitFor();
  await page.click("a:text-is('Edit')");
  await page.waitForURL(/\/edit/);
  holds((await page.inputValue("#template")).includes("{{ requirement }}"), "the editor begins with another text");
}

/** Runs are found by their state and by words of what they were given, and have names. */
async function sought({ base, run, feature }, open) {
  const page = await (await open()).newPage();
  const word = feature.match(/[A-Za-z]{6,}/)[0];
  await page.goto(`${base}/runs`);
  await page.keyboard.press("/");
  await page.keyboard.insertText(`${word.toUpperCase()} untested`);
  await page.keyboard.press("Enter");
  await page.waitForURL(/search=/);
  const listed = await page.$$eval("[data-row]", (links) => links.map((link) => link.pathname));
  holds(listed.includes(run), `${run} is not among ${listed}`);
  holds(!(await page.textContent("[data-row]")).startsWith("untested_coding"), "runs have no names");
  await page.goto(`${base}/runs?search=${word}+nowhere-to-be-found`);
  await page.getByText("No run fits that.").waitFor();
  await page.selectOption("#status", "failure");
  await page.fill("#search", "");
  await page.click("form.find button");
  await page.waitForURL(/status=failure/);
  const states = await page.$$eval("tbody .state", (states) => states.map((state) => state.textContent));
  holds(states.length > 0 && states.every((state) => ["failed", "declined"].includes(state)), `${states}`);
}

/** A document's revisions: beside each other where there is room, and unchanged lines unfold by the keyboard. */
async function differs({ base, run, pictures }, open) {
  const context = await open();
  const page = await context.newPage();
  await page.goto(`${base}${run}?step=requirement/refine`);
  await page.goto(base + (await page.getAttribute("a[href*='/document?']", "href")));
  const text = await page.inputValue("#text");
  const lines = text.split("\n");
  const changed = lines.findLastIndex((line) => line.split(" ").length > 4);
  const other = lines.with(changed, `Whatever ${lines[changed].split(" ").slice(1).join(" ")}`).join("\n");
  await page.click("[data-edit-details] summary");
  await page.fill("#text", other);
  await page.click("form[data-draft] button:text-is('Save')");
  await page.waitForSelector("#done");
  await page.selectOption("#against", "1");
  await page.waitForURL(/against=1/);
  await page.selectOption("#layout", "beside");
  await page.waitForURL(/diff=beside/);
  holds((await page.evaluate(() => document.activeElement.id)) === "layout", "the focus is lost");
  const places = () => page.evaluate(() => ["del", "ins"].map((name) => document.querySelector(`.diff ${name}`).getBoundingClientRect()).map(({ x, y }) => ({ x, y })));
  let [gone, come] = await places();
  holds(gone.y === come.y && gone.x < come.x, `not beside each other: ${JSON.stringify([gone, come])}`);
  holds((await page.textContent(".diff ins b")).includes("Whatever"), "the changed word isn't marked");
  // Unchanged lines, on both sides.
  const fold = page.locator(".diff details.gap").first();
  holds((await fold.locator(".same").first().isVisible()) === false, "nothing is folded");
  await fold.locator("summary").focus();
  await page.keyboard.press("Enter");
  await fold.locator(".same").first().waitFor();
  holds((await fold.locator(".same:visible").count()) % 2 === 0, "one side is missing");
  await page.screenshot({ path: `${pictures}/unfolded.png`, fullPage: true });
  await page.setViewportSize({ width: 390, height: 900 });
  [gone, come] = await places();
  holds(gone.y < come.y && gone.x === come.x, `not one below the other: ${JSON.stringify([gone, come])}`);
  holds((await page.locator(".diff .again:visible").count()) === 0, "lines stand there twice");
  await page.screenshot({ path: `${pictures}/unfolded-390.png`, fullPage: true });
  // The same address without scripts.
  const plain = await (await open({ javaScriptEnabled: false })).newPage();
  await plain.goto(page.url());
  await plain.click(".diff summary");
  await plain.locator(".diff details .same").first().waitFor();
  await plain.selectOption("#layout", "below");
  await plain.click("form.versions button");
  await plain.waitForURL(/diff=below/);
  holds((await plain.locator(".diff.paired").count()) === 0, "it is still beside each other");
}

/** Code has colours, in both themes, and says what it said before. */
async function coloured({ base, run, pictures }, open) {
  const said = {};
  for (const colorScheme of ["light", "dark"]) {
    const page = await (await open({ colorScheme })).newPage();
    await page.goto(`${base}${run}?step=test_generation`);
    const diff = page.locator(".diff").first();
    await diff.scrollIntoViewIfNeeded();
    await page.waitForSelector(".diff[data-coloured]");
    // What each colour marks, by its name.
    const marked = await page.evaluate(() =>
      Object.fromEntries([...CSS.highlights].map(([name, ranges]) => [name, [...ranges].map((range) => range.startContainer.data.slice(range.startOffset, range.endOffset))])),
    );
    for (const [name, word] of [["code-keyword", "def"], ["code-keyword", "import"], ["code-string", /^["'].*["']$/]]) {
      holds(marked[name]?.some((text) => (word.test ? word.test(text) : text === word)), `${word} isn't among ${name}: ${marked[name]}`);
    }
    const colour = (name) => page.evaluate((name) => getComputedStyle(document.querySelector(".diff .line"), `::highlight(${name})`).color, name);
    said[colorScheme] = [await colour("code-keyword"), await colour("code-string"), await page.evaluate(() => getComputedStyle(document.querySelector(".diff .line")).color)];
    holds(new Set(said[colorScheme]).size === 3, `the colours are ${said[colorScheme]}`);
    await page.screenshot({ path: `${pictures}/coloured-${colorScheme}.png`, fullPage: true });
    // Where nothing colours, the same lines are there.
    const plain = await (await open({ colorScheme, javaScriptEnabled: false })).newPage();
    await plain.goto(page.url());
    const lines = (page) => page.locator(".diff .line").allTextContents();
    holds((await lines(page)).join("\n") === (await lines(plain)).join("\n"), "the lines aren't those without scripts");
  }
  holds(said.light.join() !== said.dark.join(), "both themes have the same colours");
}

/** A case stays low on a phone, and its answers fold. */
async function low({ base, comparison }, open) {
  const page = await (await open({ viewport: { width: 390, height: 900 } })).newPage();
  await page.goto(`${base}${comparison}?case=0`);
  const { height, variants } = await page.evaluate(() => ({
    height: document.getElementById("case").offsetHeight,
    variants: document.querySelectorAll("#case article").length,
  }));
  holds(height < 1500 * variants, `${variants} variants are ${height} pixels high`);
  const answer = page.locator("#matrix .answer").first();
  await answer.locator("pre").waitFor();
  const before = await page.locator("#matrix").evaluate((matrix) => matrix.offsetHeight);
  await answer.locator("summary").press("Enter");
  await answer.locator("pre").waitFor({ state: "hidden" });
  const after = await page.locator("#matrix").evaluate((matrix) => matrix.offsetHeight);
  holds(after < before, `folded it is ${after} high, and was ${before}`);
}

/** A text is changed, looked at, sent once and taken over to the editor: nothing is saved until somebody saves it. */
async function tried({ base }, open) {
  const page = await (await open()).newPage();
  const kept = async () => {
    const get = async (address) => (await page.request.get(base + address)).json();
    return { versions: await get("/api/prompts/refine"), calls: (await get("/api/calls?limit=1000")).items.length };
  };
  const before = await kept();
  await page.goto(`${base}/prompts/refine?version=2`);
  await page.keyboard.press("t");
  await page.waitForURL(/refine\/try\?from=2/);
  const ahead = (words) => page.waitForFunction((words) => [...document.querySelectorAll("#checked pre")].some((text) => text.textContent.includes(words)), words);
  await ahead("Improve it in the second way.");
  await page.fill("#template", "Improve it {{ requirment }}");
  await page.waitForSelector("#checked .notice.bad");
  holds((await page.locator("#checked pre").count()) === 0, "a text that can't be filled is shown as if it were sent");
  const text = "Improve it in the second way. Shortly.\n\n{{ requirement }}\n";
  await page.fill("#template", text);
  await ahead("Improve it in the second way. Shortly.");
  holds((await kept()).calls === before.calls, "to look at it sent something");
  // Twice in quick succession is once.
  await page.evaluate(() => {
    for (let time = 0; time < 2; time++) document.querySelector("form[data-editor] button.first").click();
  });
  await page.waitForURL(/trial=/);
  holds((await page.textContent("#done")).includes("No version was added"), "nobody says that nothing was saved");
  holds((await page.evaluate(() => document.activeElement.id)) === "done", "the focus is lost");
  await page.waitForFunction(() => document.querySelector("#tried .state")?.textContent === "answered and read");
  const shown = await page.textContent("#tried");
  holds(shown.includes("As the step read it") && shown.includes("Raw answer"), shown);
  await page.reload();
  await page.click("text=Send it once");
  await page.waitForURL(/trial=.*done=tried|trial=/);
  await page.waitForSelector("#tried .state.success");
  const after = await kept();
  holds(after.calls === before.calls + 1, `${after.calls - before.calls} calls were sent`);
  holds(JSON.stringify(after.versions) === JSON.stringify(before.versions), "a version was added");
  await page.click("text=Save as a version");
  await page.waitForURL(/refine\/edit/);
  holds((await page.inputValue("#template")) === text, "the text isn't taken over");
  await page.waitForSelector("#checked ins");
  // What was typed there is kept as if it had been typed here.
  await page.goto(`${base}/prompts/refine/edit`);
  await page.waitForFunction((text) => document.getElementById("template").value === text, text);
  await page.click("text=Drop it");
  holds(JSON.stringify((await kept()).versions) === JSON.stringify(before.versions), "a version was added");
}

/** A page of another port gets nothing of any address, though its browser sends the session's cookie along. */
async function stranger({ base }, open) {
  const context = await open();
  const kept = async () => (await context.request.get(`${base}/api/prompts`)).text();
  // How many requests were let in, this one left out.
  const admitted = async () => {
    const numbers = await (await context.request.get(`${base}/metrics`)).text();
    return [...numbers.matchAll(/^stepwell_requests_total{.*} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const before = await kept();
  const described = await (await context.request.get(`${base}/api/openapi.json`)).json();
  const addresses = Object.keys(described.paths).map((path) => path.replaceAll(/{run}|{comparison}/g, "last").replace("{name}", "refine").replace("{version}", "2"));
  const site = await elsewhere();
  const page = await context.newPage();
  let tried = 0;
  page.on("request", (request) => (tried += request.url().startsWith(base)));
  await page.goto(site.base);
  const already = await admitted();
  const read = await page.evaluate(async ([base, addresses]) => {
    const read = [];
    for (const address of [...addresses, "/plugins", "/metrics"]) {
      await new Promise((done) => Object.assign(new Image(), { onload: done, onerror: done, src: base + address }));
      for (const mode of ["no-cors", "cors"]) {
        for (const method of mode === "cors" ? ["GET", "POST", "PUT", "DELETE"] : ["GET", "POST"]) {
          const body = method === "GET" ? undefined : "{}";
          const answer = await fetch(base + address, { mode, method, body, credentials: "include" }).catch(() => null);
          if (answer && answer.type !== "opaque") read.push(`${method} ${address}`);
        }
      }
    }
    return read;
  }, [base, addresses]);
  holds(read.length === 0, `it read ${read}`);
  holds(tried > 6 * addresses.length, `it tried ${tried} times`);
  holds((await admitted()) === already + 1, "the server let some of it in");
  for (const address of ["/api/runs", "/api/prompts", "/runs"]) {
    const form = await context.newPage();
    await form.goto(site.base);
    const answer = form.waitForResponse(base + address);
    await form.evaluate((action) => {
      const form = Object.assign(document.createElement("form"), { action, method: "post", enctype: "text/plain" });
      document.body.append(form);
      form.submit();
    }, base + address);
    holds((await answer).status() === 403, `a form was sent to ${address}`);
    await form.close();
  }
  holds((await kept()) === before, "something was changed");
  await page.close();
  site.close();
}

/** Every page in light and dark, wide and narrow: whole, without what axe-core objects to, and kept as a picture. */
async function seen({ base, token, run, comparison, definitions, pictures }, open) {
  const probe = await (await open()).newPage();
  const api = new Api(base, token);
  const gate = await api.start(definitions.gate, "# To be agreed\n\nA text that is asked about.");
  const [failed] = (await api.get("/api/runs?status=failure")).items;
  await api.waits(gate);
  const first = async (address, selector) => {
    await probe.goto(base + address);
    return probe.getAttribute(selector, "href");
  };
  const pages = {
    runs: "/runs",
    start: "/runs/new?definition=untested_coding.toml",
    run,
    step: `${run}?step=requirement`,
    files: `${run}?step=implementation/code`,
    document: await first(`${run}?step=architecture_design`, "a[href*='/document?']"),
    prompts: "/prompts",
    prompt: "/prompts/refine",
    versions: "/prompts/refine?version=3&against=2",
    beside: "/prompts/refine?version=3&against=2&diff=beside",
    editor: "/prompts/refine/edit?from=2",
    comparisons: "/comparisons",
    comparison,
    case: `${comparison}?case=0`,
    sides: `${comparison}?case=0&diff=beside`,
    documents: `${run}/documents`,
    compare: `/comparisons/new?run=${run.split("/").pop()}&step=requirement/refine`,
    choose: "/comparisons/new",
    plugins: "/plugins",
    calls: "/calls?by=prompt",
    call: await first("/calls", "a[href^='/calls/']"),
    whole: `${await first("/calls", "a[href^='/calls/']")}/text?of=prompt`,
    nothing: "/nothing-here",
    misspelt: "/runs?serach=x",
    removing: `${comparison}/remove`,
    try: "/prompts/refine/try?from=2",
    history: "/prompts/refine/history",
    gate: `/runs/${gate}`,
    failed: `/runs/${failed.id}`,
    "failed-step": `/runs/${failed.id}?step=requirement`,
    wrong: "/cost?by=nothing",
  };
  for (const by of ["run", "step", "item", "prompt", "model", "provider", "day"]) pages[`cost-${by}`] = `/cost?by=${by}`;
  const all = await (await probe.request.get(`${base}/api/comparisons`)).json();
  const trial = all.items.find((comparison) => comparison.labels.includes("unsaved text"));
  if (trial) pages.tried = `/prompts/refine/try?from=2&trial=${trial.id}`;
  const wrong = [];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1280, 390, 320]) {
      // axe-core comes from beside the page, which the page's policy rightly refuses.
      const page = await (await open({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true, reducedMotion: "reduce" })).newPage();
      for (const [name, address] of Object.entries(pages)) {
        await page.goto(base + address);
        // What is folded is looked at, too.
        await page.evaluate(() => document.querySelectorAll("main details.more").forEach((details) => (details.open = true)));
        await page.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (beyond > 0) wrong.push(`${name} at ${width}: ${beyond} pixels too wide`);
        for (const one of await violations(page)) wrong.push(`${name}, ${colorScheme}, ${width}: ${one}`);
      }
      await page.context().close();
      // Who has no session yet.
      const stranger = await (await open({ at: null, colorScheme, viewport: { width, height: 900 }, bypassCSP: true })).newPage();
      for (const [name, address] of [["session", "/session"], ["session-over", "/session?next=/runs&sent=yes"]]) {
        await stranger.goto(base + address);
        await stranger.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true });
        const [ground, font] = await stranger.evaluate(() => [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(document.body).fontFamily]);
        const [light] = ground.match(/[\d.]+/g).map(Number);
        if (light > 128 !== (colorScheme === "light") || /times/i.test(font)) wrong.push(`${name}, ${colorScheme}: ${ground}, ${font}`);
        for (const one of await violations(stranger)) wrong.push(`${name}, ${colorScheme}, ${width}: ${one}`);
      }
      await stranger.context().close();
    }
  }
  holds(wrong.length === 0, wrong.join("\n"));
}

/** Without scripts everything can be read, and a version be chosen. */
async function plain({ base, run, comparison }, open) {
  const page = await (await open({ javaScriptEnabled: false })).newPage();
  await page.goto(`${base}${run}?step=requirement`);
  await page.getByText("Filled prompt").first().waitFor();
  await page.goto(`${base}/prompts/refine`);
  await page.selectOption("#version", "2");
  await page.click("form.versions button");
  await page.waitForURL(/version=2/);
  await page.goto(`${base}${comparison}?case=0`);
  await page.getByText("Raw answer").first().waitFor();
}

/** The journey of a prompt without a mouse: edited, saved, picked, two run and compared, and one made current. */
async function keys({ base }, open) {
  const page = await (await open()).newPage();
  let pressed = 0;
  const press = async (...keys) => {
    for (const key of keys) {
      pressed += 1;
      await page.keyboard.press(key);
    }
  };
  await page.goto(`${base}/runs`);
  await press("g", "p");
  await page.waitForURL(`${base}/prompts`);
  const at = (words) => page.evaluate((words) => document.activeElement.textContent.trim() === words, words);
  while (!(await at("refine"))) await press("j");
  await press("Enter");
  await page.waitForURL(/prompts\/refine$/);
  const latest = Number((await page.textContent("#version option")).match(/v(\d+)/)[1]);
  await press("e");
  await page.waitForURL(/refine\/edit/);
  // Where the editor opens the text has the focus.
  await press("Control+Home", ..."Now: ");
  await press("Control+Enter");
  await page.waitForURL(new RegExp(`version=${latest + 1}`));
  await press("d");
  // The provider has no answer for those that are newer.
  const against = "3";
  for (let other = latest; other >= 3; other--) {
    await press("ArrowDown");
    await page.waitForURL(new RegExp(`against=${other}`));
    await page.waitForFunction(() => document.activeElement.id === "against");
  }
  await press("Escape", "c");
  await page.waitForURL(/comparisons\/new\?prompt=refine/);
  await press("j", "Enter");
  await page.waitForURL(/step=/);
  await press("Control+Enter");
  await page.waitForURL(/\/comparisons\/[0-9a-f-]{36}/);
  await stands(page, "finished");
  await press("m");
  const isCurrent = (label) => [...document.querySelectorAll("#numbers tr")].some((row) => row.textContent.startsWith(`${label}baselinecurrent`));
  await page.waitForFunction(isCurrent, `v${against}`);
  const prompt = await (await page.request.get(`${base}/api/prompts/refine`)).json();
  holds(prompt.current === Number(against), `v${prompt.current} is current`);
  holds(pressed <= 60, `it takes ${pressed} keys`);
  return { pressed };
}

const [name, given] = process.argv.slice(2);
const about = JSON.parse(given);
let found = {};
await tell(about, async (open) => (found = (await STORIES[name](about, open)) ?? {}));
console.log(`told ${JSON.stringify(found)}`);
