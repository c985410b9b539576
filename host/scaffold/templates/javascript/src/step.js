// Writes release notes from a list of changes.

import { Failure, Step } from "stepwell-sdk";

const PROMPT = "Write release notes, as a list, for:\n{{ changes }}";

export class ReleaseNotes extends Step {
  describe() {
    return {
      name: "PLUGIN_NAME",
      version: "0.1.0",
      summary: "Writes release notes.",
      inputs: [{ name: "changes", description: "What changed, a line each" }],
      documents: [{ name: "notes", description: "The release notes, a list" }],
      prompts: [
        {
          name: "PLUGIN_NAME",
          intrinsic: PROMPT,
          variables: [{ name: "changes", description: "What changed" }],
        },
      ],
    };
  }

  processResponse(inputs, response) {
    const notes = response.split("\n").filter((line) => line.startsWith("- "));
    if (notes.length === 0) throw Failure.invalidResponse("it holds no list");
    return { notes: notes.join("\n") };
  }
}
