// Makes a component of a step: what the contract says on one side, what this package says on the other.
//
// It can only be imported while componentize-qjs builds the component, which has the modules of the contract.

import chat from "stepwell:plugin/chat@0.1.0";
import context from "stepwell:plugin/context@0.1.0";
import dialogue from "stepwell:plugin/dialogue@0.1.0";
import progress from "stepwell:plugin/progress@0.1.0";
import prompts from "stepwell:plugin/prompts@0.1.0";
import workspace from "stepwell:plugin/workspace@0.1.0";

import { carryOut } from "./attempt.js";
import { Failure } from "./failure.js";
import { carriedOutBy } from "./host.js";

/** What a failure is called in the contract, unless its kind is a code of its own. */
const KINDS = ["invalid-input", "invalid-response", "denied", "declined"];
/** Refusals that say what stands in the way, whatever was called. */
const DENIED = ["denied", "over-budget", "too-large"];
/** What may be gone at the next attempt. */
const PASSING = ["prompt-unavailable", "unavailable"];
/** What the host's codes are called where they alone would not say of what they are. */
const NAMED = {
  prompt: { "not-found": "prompt-not-found", unavailable: "prompt-unavailable" },
  file: { "not-found": "file-not-found" },
};

/** What a component exports whose step is this one. */
export function exported(StepClass) {
  return {
    describe: () => said(() => description(new StepClass().describe())),
    constructPrompt: (inputs) => lent(() => new StepClass().constructPrompt(byName(inputs))),
    processResponse: (inputs, response) => texts(lent(() => new StepClass().processResponse(byName(inputs), response))),
    execute: (inputs) => texts(lent(() => carryOut(new StepClass(), byName(inputs)))),
  };
}

/** Carries something out by the real host; a failure goes out as the contract has it. */
function lent(work) {
  try {
    return carriedOutBy(realHost, work);
  } catch (error) {
    // A step may call the contract's functions itself, and let a refusal pass.
    const failure = error instanceof Failure ? error : refused(error);
    if (!(failure instanceof Failure)) throw asError(failure);
    const kind = KINDS.includes(failure.kind) ? { tag: failure.kind } : { tag: "other", val: failure.kind };
    throw { kind, message: failure.message, retryable: failure.retryable };
  }
}

/** What has no failures: whatever is thrown in it ends the attempt. */
function said(work) {
  try {
    return work();
  } catch (error) {
    throw asError(error);
  }
}

/** What was thrown as an error, which the runtime shows with its words: JavaScript lets anything be thrown. */
function asError(thrown) {
  if (thrown instanceof Error) return thrown;
  let told;
  try {
    told = typeof thrown === "object" ? JSON.stringify(thrown) : String(thrown);
  } catch {
    told = Object.prototype.toString.call(thrown);
  }
  const error = new Error(`it threw what is no error: ${told}`);
  // Where it was thrown nobody knows: this line of the SDK would send the author astray.
  error.stack = "";
  return error;
}

const byName = (inputs) => Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
const texts = (named) => Object.entries(named).map(([name, value]) => ({ name, value }));

function description(said) {
  const grants = said.grants ?? [];
  const annotations = { ...said.annotations };
  for (const grant of grants) annotations[grant.name] = grant.reason;
  const optional = grants.filter((grant) => grant.optional).map((grant) => [grant.name, grant.value]);
  if (optional.length > 0) annotations["optional-grants"] = Object.fromEntries(optional);
  const asJson = ([name, value]) => ({ name, value: JSON.stringify(value) });
  return {
    name: said.name,
    version: said.version,
    summary: said.summary,
    prompts: (said.prompts ?? []).map((prompt) => ({ ...prompt, variables: fields(prompt.variables) })),
    inputs: fields(said.inputs),
    documents: fields(said.documents),
    settings: fields(said.settings),
    grants: grants.filter((grant) => !grant.optional).map(({ name, value }) => ({ name, value })),
    annotations: Object.entries(annotations).map(asJson),
  };
}

function fields(said = []) {
  return said.map((field) => ({
    name: field.name,
    description: field.description,
    required: field.required ?? true,
    schema: field.schema === undefined ? null : JSON.stringify(field.schema),
  }));
}

/** Calls the host; what a refusal of it becomes. It has retried what is worth retrying. */
function called(work, of = "") {
  try {
    return work();
  } catch (error) {
    throw refused(error, of);
  }
}

function refused(error, of = "") {
  const said = error?.kind ? error : error?.payload;
  // What a step throws by itself may have a `kind`, too: the host's is a case of a variant.
  if (typeof said?.kind?.tag !== "string" || typeof said.message !== "string") return error;
  const word = said.kind.tag === "other" ? said.kind.val : said.kind.tag;
  const code = NAMED[of]?.[word] ?? word;
  if (DENIED.includes(code)) return Failure.denied(said.message);
  if (code === "declined") return Failure.declined(said.message);
  if (code === "schema-mismatch") return Failure.invalidResponse(said.message);
  return Failure.other(code, said.message, PASSING.includes(code));
}

/** The text of an answer, if its end was said. */
function whole(answer) {
  const { tag, val } = answer.finishReason;
  if (tag === "stop" || tag === "tool-calls") return answer.text;
  if (tag === "content-filter") throw Failure.other("content-filtered", "the model, or its provider's filter, refused to answer");
  if (tag === "length") throw Failure.invalidResponse("the answer was cut off at the most output tokens: be briefer");
  throw Failure.invalidResponse(`the answer ended with \`${val}\`: nobody knows whether that is its whole`);
}

const request = (prompt) => ({
  messages: [{ role: "user", parts: [{ tag: "text", val: prompt }], options: [] }],
  model: null,
  maxOutputTokens: null,
  temperature: null,
  stop: [],
  answerSchema: null,
  tools: [],
  toolChoice: { tag: "auto" },
  options: [],
});

function complete(asked) {
  if (asked.length === 1) return [whole(called(() => chat.complete(request(asked[0]))))];
  const answers = called(() => chat.completeAll(asked.map(request)));
  return answers.map((answer) => {
    if (answer.tag === "err") throw refused(answer.val);
    return whole(answer.val);
  });
}

function question(asked) {
  const annotations = { required: asked.required ?? true, multiline: asked.multiline ?? false };
  return {
    key: asked.key,
    text: asked.text,
    choices: asked.choices ?? [],
    suggested: asked.suggested ?? null,
    annotations: Object.entries(annotations).map(([name, value]) => ({ name, value: JSON.stringify(value) })),
  };
}

/** The host that carries the component out. */
const realHost = {
  complete,
  render: (prompt, variables) => called(() => prompts.render(prompt, texts(variables)), "prompt"),
  setting: (name) => context.setting(name),
  attempt: () => context.attempt(),
  previousEnd: () => context.previousEnd(),
  loadCheckpoint: (key) => context.loadCheckpoint(key),
  saveCheckpoint: (key, value) => called(() => context.saveCheckpoint(key, value)),
  askPerson: (title, questions, guidance) => called(() => dialogue.ask({ title, guidance, questions: questions.map(question) })),
  listFiles: (pattern) => called(() => workspace.entries(pattern), "file").map((entry) => entry.path),
  readFile: (path) => called(() => workspace.read(path), "file"),
  writeFile: (path, content) => called(() => workspace.write(path, content), "file"),
  log: (level, message) => progress.log(level, message),
  advance: (done, total, label) => progress.advance(done, total, label),
};
