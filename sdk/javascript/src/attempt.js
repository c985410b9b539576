// One attempt of an execution: it counts the calls to the model, and tells the model what was wrong with an answer.
//
// After `invalid-response` the host forgets the last question and keeps all else. So only that question may change in the next attempt, and
// it must stay changed in every later one: a question that reads as before is answered from memory, one that reads differently is paid again.
// Hence the number of the answer in the failure's message, and the checkpoint that keeps what was said to which question.

import { bytesOf, textOf } from "./bytes.js";
import { Failure, INVALID_RESPONSE } from "./failure.js";
import { current } from "./host.js";

const CHECKPOINT = "stepwell_sdk/remarks";
const MARK = " (answer ";

let running = null;

/** The questions of a call, with what is to be said of earlier answers. */
export function prepared(prompts) {
  if (!running) return [...prompts];
  running.calls += 1;
  const remark = running.remarks[running.calls];
  if (remark === undefined) return [...prompts];
  const note =
    `\n\nYour previous answer to this could not be used: ${remark}\n` +
    "Answer again, completely and in the format asked for above; don't refer to the previous answer.";
  return prompts.map((prompt) => prompt.trimEnd() + note);
}

/** A step's `execute`, with the remarks of earlier attempts. */
export function carryOut(step, inputs) {
  const attempt = { calls: 0, remarks: remarksSoFar() };
  const before = running;
  running = attempt;
  try {
    check(step, inputs);
    return step.execute(inputs);
  } catch (error) {
    if (error instanceof Failure && error.kind === INVALID_RESPONSE && attempt.calls > 0) {
      throw new Failure(error.kind, `${error.message}${MARK}${attempt.calls})`, error.retryable);
    }
    throw error;
  } finally {
    running = before;
  }
}

/** Whether all inputs are there that have to be; all missing ones are named at once. */
function check(step, inputs) {
  const wanted = (step.describe().inputs ?? []).filter((field) => field.required ?? true);
  const missing = wanted.filter((field) => !(inputs[field.name] ?? "").trim()).map((field) => `\`${field.name}\``);
  if (missing.length > 0) throw Failure.invalidInput(`nothing was given for ${missing.join(", ")}`);
}

function remarksSoFar() {
  const host = current();
  if (host.attempt() < 2) return {};
  const kept = host.loadCheckpoint(CHECKPOINT);
  const remarks = kept ? JSON.parse(textOf(kept)) : {};
  const found = remarkOf(host.previousEnd() ?? "");
  if (found && remarks[found.call] !== found.remark) {
    remarks[found.call] = found.remark;
    try {
      host.saveCheckpoint(CHECKPOINT, bytesOf(JSON.stringify(remarks)));
    } catch (error) {
      // A later attempt pays again for a call then; that is no reason to fail now.
      if (!(error instanceof Failure)) throw error;
    }
  }
  return remarks;
}

/** The number of the answer that couldn't be used, and why. */
export function remarkOf(previousEnd) {
  const found = /^\s*invalid-response:(.*) \(answer (\d+)\)/s.exec(previousEnd);
  return found ? { call: Number(found[2]), remark: found[1].trim() } : null;
}
