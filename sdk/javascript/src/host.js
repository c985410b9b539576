// What the host lends a step. In a component it is the real one, in a test a fake one; a step doesn't see which.

import { bytesOf, textOf } from "./bytes.js";

const hosts = [];

/** The host that carries the step out. */
export function current() {
  const host = hosts.at(-1);
  if (!host) throw new Error("there is no host: a test carries a step out by `FakeHost` of stepwell-sdk/testing");
  return host;
}

/** Does something while a host is the one that carries the step out. */
export function carriedOutBy(host, work) {
  hosts.push(host);
  try {
    return work();
  } finally {
    hosts.pop();
  }
}

export function setting(name, otherwise = undefined) {
  const said = current().setting(name);
  return said === null ? otherwise : JSON.parse(said);
}

export function askPerson(title, questions, guidance = "") {
  return current().askPerson(title, questions, guidance);
}

export function listFiles(pattern = "**") {
  return current().listFiles(pattern);
}

export function readFile(path) {
  return current().readFile(path);
}

export function readText(path) {
  return textOf(readFile(path));
}

export function writeFile(path, content) {
  current().writeFile(path, typeof content === "string" ? bytesOf(content) : content);
}

export function log(message, level = "info") {
  current().log(level, message);
}

export function advance(done, total, label) {
  current().advance(done, total, label);
}
