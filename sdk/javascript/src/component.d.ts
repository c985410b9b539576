import type { Step } from "./index.js";

/** What a component exports, as `guest`, whose step is this one. */
export function exported(step: new () => Step): object;
