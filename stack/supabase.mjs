// PostgREST's and Supabase Auth's API in front of a Postgres, by @supabase/lite.
//
// Started by startProgram() with {database_url, port, jwt_secret, publishable_key,
// secret_key}; prints {"supabase_url": …} when it answers.

import { serve } from "@hono/node-server";
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";

import { inputEnded } from "./process.mjs";

/** How long a token is valid, in seconds: longer than anybody's day at a demo. */
const TOKEN_LIFETIME = 7 * 24 * 3600;

const settings = JSON.parse(process.env.SETTINGS);
const connection = createPostgresConnection({
  url: settings.database_url,
  postgresOptions: { onnotice() {} },
});
const app = new App({
  connection,
  auth: {
    enabled: true,
    enable_signup: true,
    jwt_secret: settings.jwt_secret,
    jwt_expiry: TOKEN_LIFETIME,
    publishable_key: settings.publishable_key,
    secret_key: settings.secret_key,
    email: { enable_signup: true, enable_confirmations: false },
  },
});
await app.init();
await app.ensureSystemSchema();

// With its first request, lite grants every role everything on every table, as a new
// Supabase project does, but only if some table has row-level security. Have it done
// now, so that the migrations meet what they would on Supabase and nothing undoes
// their own grants later.
await connection.driver.unsafe(`
  create table public._first_rls_table ();
  alter table public._first_rls_table enable row level security;
`);
await connection.ensureRlsContext();
// So that functions, too, are granted to everybody, as on Supabase.
await connection.driver.unsafe(`
  drop table public._first_rls_table;
  alter default privileges in schema public
    grant execute on functions to anon, authenticated, service_role;
`);

const server = serve({
  hostname: "127.0.0.1",
  port: settings.port,
  fetch: (request, env) =>
    app.fetch(request, { peerAddress: env.incoming.socket.remoteAddress ?? null }),
}, () => console.log(JSON.stringify({ supabase_url: `http://127.0.0.1:${settings.port}` })));

await inputEnded();
server.close();
process.exit(0);
