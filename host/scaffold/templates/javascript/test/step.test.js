// The step on a fake host: without Wasm, and without a model.

import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeHost } from "stepwell-sdk/testing";

import { ReleaseNotes } from "../src/step.js";

const INPUTS = { changes: "faster a, no b" };

test("prose around the list is left out", () => {
  const host = new FakeHost({ answers: ["Here they are:\n- A is faster\n- B is gone\nEnjoy!"] });
  const documents = host.execute(new ReleaseNotes(), INPUTS);
  assert.deepEqual(documents, { notes: "- A is faster\n- B is gone" });
  assert.deepEqual(host.promptsSent, ["Write release notes, as a list, for:\nfaster a, no b"]);
});

test("an answer without a list is asked for again", () => {
  const host = new FakeHost({ answers: ["Sorry.", "- A is faster"] });
  let failure;
  assert.throws(
    () => host.execute(new ReleaseNotes(), INPUTS),
    (error) => (failure = error).kind === "invalid-response",
  );
  assert.deepEqual(host.retry(new ReleaseNotes(), INPUTS, failure), { notes: "- A is faster" });
  assert.match(host.promptsSent[1], /it holds no list/);
});
