import type { Schemas } from "../../shared/api.ts";
import type { TYPE_FILTERS } from "../search.ts";

/** What is to be noticed about an event type. */
export type TypeMark = (typeof TYPE_FILTERS)[number];

/** What is to be noticed about an event type. Archived ones may be unused. */
export function marksOf(type: Schemas["EventTypeInUse"]): TypeMark[] {
  const marks: TypeMark[] = [];
  if (!type.is_in_catalogue) marks.push("unknown");
  if (type.archived_at) marks.push("archived");
  else if (type.subscribers === 0 && type.recent_events === 0) marks.push("unused");
  return marks;
}
