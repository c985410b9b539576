// A step on the SDK in JavaScript that uses all that it has, and reports what it got.

import { Failure, Step, advance, ask, askAll, askPerson, fill, listFiles, log, readText, setting, writeFile } from "stepwell-sdk";

const text = { name: "text", description: "The text" };

export class ReleaseNotes extends Step {
  describe() {
    const style = { name: "style", description: "How" };
    return {
      name: "busy",
      version: "0.1.0",
      summary: "Does everything.",
      inputs: [text],
      documents: [{ name: "report", description: "What it got", schema: { type: "object" } }],
      prompts: [{ name: "busy", intrinsic: "{{ style }}: {{ text }}", variables: [text, style] }],
      settings: [
        { ...style, required: false, schema: { type: "string" } },
        { name: "number", description: "A number", required: false },
      ],
      grants: [
        { name: "workspace", value: "write", reason: "it writes" },
        { name: "clock", value: "real", reason: "it waits", optional: true },
      ],
    };
  }

  processResponse(inputs, response) {
    return { report: response };
  }

  execute(inputs) {
    log("begins", "warn");
    advance(1, 2, "half");
    writeFile("out.txt", readText("in.txt") + "é");
    const report = {
      prompt: this.constructPrompt(inputs),
      number: setting("number", 7),
      answers: askAll(["one", "two"]),
      person: askPerson("Who", [{ key: "who", text: "Who is it?", choices: ["me", "you"], required: false }], "Say."),
      files: listFiles("*.txt"),
      missing: failureOf(() => readText("missing.txt")),
      outside: failureOf(() => writeFile("../out.txt", "")),
      unknown: failureOf(() => fill("unknown", {})),
      silent: failureOf(() => ask("three")),
      template: inputs.$prompt,
    };
    return this.processResponse(inputs, JSON.stringify(report));
  }
}

function failureOf(work) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.kind;
  }
  return null;
}
