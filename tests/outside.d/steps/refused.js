// A step on the SDK in JavaScript that calls the contract's functions itself, and lets pass whatever comes of it.

import { Step, setting } from "stepwell-sdk";
import workspace from "stepwell:plugin/workspace@0.1.0";

// A test writes another word here.
const DESCRIBED = "well";

export class ReleaseNotes extends Step {
  describe() {
    if (DESCRIBED !== "well") throw { because: DESCRIBED };
    return {
      name: "refused",
      version: "0.1.0",
      summary: "Lets everything pass.",
      documents: [{ name: "out", description: "None ever comes" }],
      settings: [{ name: "how", description: "Which of them" }],
    };
  }

  processResponse(inputs, response) {
    return { out: response };
  }

  execute() {
    switch (setting("how")) {
      case "reads":
        workspace.read("a.txt");
        break;
      case "fails":
        throw { kind: { tag: "other", val: "own" }, message: "in its own words", retryable: false };
      case "text":
        throw "only a text";
      case "object":
        throw { kind: "mine", why: "no error" };
      case "nothing":
        throw undefined;
      case "error":
        throw new TypeError("a real one");
    }
    return { out: "it passed" };
  }
}
