// What a person typed, corrected or was about to do, while something else happens: nothing of it is lost, and nothing stands still.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Api, holds, stands } from "./browser.mjs";

const focus = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.tagName);

/** The server is gone between the question whether it is there and the form, or the session is: what was typed is there again. */
export async function lost({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const context = await open();
  const page = await context.newPage();
  const editor = `${base}/prompts/test_generation/edit`;
  const isThere = (words) => page.waitForFunction((words) => document.getElementById("template")?.value === words, words);
  const versions = async () => (await api.get("/api/prompts/test_generation")).versions.length;
  const before = await versions();
  await page.goto(editor);
  const text = `Typed before the connection went.\n${await page.inputValue("#template")}`;
  await page.fill("#template", text);
  // The answer never comes: the browser shows a page of its own.
  const saving = (route) => (route.request().isNavigationRequest() ? route.abort("connectionreset") : route.continue());
  await page.route("**/prompts/test_generation/versions", saving);
  const failed = page.waitForEvent("requestfailed");
  await page.click("text=Save as new version");
  await failed;
  await page.waitForURL(/^chrome-error:/);
  await page.unroute("**/prompts/test_generation/versions");
  // Another form is taken meanwhile: that says nothing of this one.
  await page.goto(`${base}/prompts/refine?version=2`);
  await page.locator("button[data-key='m'], h1").first().waitFor();
  if (await page.locator("button[data-key='m']").count()) {
    await page.keyboard.press("m");
    await page.waitForSelector("#done");
  }
  await page.goto(editor);
  await isThere(text);
  holds((await versions()) === before, "it was saved after all");
  // The session is over: the form asks for the token, and leads back.
  await context.clearCookies();
  await page.click("text=Save as new version");
  await page.waitForURL(/\/session\?/);
  holds((await page.textContent("[role='alert']")).includes("nothing was sent"), "nobody says that nothing was sent");
  await page.fill("#token", token);
  await page.keyboard.press("Enter");
  await page.waitForURL(/test_generation\/edit/);
  await isThere(text);
  holds((await versions()) === before, "it was saved after all");
  await page.click("text=Save as new version");
  await page.waitForSelector("#done");
  await page.goto(editor);
  await isThere(text);
  holds((await page.locator("form .notice").count()) === 0, "what was sent is offered again");
  // An answer that is typed while the session ends.
  const run = await api.start(definitions.gate, "Typed over a long time.");
  await page.goto(`${base}/runs/${run}`);
  await page.fill("form.question textarea >> nth=0", "A note that took an hour.");
  const typed = () => page.inputValue("form.question textarea >> nth=0");
  await context.clearCookies();
  await page.fill("form.question input[name='answer.decision']", "yes");
  await page.click("form.question button.first");
  await page.waitForURL(/\/session\?/);
  await page.fill("#token", token);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/runs/${run}`));
  await page.waitForSelector("form.question .notice");
  holds((await typed()) === "A note that took an hour.", `typed is “${await typed()}”`);
}

/** A part in which somebody is at work is left alone, and is drawn when they are done, though nothing happens any more. */
export async function passed({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const page = await (await open()).newPage();
  const run = await api.start(definitions.gate, "Answered elsewhere.");
  await page.goto(`${base}/runs/${run}`);
  await page.focus("form.question textarea");
  await api.agree(run);
  await stands(page, "done");
  holds((await page.locator("form.question").count()) === 1, "what has the focus was taken away");
  await page.evaluate(() => document.activeElement.blur());
  await page.waitForSelector("form.question", { state: "detached" });
  // Nor does a choice that shows at once what it chooses hold anything up.
  const slow = await api.start(definitions.slow, "Agree on this.");
  await api.agree(slow);
  await page.goto(`${base}/runs/${slow}`);
  await page.waitForSelector("#layout");
  await page.selectOption("#layout", "beside");
  await page.waitForURL(/diff=beside/);
  await page.waitForFunction(() => document.activeElement.id === "layout");
  await stands(page, "done");
  await page.waitForFunction(() => document.querySelector("ol.events li")?.textContent.includes("ended"), undefined, { timeout: 5000 }).catch(() => {});
  const shown = await page.locator("ol.events li").count();
  holds((await focus(page)) === "layout", `the focus is on ${await focus(page)}`);
  await page.reload();
  const there = await page.locator("ol.events li").count();
  holds(shown === there, `${shown} of ${there} things that happened are shown`);
}

/** What nothing depends on is corrected in a run that is over: it is saved, and says so. */
export async function corrected({ base, token, definitions }, open) {
  const api = new Api(base, token);
  const page = await (await open()).newPage();
  const run = await api.start(definitions.gate, "Corrected afterwards.");
  await api.agree(run);
  await page.goto(`${base}/runs/${run}?step=agree`);
  await stands(page, "done");
  await page.click("a[href*='/document?']");
  await page.waitForURL(/document\?/);
  await page.keyboard.press("e");
  holds((await focus(page)) === "text", `the focus is on ${await focus(page)}`);
  await page.fill("#text", "Another word.");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector("#done");
  const said = await page.textContent("#done");
  holds(said.includes("revision 2 counts now"), said);
  holds((await focus(page)) === "done", "the focus is lost");
}

/** What a form did is said where it leads to, with the focus on it: a start, an answer. And back leads to where one was. */
export async function said({ base, token, definitions }, open) {
  const page = await (await open()).newPage();
  const isSaid = async (words) => {
    // Until the answer comes the page before still stands, and what it had said with it.
    await page.locator("#done", { hasText: words }).waitFor();
    holds((await focus(page)) === "done", `${words}: the focus is on ${await focus(page)}`);
  };
  await page.goto(`${base}/runs/new?definition=${definitions.gate.name}`);
  await page.fill("#input-feature", "Started by hand.");
  await page.keyboard.press("Control+Enter");
  await isSaid("Started.");
  holds(!page.url().includes("done="), page.url());
  await page.waitForSelector("form.question");
  await page.click("form.question [data-text='yes']");
  await page.keyboard.press("Control+Enter");
  await isSaid("Your answer is taken.");
  await stands(page, "done");
  await page.goto(`${base}/runs/new?definition=${definitions.gate.name}`);
  await page.waitForTimeout(300);
  holds((await page.inputValue("#input-feature")) === "", "what was sent is offered again");
  // A text that doesn't fit, mended, and then back: to the editor, and not to what was sent.
  const editor = `${base}/prompts/implementation/edit`;
  await page.goto(editor);
  const text = await page.inputValue("#template");
  const breaks = async () => {
    await page.fill("#template", "{{ broken");
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector("[role='alert']");
    holds(new URL(page.url()).pathname.endsWith("/edit"), `it stands at ${page.url()}`);
  };
  await breaks();
  await page.fill("#template", `Mended. ${text}`);
  await page.keyboard.press("Control+Enter");
  await isSaid("Saved as v2");
  await page.goBack();
  await page.waitForSelector("form[data-editor] #template");
  holds((await page.inputValue("#template")).endsWith(text), "another text is there");
  holds((await page.locator("form .notice").count()) === 0, "what was sent is offered again");
  // Loaded anew it has what was typed.
  await breaks();
  await page.reload();
  await page.waitForFunction(() => document.getElementById("template").value === "{{ broken");
  await page.click("text=Drop it");
  // Nor does a choice that is tried and left again fill the history.
  await page.goto(`${base}/prompts/refine`);
  const [newest, other] = await page.$$eval("#version option", (options) => options.map((option) => option.value));
  const length = await page.evaluate(() => history.length);
  for (const version of [other, newest, other]) {
    await page.selectOption("#version", version);
    await page.waitForURL(new RegExp(`version=${version}`));
  }
  holds((await page.evaluate(() => history.length)) === length, "each choice is one more to go back through");
}

/** Every section is in sight, and so is what finds something, wide and narrow. */
export async function reached({ base }, open) {
  for (const width of [1280, 390, 320]) {
    const page = await (await open({ viewport: { width, height: 900 } })).newPage();
    await page.goto(`${base}/cost`);
    const out = await page.$$eval(".bar li a", (links) => links.filter((link) => link.getBoundingClientRect().right > innerWidth).map((link) => link.textContent));
    holds(out.length === 0, `at ${width} ${out} is out of sight`);
    holds((await page.textContent(".bar [aria-current]")) === "Cost", "the section isn't marked");
    const [date, button] = await Promise.all([page.locator("#since").boundingBox(), page.locator("form.find button").boundingBox()]);
    holds(date.width < 300, `the date is ${date.width} wide`);
    if (width > 390) holds(Math.abs(date.y - button.y) < 20, "the button is on another line than the date");
  }
}

/** A draft that was begun from a version that is the latest no more isn't saved over what was saved meanwhile, also after a reload. */
export async function overtaken({ base, token }, open) {
  const api = new Api(base, token);
  const context = await open();
  const page = await context.newPage();
  const name = "architecture_design";
  const editor = `${base}/prompts/${name}/edit`;
  await page.goto(editor);
  const versions = (await api.get(`/api/prompts/${name}`)).versions;
  const before = versions.length;
  const latest = Math.max(...versions.map((version) => version.number));
  const text = await page.inputValue("#template");
  await page.fill("#template", `${text}\nMine.`);
  const other = await context.newPage();
  await other.goto(editor);
  await other.fill("#template", `${text}\nTheirs.`);
  await other.click("text=Save as new version");
  await other.waitForSelector("#done");
  await page.reload();
  await page.waitForSelector("[data-overtaken]");
  const said = await page.textContent("[data-overtaken]");
  holds(said.includes(`from v${latest}, when v${latest} was the latest`) && said.includes("has changed since"), said);
  holds((await page.inputValue("#template")).endsWith("Mine."), "what was typed is lost");
  // Nor does a second reload forget it, or a look at what would be sent.
  await page.reload();
  await page.waitForSelector("[data-overtaken]");
  await page.click("text=Try it");
  await page.waitForSelector(`text=begun from v${latest}`);
  await page.click("text=Save as a version …");
  await page.waitForSelector(`text=Edit from v${latest}`);
  await page.click("text=Save as new version");
  await page.waitForSelector("[role='alert']");
  const conflict = await page.textContent("[role='alert']");
  holds(conflict.includes(`v${latest + 1} was saved while you were writing`) && conflict.includes("Theirs."), conflict);
  holds((await api.get(`/api/prompts/${name}`)).versions.length === before + 1, "it was saved over what somebody else saved");
  holds((await page.inputValue("#template")).endsWith("Mine."), "what was typed is lost");
  // What is dropped is gone, and the form is the page's own.
  await page.goto(editor);
  await page.waitForFunction(() => document.getElementById("template").value.endsWith("Mine."));
  await page.click("text=Drop it");
  holds((await page.inputValue("#template")).endsWith("Theirs."), "the draft is still there");
  holds((await page.inputValue("[name='based_on']")) === String(latest + 1), "the form isn't the page's own");
}

/** What was decided at a gate of something else is no answer to what is asked now: it is empty, and what is different in sight. */
export async function decided({ base, token, definitions, folder }, open) {
  const api = new Api(base, token);
  const page = await (await open()).newPage();
  const run = await api.start(definitions.kept, "Agreed on this.");
  await api.waits(run);
  await page.goto(`${base}/runs/${run}`);
  const decision = "form.question input[name='answer.decision']";
  const note = "form.question [name='answer.note']";
  await page.fill(note, "Looks right.");
  await page.fill(decision, "yes");
  writeFileSync(join(folder, "kept.md"), "Somebody wrote this meanwhile.\n");
  const changed = async () => {
    const said = await page.textContent("form.question .notice.warn");
    holds(said.includes("kept.md"), said);
    holds(await page.isVisible("text=Somebody wrote this meanwhile."), "what is different is out of sight");
    holds((await page.inputValue(decision)) === "", "a yes to something else is there");
    holds((await page.inputValue(note)) === "Looks right.", "what was typed is lost");
  };
  await page.click("form.question button.first");
  await page.waitForSelector("#refused");
  const refused = await page.textContent("#refused");
  holds(refused.includes("kept.md") && refused.includes("nothing was answered"), refused);
  await changed();
  holds(new URL(page.url()).pathname === `/runs/${run}`, page.url());
  // Once more, between two loads of the page: the draft is none of what is asked now.
  await page.fill(decision, "yes");
  writeFileSync(join(folder, "kept.md"), "Somebody wrote this meanwhile. And this.\n");
  await page.reload();
  await page.waitForSelector("[data-overtaken]");
  await page.waitForFunction(() => document.querySelector("[name='answer.note']").value === "Looks right.");
  holds((await page.inputValue(decision)) === "", "a yes to something else is there");
  // The server says so, too, whatever is sent.
  await page.fill(decision, "yes");
  await page.click("form.question button.first");
  await page.waitForSelector("#refused");
  await changed();
  await page.fill(decision, "yes");
  await page.click("form.question button.first");
  await page.waitForSelector("#done");
  await stands(page, "done");
}
