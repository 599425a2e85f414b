import { createQueryClient } from "../shared/query-client.ts";
import { session } from "./session.ts";

/** The console's query client, whose errors the session hears of. */
export const queryClient = createQueryClient(session.hear);
