// What the component exports: the step, behind the contract. It can only be imported while the component is built.

import { exported } from "stepwell-sdk/component";

import { ReleaseNotes } from "./step.js";

export const guest = exported(ReleaseNotes);
