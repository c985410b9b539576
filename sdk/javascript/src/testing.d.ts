import type { Failure, Question, Step, Texts } from "./index.js";

/** A host that answers from a script. */
export class FakeHost {
  constructor(script?: {
    /** What the model answers, in this order; an error is thrown. */
    answers?: (string | Error)[];
    /** What the person answers, by key; nobody is there if it is none. */
    person?: Texts | null;
    /** As JSON. */
    settings?: Texts;
    files?: Record<string, string | Uint8Array>;
    /** Templates that stand in the place of intrinsic ones. */
    prompts?: Texts;
  });
  readonly promptsSent: string[];
  readonly asked: Question[];
  readonly logged: string[];
  readonly files: Record<string, Uint8Array>;
  /** Executes the step, as its first attempt. */
  execute(step: Step, inputs: Texts): Texts;
  /** Executes the step again after a failure, as the host would: what it asked before is up to the script. */
  retry(step: Step, inputs: Texts, failure: Failure): Texts;
  /** The first prompt that the step would send. */
  constructPrompt(step: Step, inputs: Texts): string | null;
  /** The documents in an answer. */
  processResponse(step: Step, inputs: Texts, response: string): Texts;
  /** The text of a file, as the step left it. */
  fileText(path: string): string | null;
}
