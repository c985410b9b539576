/** An input that a step reads, a variable of its prompt, a document that it writes, or a setting. */
export interface Field {
  /** `[a-z][a-z0-9_]*` */
  name: string;
  description: string;
  /** `true` if left out. */
  required?: boolean;
  /** A JSON Schema of its text, against which the host holds it. */
  schema?: object;
}

/** A prompt that the step uses: people make versions of it, and this is the first. */
export interface Prompt {
  name: string;
  intrinsic: string;
  variables?: Field[];
}

/** What the step is to be allowed, such as `workspace` = `write`, and why. */
export interface Grant {
  name: string;
  value: string;
  reason: string;
  /** Whether the step can do without it. */
  optional?: boolean;
}

/** What a step is, reads and writes. */
export interface Description {
  name: string;
  version: string;
  summary: string;
  inputs?: Field[];
  documents?: Field[];
  /** The first one is what `constructPrompt` fills. */
  prompts?: Prompt[];
  settings?: Field[];
  grants?: Grant[];
  /** What else the host knows, by name, as what becomes JSON. */
  annotations?: Record<string, unknown>;
}

/** A question to the person behind the run. */
export interface Question {
  /** Names it for answers that are given beforehand. */
  key: string;
  text: string;
  /** Ready answers to choose from; empty for free text. */
  choices?: string[];
  suggested?: string;
  required?: boolean;
  multiline?: boolean;
}

/** Texts by name: inputs, variables or documents. */
export type Texts = Record<string, string>;

/** One unit of work in a workflow. Only `describe` and `processResponse` have to be written. */
export abstract class Step {
  /** What the step is, reads and writes. May call no function of the host. */
  abstract describe(): Description;
  /**
   * The documents in a model's answer. Pure: it calls no function of the host, so that a stored answer can be parsed again for free. Among the
   * inputs is `$prompt`, the template that is in force. Throws `Failure.invalidResponse`.
   */
  abstract processResponse(inputs: Texts, response: string): Texts;
  /** The first prompt that `execute` would send; none where the step asks no model. It may call `fill` and `setting`. */
  constructPrompt(inputs: Texts): string | null;
  /** The step's work. After a failure the host starts it again; what it asked before is answered as before. */
  execute(inputs: Texts): Texts;
}

/** Why a step gave up. */
export class Failure extends Error {
  constructor(kind: string, message: string, retryable?: boolean);
  /** `invalid-input`, `invalid-response`, `denied`, `declined`, or a code of the step's own. */
  kind: string;
  /** Whether another attempt may help. */
  retryable: boolean;
  /** An input is missing or unusable; another attempt would meet the same. */
  static invalidInput(message: string): Failure;
  /** The answer doesn't hold what the step needs. The host asks again, and the model is told this: name everything that is missing. */
  static invalidResponse(message: string): Failure;
  /** A permission, a budget or a limit stands in the way. */
  static denied(message: string): Failure;
  /** The person doesn't want the step to go on. */
  static declined(message: string): Failure;
  /** Anything else, with a code of its own such as `network`. */
  static other(code: string, message: string, retryable?: boolean): Failure;
}

/** Fills the version of a prompt that this execution uses. */
export function fill(prompt: string, variables: Texts): string;
/** One question to the step's model; an answer that is cut off or empty is an invalid response. */
export function ask(prompt: string): string;
/** Asks at the same time, within the host's limits; the answers come in the order of the questions. */
export function askAll(prompts: string[]): string[];
/** A setting of the step in the definition, as what its JSON says. */
export function setting<T = unknown>(name: string, otherwise?: T): T | undefined;
/** Asks the person; the answers come in the order of the questions. */
export function askPerson(title: string, questions: Question[], guidance?: string): string[];
/** The paths in the workspace that match a glob, sorted. */
export function listFiles(pattern?: string): string[];
/** A file of the workspace. */
export function readFile(path: string): Uint8Array;
/** A file of the workspace that holds text. */
export function readText(path: string): string;
/** Writes a file; others see it when the step succeeds. Needs the grant `workspace` = `write`. */
export function writeFile(path: string, content: string | Uint8Array): void;
/** Says something to whoever watches the run. */
export function log(message: string, level?: "debug" | "info" | "warn" | "error"): void;
/** Says how far the step is. */
export function advance(done: number, total: number, label: string): void;
