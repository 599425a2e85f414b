// JSON as text: parsing it would change large numbers and the order of some keys, and receivers get the text.

/** The text of a member of nested objects, such as `["data", "payload"]`, as it stands in `json`. Null without one. */
export function memberText(json: string, path: string[]): string | null {
  let position = skipSpace(json, 0);
  for (const name of path) {
    const found = findMember(json, position, name);
    if (found === null) return null;
    position = found;
  }
  return json.slice(position, endOfValue(json, position));
}

/** Characters that turn the direction of the text after them. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** The same JSON with a line for each member, and with characters that would turn the text around as escapes. */
export function indentJson(json: string): string {
  let result = "";
  let depth = 0;
  for (let position = 0; position < json.length; position += 1) {
    const character = json[position] ?? "";
    if (character === '"') {
      const end = endOfString(json, position);
      result += json.slice(position, end).replace(TURNS, escapeCharacter);
      position = end - 1;
    } else if (character === "{" || character === "[") {
      const next = skipSpace(json, position + 1);
      const isEmpty = json[next] === "}" || json[next] === "]";
      if (!isEmpty) depth += 1;
      result += isEmpty ? character + json[next] : character + lineBreak(depth);
      if (isEmpty) position = next;
    } else if (character === "}" || character === "]") {
      depth -= 1;
      result += lineBreak(depth) + character;
    } else if (character === ",") {
      result += character + lineBreak(depth);
    } else if (character === ":") {
      result += ": ";
    } else if (!isSpace(character)) {
      result += character;
    }
  }
  return result;
}

const escapeCharacter = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

const lineBreak = (depth: number) => `\n${"  ".repeat(Math.min(depth, 40))}`;

const isSpace = (character: string | undefined) =>
  character === " " || character === "\n" || character === "\t" || character === "\r";

function skipSpace(json: string, position: number): number {
  let at = position;
  while (isSpace(json[at])) at += 1;
  return at;
}

/** Where the value of this member of the object at `position` begins. */
function findMember(json: string, position: number, name: string): number | null {
  if (json[position] !== "{") return null;
  let at = skipSpace(json, position + 1);
  while (json[at] === '"') {
    const end = endOfString(json, at);
    const key: unknown = JSON.parse(json.slice(at, end));
    const value = skipSpace(json, skipSpace(json, end) + 1);
    if (key === name) return value;
    at = skipSpace(json, endOfValue(json, value));
    if (json[at] === ",") at = skipSpace(json, at + 1);
  }
  return null;
}

function endOfValue(json: string, position: number): number {
  if (json[position] === '"') return endOfString(json, position);
  let depth = 0;
  for (let at = position; at < json.length; at += 1) {
    const character = json[at] ?? "";
    if (character === '"') at = endOfString(json, at) - 1;
    else if (character === "{" || character === "[") depth += 1;
    else if (depth > 0 && (character === "}" || character === "]")) {
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (",}]".includes(character) || isSpace(character))) return at;
  }
  return json.length;
}

/** Where the string that begins at `position` has ended. */
function endOfString(json: string, position: number): number {
  let at = position + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}
