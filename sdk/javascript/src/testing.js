// A host for a step's own tests: scripted answers go in, what the step asked comes out.
//
// It keeps files in memory, and fails a test, naming the function, where the real host would end the attempt. It has no store, and checks no
// grants. Of a template it fills `{{ name }}` and nothing else.

import { carryOut } from "./attempt.js";
import { bytesOf, textOf } from "./bytes.js";
import { Failure } from "./failure.js";
import { carriedOutBy } from "./host.js";

const VARIABLE = /\{\{\s*([a-z][a-z0-9_]*)\s*\}\}/g;
const PURE = ["render", "setting"];

export class FakeHost {
  #known = {};
  #phase = "execute";
  #attempt = 1;
  #previousEnd = null;

  constructor({ answers = [], person = null, settings = {}, files = {}, prompts = {} } = {}) {
    this.answers = [...answers];
    this.person = person;
    this.settings = { ...settings };
    const bytes = ([path, content]) => [path, typeof content === "string" ? bytesOf(content) : content];
    this.files = Object.fromEntries(Object.entries(files).map(bytes));
    this.prompts = { ...prompts };
    this.promptsSent = [];
    this.asked = [];
    this.logged = [];
    this.checkpoints = {};
  }

  execute(step, inputs) {
    this.#attempt = 1;
    this.#previousEnd = null;
    return this.#during("execute", step, inputs, (all) => carryOut(step, all));
  }

  retry(step, inputs, failure) {
    this.#attempt += 1;
    this.#previousEnd = `${failure.kind}: ${failure.message}`;
    return this.#during("execute", step, inputs, (all) => carryOut(step, all));
  }

  constructPrompt(step, inputs) {
    return this.#during("constructPrompt", step, inputs, (all) => step.constructPrompt(all));
  }

  processResponse(step, inputs, response) {
    return this.#during("processResponse", step, inputs, (all) => step.processResponse(all, response));
  }

  /** The text of a file, as the step left it. */
  fileText(path) {
    return path in this.files ? textOf(this.files[path]) : null;
  }

  #during(phase, step, inputs, work) {
    const prompts = step.describe().prompts ?? [];
    const intrinsic = Object.fromEntries(prompts.map((prompt) => [prompt.name, prompt.intrinsic]));
    this.#known = { ...intrinsic, ...this.prompts };
    const all = prompts.length > 0 ? { ...inputs, $prompt: this.#known[prompts[0].name] } : { ...inputs };
    this.#phase = phase;
    return carriedOutBy(this.#lent(), () => work(all));
  }

  /** What the step may call meanwhile. */
  #lent() {
    const phase = this.#phase;
    const allowed = (name) => phase === "execute" || (phase === "constructPrompt" && PURE.includes(name));
    return new Proxy(this.#functions(), {
      get(functions, name) {
        if (!allowed(name)) throw new Error(`\`${phase}\` calls \`${name}\`: the host would end the attempt`);
        return functions[name];
      },
    });
  }

  #functions() {
    return {
      complete: (prompts) => prompts.map((prompt) => this.#answer(prompt)),
      render: (prompt, variables) => this.#render(prompt, variables),
      setting: (name) => this.settings[name] ?? null,
      attempt: () => this.#attempt,
      previousEnd: () => this.#previousEnd,
      loadCheckpoint: (key) => this.checkpoints[key] ?? null,
      saveCheckpoint: (key, value) => (this.checkpoints[key] = value),
      askPerson: (_title, questions) => this.#askPerson(questions),
      listFiles: (pattern) => Object.keys(this.files).filter(matching(pattern)).sort(),
      readFile: (path) => {
        if (!(path in this.files)) throw Failure.other("file-not-found", `there is no file ${path}`);
        return this.files[path];
      },
      writeFile: (path, content) => (this.files[path] = content),
      log: (level, message) => this.logged.push(`${level}: ${message}`),
      advance: () => {},
    };
  }

  #answer(prompt) {
    this.promptsSent.push(prompt);
    if (this.answers.length === 0) throw new Error(`the script has no answer to ${JSON.stringify(prompt)}`);
    const answer = this.answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  }

  #render(prompt, variables) {
    const template = this.#known[prompt];
    if (template === undefined) throw Failure.other("prompt-not-found", `there is no prompt \`${prompt}\``);
    const missing = [...template.matchAll(VARIABLE)].map((found) => found[1]).filter((name) => !(name in variables));
    if (missing.length > 0) throw Failure.other("missing-variable", `the prompt \`${prompt}\` wants ${missing.join(", ")}`);
    const rest = template.replace(VARIABLE, "");
    if (rest.includes("{{") || rest.includes("{%")) {
      throw new Error(`the fake host fills \`{{ name }}\` alone: give it another text of \`${prompt}\``);
    }
    return template.replace(VARIABLE, (_, name) => variables[name]);
  }

  #askPerson(questions) {
    this.asked.push(...questions);
    if (this.person === null) throw Failure.other("nobody-there", "nobody will answer");
    return questions.map((question) => this.person[question.key] ?? "");
  }
}

/** Whether a path matches a glob: `*` within a part of it, `**` across parts. */
function matching(pattern) {
  const literal = (text) => text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "[^/]*").replace(/\?/g, "[^/]");
  const parts = pattern.split("**/").map((part) => part.split("**").map(literal).join(".*"));
  const whole = new RegExp(`^${parts.join("(?:.*/)?")}$`);
  return (path) => whole.test(path);
}
