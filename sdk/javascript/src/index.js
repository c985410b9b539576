// Write steps of Stepwell workflows in JavaScript: the class `Step` is what a step is; the functions are what the host lends it.

export { Failure } from "./failure.js";
export { advance, askPerson, listFiles, log, readFile, readText, setting, writeFile } from "./host.js";
export { ask, askAll, fill } from "./prompting.js";
export { Step } from "./step.js";
