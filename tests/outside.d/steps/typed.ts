// The types of the SDK in JavaScript, used as its page says: it is only read, never run.

import { Failure, Step, type Description, type Texts, ask, askPerson, fill, listFiles, readFile, readText, setting, writeFile } from "stepwell-sdk";
import { exported } from "stepwell-sdk/component";
import { FakeHost } from "stepwell-sdk/testing";

class Typed extends Step {
  describe(): Description {
    return { name: "typed", version: "1", summary: "s", inputs: [{ name: "text", description: "t", schema: { type: "string" } }] };
  }

  processResponse(inputs: Texts, response: string): Texts {
    if (!response) throw Failure.invalidResponse("it is empty");
    return { text: inputs.text + response };
  }

  override execute(inputs: Texts): Texts {
    const style: string = setting<string>("style", "") ?? "";
    const [who]: string[] = askPerson("Who", [{ key: "who", text: "Who?" }]);
    writeFile("out.txt", readFile(listFiles()[0]));
    return this.processResponse(inputs, ask(fill("typed", { style, who, text: readText("in.txt") })));
  }
}

// @ts-expect-error: a step has both methods.
class Half extends Step {
  describe(): Description {
    return { name: "half", version: "1", summary: "s" };
  }
}

export const guest = exported(Typed);
const host = new FakeHost({ answers: ["a", Failure.denied("no")], person: null, files: { "in.txt": "b" } });
export const documents: Texts = host.execute(new Typed(), { text: "c" });
export const sent: string = host.promptsSent[0];
// @ts-expect-error: an answer is a text.
new FakeHost({ answers: [1] });
