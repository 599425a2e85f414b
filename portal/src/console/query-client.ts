import { createQueryClient } from "../shared/query-client.ts";

/** The console's query client. */
export const queryClient = createQueryClient();
