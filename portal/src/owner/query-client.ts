import { createQueryClient } from "../shared/query-client.ts";
import { session } from "./session.ts";

/** The portal's query client, whose errors the session hears of. */
export const queryClient = createQueryClient(session.hear);

// What was loaded for one owner must not be shown to another.
let { owner } = session.snapshot();
session.subscribe(() => {
  const before = owner;
  owner = session.snapshot().owner;
  if (owner !== before) queryClient.clear();
});
