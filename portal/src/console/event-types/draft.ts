// An event type as it is edited.

import type { Schemas } from "../../shared/api.ts";
import { indentJson, memberText } from "../../shared/json.ts";
import { objectProblem } from "../../shared/object-problem.ts";

/** What is typed about an event type. */
export interface TypeDraft {
  name: string;
  description: string;
  /** JSON, or nothing. */
  example: string;
  /** JSON, or nothing. */
  schema: string;
  validation: Schemas["EventTypeInUse"]["validation"];
  isArchived: boolean;
}

/** An event type of the catalogue's answer, and how it stands there. */
export interface TypeEntry {
  type: Schemas["EventTypeInUse"];
  json: string;
}

/** The event type of this number in the answer that lists them. */
export function entryOf(list: { types: TypeEntry["type"][]; text: string }, index: number): TypeEntry | null {
  const { types, text } = list;
  const type = types[index];
  if (!type) return null;
  let rest = memberText(text, ["data"])?.slice(1) ?? "";
  for (let passed = 0; ; passed += 1) {
    rest = rest.replace(/^[\s,]+/, "");
    const json = memberText(rest, []) ?? "";
    if (passed === index) return { type, json };
    rest = rest.slice(json.length);
  }
}

/** The draft that an event type is edited by. Null for a new one. */
export function draftOf(entry: TypeEntry | null): TypeDraft {
  const type = entry?.type;
  const objectOf = (name: string) => {
    const text = entry && memberText(entry.json, [name]);
    return text && text !== "null" ? indentJson(text) : "";
  };
  return {
    name: type?.name ?? "",
    description: type?.description ?? "",
    example: objectOf("example"),
    schema: objectOf("schema"),
    validation: type?.validation ?? "none",
    isArchived: Boolean(type?.archived_at),
  };
}

/** Why a text is neither empty nor a JSON object. */
export function jsonProblem(text: string): string | null {
  return text.trim() ? objectProblem(text) : null;
}

/** Whether the draft can be saved. */
export function isReady(draft: TypeDraft): boolean {
  return draft.name.trim() !== "" && !jsonProblem(draft.example) && !jsonProblem(draft.schema);
}

/** The JSON that names what was changed, with objects as they were typed. Null where nothing was. */
export function bodyOf(draft: TypeDraft, initial: TypeDraft, isNew: boolean): string | null {
  const members: string[] = [];
  const add = (name: string, json: string) => members.push(`${JSON.stringify(name)}: ${json}`);
  if (isNew || draft.description !== initial.description) {
    add("description", draft.description.trim() ? JSON.stringify(draft.description) : "null");
  }
  if (draft.example !== initial.example) add("example", draft.example.trim() || "null");
  if (draft.schema !== initial.schema) add("schema", draft.schema.trim() || "null");
  // Without a schema only none is taken.
  const validation = draft.schema.trim() ? draft.validation : "none";
  if (validation !== initial.validation) add("validation", JSON.stringify(validation));
  if (draft.isArchived !== initial.isArchived) add("is_archived", String(draft.isArchived));
  return members.length > 0 ? `{${members.join(", ")}}` : null;
}
