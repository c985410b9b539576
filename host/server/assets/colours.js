// Colours for code, in what differs and in files. What is shown gets no other elements for it: the browser is told which characters
// are a keyword, a string, and so on (CSS custom highlights), so that marks of changed words stay as they are.
//
// A file is read when it comes into view, and one that is long is left as it is.

const LONGEST = 200_000;

// Which grammar reads a file, by the end of its name.
const GRAMMARS = {
  bash: "bash sh zsh",
  c: "c h",
  cpp: "cc cpp cxx hh hpp hxx",
  css: "css",
  go: "go",
  ini: "cfg ini toml",
  java: "java",
  javascript: "cjs js jsx mjs",
  json: "json",
  python: "py pyi",
  rust: "rs",
  sql: "sql",
  typescript: "cts mts ts tsx",
  xml: "htm html svg xml",
  yaml: "yaml yml",
};
const byEnd = new Map(Object.entries(GRAMMARS).flatMap(([grammar, ends]) => ends.split(" ").map((end) => [end, grammar])));
const grammarOf = (path) => byEnd.get(path.trim().split(".").pop().toLowerCase());

// What the grammars tell apart, as far as it has a colour of its own.
const COLOURS = {
  keyword: "keyword",
  built_in: "keyword",
  literal: "keyword",
  type: "name",
  title: "name",
  section: "name",
  tag: "name",
  attr: "name",
  attribute: "name",
  property: "name",
  string: "string",
  regexp: "string",
  symbol: "string",
  number: "number",
  meta: "number",
  comment: "comment",
};

const colours = new Map();

/** The set of characters that have a colour. */
function coloured(name) {
  if (!colours.has(name)) {
    colours.set(name, new Highlight());
    CSS.highlights.set(`code-${name}`, colours.get(name));
  }
  return colours.get(name);
}

let core;
const known = new Set();
async function reader(grammar) {
  core ??= import("./highlight-core.js").then((module) => module.default);
  const highlight = await core;
  if (!known.has(grammar)) {
    const module = await import(`./highlight-${grammar}.js`);
    highlight.registerLanguage(grammar, module.default);
    known.add(grammar);
  }
  return (text) => highlight.highlight(text, { language: grammar, ignoreIllegals: true }).value;
}

/** The pieces of a text that have a colour, each with where it begins and ends. */
function pieces(html) {
  const read = new DOMParser().parseFromString(`<pre>\n${html}</pre>`, "text/html").querySelector("pre");
  const found = [];
  let at = 0;
  const walk = (node, colour) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) {
        if (colour) found.push([at, at + child.data.length, colour]);
        at += child.data.length;
      } else {
        const scope = child.className.replace("hljs-", "").split(" ")[0];
        walk(child, COLOURS[scope] ?? (scope === "subst" ? null : colour));
      }
    }
  };
  walk(read, null);
  return found;
}

/** The text nodes of some elements, which are lines or one whole text, with where each begins in what they say together. */
function textOf(elements) {
  const nodes = [];
  let text = "";
  for (const element of elements) {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      nodes.push({ node, at: text.length });
      text += node.data;
    }
    text += "\n";
  }
  return { nodes, text };
}

async function colour(elements, grammar) {
  const { nodes, text } = textOf(elements);
  if (text.length > LONGEST) return;
  const read = await reader(grammar);
  let place = 0;
  for (const [begin, end, name] of pieces(read(text))) {
    while (place < nodes.length && nodes[place].at + nodes[place].node.data.length <= begin) place += 1;
    for (let next = place; next < nodes.length && nodes[next].at < end; next += 1) {
      const { node, at } = nodes[next];
      const range = new StaticRange({
        startContainer: node,
        startOffset: Math.max(0, begin - at),
        endContainer: node,
        endOffset: Math.min(node.data.length, end - at),
      });
      if (!range.collapsed) coloured(name).add(range);
    }
  }
}

/** The two sides of the lines of a difference, each as its own text: a string that was not closed on one side ends there. */
async function colourLines(lines, grammar) {
  const of = (...kinds) => lines.filter((line) => kinds.some((kind) => line.classList.contains(kind))).map((line) => line.querySelector(".line"));
  await colour(of("same", "added"), grammar);
  const removed = of("removed");
  if (removed.length > 0) await colour(removed, grammar);
}

/** A difference of several files: each begins with its path. */
function filesOf(diff) {
  const files = [];
  const named = diff.closest("[data-path]")?.dataset.path;
  if (named) files.push({ path: named, lines: [] });
  for (const part of diff.querySelectorAll(".path, .same, .added, .removed")) {
    if (part.classList.contains("path")) files.push({ path: part.textContent, lines: [] });
    else files.at(-1)?.lines.push(part);
  }
  return files;
}

async function read(element) {
  if (element.matches(".diff")) {
    for (const { path, lines } of filesOf(element)) {
      const grammar = grammarOf(path);
      if (grammar && lines.length > 0) await colourLines(lines, grammar);
    }
  } else {
    const grammar = grammarOf(element.closest("[data-path]").dataset.path);
    if (grammar) await colour([element], grammar);
  }
  element.dataset.coloured = "";
}

const seen = "highlights" in CSS && new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    // Without its colours a text reads as well.
    read(target).catch(() => {});
  }
});

function watch(root) {
  if (!seen) return;
  for (const colours of CSS.highlights.values()) {
    // What was replaced by a fresh part is not held.
    for (const range of colours) if (!range.startContainer.isConnected) colours.delete(range);
  }
  for (const element of root.querySelectorAll(".diff, [data-path] pre.text")) seen.observe(element);
}

document.addEventListener("page:changed", (event) => watch(event.target));
watch(document);
