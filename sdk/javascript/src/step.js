// The class that a step is. Only `describe` and `processResponse` have to be written.

import { Failure } from "./failure.js";
import { setting } from "./host.js";
import { ask, fill } from "./prompting.js";

export class Step {
  describe() {
    throw new Error("a step has `describe`");
  }

  processResponse(_inputs, _response) {
    throw new Error("a step has `processResponse`");
  }

  constructPrompt(inputs) {
    const description = this.describe();
    const prompt = description.prompts?.[0];
    if (!prompt) return null;
    const isSetting = (name) => (description.settings ?? []).some((field) => field.name === name);
    const variables = {};
    for (const { name } of prompt.variables ?? []) {
      const text = inputs[name] ?? (isSetting(name) ? setting(name, "") : "");
      if (typeof text !== "string") throw Failure.invalidInput(`the setting \`${name}\` is no text`);
      variables[name] = text.trim();
    }
    return fill(prompt.name, variables);
  }

  execute(inputs) {
    const prompt = this.constructPrompt(inputs);
    return this.processResponse(inputs, prompt === null ? "" : ask(prompt));
  }
}
