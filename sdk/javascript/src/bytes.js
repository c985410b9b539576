// Text as UTF-8 and back. The engine of a component has no `TextEncoder`.

export function bytesOf(text) {
  // What stands for half a character alone can't be written, and becomes the sign for that.
  const escaped = encodeURIComponent(text.toWellFormed ? text.toWellFormed() : text);
  const bytes = [];
  for (let at = 0; at < escaped.length; at += 1) {
    if (escaped[at] === "%") {
      bytes.push(parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      bytes.push(escaped.charCodeAt(at));
    }
  }
  return new Uint8Array(bytes);
}

export function textOf(bytes) {
  const parts = [];
  for (const byte of bytes) parts.push(`%${byte.toString(16).padStart(2, "0")}`);
  return decodeURIComponent(parts.join(""));
}
