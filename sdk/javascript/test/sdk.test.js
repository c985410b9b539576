// The package on its fake host.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Failure, Step, ask, askAll, askPerson, fill, listFiles, log, readText, setting, writeFile } from "stepwell-sdk";
import { FakeHost } from "stepwell-sdk/testing";

import { remarkOf } from "../src/attempt.js";
import { bytesOf, textOf } from "../src/bytes.js";

const text = { name: "text", description: "The text" };
const style = { name: "style", description: "How", required: false, schema: { type: "string" } };

class Shorten extends Step {
  describe() {
    const prompt = { name: "shorten", intrinsic: "Shorten {{style}}:\n{{ text }}", variables: [text, style] };
    return { name: "shorten", version: "1", summary: "Shortens.", inputs: [text], documents: [text], prompts: [prompt], settings: [style] };
  }

  processResponse(inputs, response) {
    if (response.length > inputs.text.length) throw Failure.invalidResponse("it is longer");
    return { text: response, template: inputs.$prompt };
  }
}

class Twice extends Shorten {
  execute(inputs) {
    const first = ask(fill("shorten", { text: inputs.text, style: "a little" }));
    return this.processResponse(inputs, ask(fill("shorten", { text: first, style: "much" })));
  }
}

function failureOf(work) {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Failure, error.stack);
    return error;
  }
  throw new Error("it did not fail");
}

test("a prompt is filled from inputs and settings", () => {
  const host = new FakeHost({ answers: ["ab"], settings: { style: '"well"' } });
  const documents = host.execute(new Shorten(), { text: " abc " });
  assert.deepEqual(documents, { text: "ab", template: "Shorten {{style}}:\n{{ text }}" });
  assert.deepEqual(host.promptsSent, ["Shorten well:\nabc"]);
  assert.equal(host.constructPrompt(new Shorten(), { text: "abc" }), "Shorten well:\nabc");
});

test("only the question changes that was answered badly, and it stays changed", () => {
  const host = new FakeHost({ answers: ["ab", "abcdef", "ab", "abcdefg", "ab", "a"] });
  let failure = failureOf(() => host.execute(new Twice(), { text: "abc" }));
  assert.equal(failure.message, "it is longer (answer 2)");
  failure = failureOf(() => host.retry(new Twice(), { text: "abc" }, failure));
  assert.equal(host.retry(new Twice(), { text: "abc" }, failure).text, "a");
  const [first, second] = [0, 1].map((rest) => host.promptsSent.filter((_, at) => at % 2 === rest));
  assert.deepEqual(first, Array(3).fill("Shorten a little:\nabc"));
  assert.equal(second[0], "Shorten much:\nab");
  assert.equal(second[1], second[2]);
  assert.match(second[1], /could not be used: it is longer\n/);
});

test("what a step failed with is read again", () => {
  assert.deepEqual(remarkOf("invalid-response: it lacks a (b) (answer 3)"), { call: 3, remark: "it lacks a (b)" });
  for (const other of ["limit: cpu", "invalid-response: no number", "invalid-response: odd (answer x)", ""]) {
    assert.equal(remarkOf(other), null);
  }
});

test("an input that is missing is named", () => {
  const failure = failureOf(() => new FakeHost().execute(new Shorten(), { text: " " }));
  assert.deepEqual([failure.kind, failure.message], ["invalid-input", "nothing was given for `text`"]);
});

test("an answer that says nothing is asked for again", () => {
  const failure = failureOf(() => new FakeHost({ answers: ["\n"] }).execute(new Shorten(), { text: "a" }));
  assert.deepEqual([failure.kind, failure.retryable], ["invalid-response", true]);
});

test("a call of the host where none may be fails the test", () => {
  class Asking extends Shorten {
    processResponse() {
      return { text: ask("again") };
    }
  }
  assert.throws(() => new FakeHost().processResponse(new Asking(), { text: "a" }, "b"), /`processResponse` calls `complete`/);
});

test("a template with more than names is not filled wrongly", () => {
  const filled = (template) => new FakeHost({ prompts: { shorten: template } }).constructPrompt(new Shorten(), { text: "$&" });
  assert.throws(() => filled("{% if text %}{{ text }}{% endif %}"), /another text of `shorten`/);
  assert.equal(failureOf(() => filled("{{ other }}")).kind, "missing-variable");
  assert.equal(filled("{{ text }}"), "$&");
});

test("files, people and the log", () => {
  class Busy extends Shorten {
    execute() {
      log("begins");
      writeFile("out/a.txt", readText("in.txt") + askPerson("T", [{ key: "who", text: "Who?" }])[0]);
      return { text: askAll(["1", "2"]).join("+"), all: setting("all", 7), files: listFiles("**/*.txt").join(" ") };
    }
  }
  const host = new FakeHost({ answers: ["a", "b"], person: { who: "mé 🦀" }, files: { "in.txt": "by ", "in.md": "" } });
  assert.deepEqual(host.execute(new Busy(), { text: "t" }), { text: "a+b", all: 7, files: "in.txt out/a.txt" });
  assert.equal(host.fileText("out/a.txt"), "by mé 🦀");
  assert.deepEqual(host.logged, ["info: begins"]);
  const failure = failureOf(() => new FakeHost({ files: { "in.txt": "" } }).execute(new Busy(), { text: "t" }));
  assert.equal(failure.kind, "nobody-there");
});

test("bytes are UTF-8", () => {
  for (const one of ["", "a%b\0", "é🦀\n"]) {
    assert.deepEqual([...bytesOf(one)], [...new TextEncoder().encode(one)]);
    assert.equal(textOf(bytesOf(one)), one);
  }
});
