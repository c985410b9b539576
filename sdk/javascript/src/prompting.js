// Prompts that are filled, and questions to the model.

import { prepared } from "./attempt.js";
import { Failure } from "./failure.js";
import { current } from "./host.js";

export function fill(prompt, variables) {
  return current().render(prompt, variables);
}

export function ask(prompt) {
  return askAll([prompt])[0];
}

export function askAll(prompts) {
  const answers = current().complete(prepared(prompts));
  if (answers.some((answer) => !answer.trim())) throw Failure.invalidResponse("the answer is empty");
  return answers;
}
