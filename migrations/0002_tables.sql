-- The tables. ARCHITECTURE.md has the data model on one page.
--
-- What users and backends read or write is in `public`; what only this system's own functions
-- touch is in the schema `webhooks`, which PostgREST does not expose. A deployment of the edge
-- functions this system replaces already has `webhook_endpoints` and `webhook_deliveries`:
-- they are kept, and 0003_original.sql brings them to this shape.

-- The tables of a deployment that is in use are locked before anything changes: all of them at
-- once or none, so that no request and this wait for each other. At most five seconds long.
do $lock$
declare
  most constant timestamptz := clock_timestamp() + interval '5 seconds';
begin
  if to_regclass('public.webhook_deliveries') is null then
    return;
  end if;
  loop
    begin
      lock table public.webhook_deliveries, public.webhook_endpoints
        in access exclusive mode nowait;
      begin
        lock table auth.users in share row exclusive mode nowait;
      exception when insufficient_privilege then
        -- Then the references to it wait, too.
        null;
      end;
      return;
    exception when lock_not_available then
      if clock_timestamp() > most then
        raise;
      end if;
    end;
    perform pg_sleep(0.01);
  end loop;
end
$lock$;

grant usage on schema public to anon, authenticated, service_role;
grant usage on schema webhooks to anon, authenticated, service_role;

-- Public tables ---------------------------------------------------------------

create type webhooks.previous_secret as (
  secret text,
  expires_at timestamptz
);

create table if not exists public.webhook_event_types (
  name text constraint webhook_event_types_pkey primary key
    constraint webhook_event_types_name_valid
      check (name = '*' or name ~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' and length(name) <= 100),
  description text,
  example jsonb,
  schema jsonb,
  validation text not null default 'none'
    constraint webhook_event_types_validation_valid
      check (validation in ('none', 'warn', 'refuse') and (validation = 'none' or schema is not null)),
  archived_at timestamptz,
  created_at timestamptz not null default now()
);
comment on table public.webhook_event_types is
  'The event types an endpoint may subscribe to. "*" stands for all of them.';
comment on column public.webhook_event_types.example is
  'What a test event sends as `data`.';
comment on column public.webhook_event_types.schema is
  'What `data` is, as JSON Schema.';
comment on column public.webhook_event_types.validation is
  'What becomes of an event that does not fit, where pg_jsonschema is there: see functions/event_schemas.sql.';
comment on column public.webhook_event_types.archived_at is
  'Since when no new endpoint may subscribe to the type. Existing subscriptions stay.';

create table if not exists public.webhook_endpoints (
  id uuid constraint webhook_endpoints_pkey primary key default gen_random_uuid(),
  user_id uuid
    constraint webhook_endpoints_user_id_fkey references auth.users (id) on delete cascade,
  url text not null,
  description text,
  events text[] not null default array['*'],
  secret text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
alter table public.webhook_endpoints
  add column if not exists previous_secrets webhooks.previous_secret[] not null default '{}',
  add column if not exists secret_expires_at timestamptz,
  add column if not exists signature_headers jsonb,
  add column if not exists retry_schedule integer[],
  add column if not exists metadata jsonb not null default '{}',
  add column if not exists filter text,
  add column if not exists ordering jsonb,
  add column if not exists rate_limit_per_minute integer,
  add column if not exists max_attempts integer,
  add column if not exists headers jsonb not null default '{}',
  add column if not exists header_names text[] not null default '{}',
  add column if not exists disabled_reason text,
  add column if not exists disabled_at timestamptz;
comment on table public.webhook_endpoints is
  'Where an owner wants events sent, and the secret that signs them.';
comment on column public.webhook_endpoints.user_id is
  'The owner: a user, or what webhook_use_owners() says. Null for the operator''s own endpoint (ALERT_WEBHOOK_URL).';
comment on column public.webhook_endpoints.previous_secrets is
  'The secrets before the last rotations, newest first. Each signs too until it expires.';
comment on column public.webhook_endpoints.secret_expires_at is
  'When the first of previous_secrets expires.';
comment on column public.webhook_endpoints.signature_headers is
  'Names of headers and what they carry, instead of those that every endpoint gets. Null: those.';
comment on column public.webhook_endpoints.retry_schedule is
  'Seconds to wait after each failed attempt, the last step for all that follow. Null: the usual ones.';
comment on column public.webhook_endpoints.metadata is
  'What the owner wants to find the endpoint by: texts by name. It is not sent.';
comment on column public.webhook_endpoints.filter is
  'What events must be besides of a wanted type: see functions/filters.sql. Null: anything.';
comment on column public.webhook_endpoints.ordering is
  '"endpoint", or {"key": path}: what is sent one after the other, see functions/ordering.sql. Null: nothing.';
comment on column public.webhook_endpoints.headers is
  'Headers to send along, by name. Only the service role reads the values.';
comment on column public.webhook_endpoints.header_names is
  'The names of `headers`, which owners may read. Kept by a trigger.';
comment on column public.webhook_endpoints.disabled_reason is
  'Why the system or the operator switched the endpoint off. Null where its owner did.';
comment on column public.webhook_endpoints.disabled_at is
  'Since when it is off. Null while it is on, and where an earlier system switched it off.';

create table if not exists public.webhook_events (
  id bigint generated always as identity constraint webhook_events_pkey primary key,
  event_id text not null,
  event_type text not null,
  user_id uuid,
  max_attempts integer,
  deliver_at timestamptz,
  expires_at timestamptz,
  payload text not null,
  created_at timestamptz not null default now(),
  erased_at timestamptz
);
comment on table public.webhook_events is
  'Every accepted event, once, also one that no endpoint wants.';
comment on column public.webhook_events.event_id is
  'The id receivers see as webhook-id. The same id for the same audience is the same event.';
comment on column public.webhook_events.user_id is
  'The audience: the owner whose endpoints get the event, or null for all owners.';
comment on column public.webhook_events.max_attempts is
  'Attempts of each delivery. Null: the endpoint''s max_attempts, else 5.';
comment on column public.webhook_events.deliver_at is
  'When its deliveries are due first. Null: at once.';
comment on column public.webhook_events.expires_at is
  'From when on no attempt begins. Null: never.';
comment on column public.webhook_events.payload is
  'The body of the request: the same bytes on every attempt.';
comment on column public.webhook_events.erased_at is
  'When what the event said was erased. Nothing more is sent of it.';

create table if not exists public.webhook_deliveries (
  id uuid constraint webhook_deliveries_pkey primary key default gen_random_uuid(),
  endpoint_id uuid not null,
  event_type text not null,
  event_id text not null,
  payload jsonb,
  status text not null default 'pending',
  attempts integer not null default 0,
  max_attempts integer not null default 5,
  response_status integer,
  response_body text,
  response_time_ms integer,
  created_at timestamptz not null default now(),
  delivered_at timestamptz,
  next_retry_at timestamptz default now(),
  last_error text
);
alter table public.webhook_deliveries
  add column if not exists event_ref bigint,
  add column if not exists leased_until timestamptz,
  add column if not exists claims integer not null default 0,
  add column if not exists unrecorded_claims integer not null default 0,
  add column if not exists attempts_before_resend integer not null default 0,
  add column if not exists order_key text,
  add column if not exists passed_over_at timestamptz,
  add column if not exists is_replay boolean not null default false,
  add column if not exists is_erased boolean not null default false;
comment on table public.webhook_deliveries is
  'One event for one endpoint, and what became of it.';
comment on column public.webhook_deliveries.endpoint_id is
  'An id in webhook_endpoints. No foreign key: deleting an endpoint must not wait for its '
  'deliveries, and adding a delivery must not wait for a locked endpoint.';
comment on column public.webhook_deliveries.event_ref is
  'The event: an id in webhook_events. Null in rows that other programs wrote, which have '
  'their own payload.';
comment on column public.webhook_deliveries.payload is
  'The body in rows without event_ref; null in all others.';
comment on column public.webhook_deliveries.next_retry_at is
  'When the next attempt is due; infinity while it waits for others, see functions/ordering.sql. A claim does not '
  'change it. Null once the delivery has ended.';
comment on column public.webhook_deliveries.leased_until is
  'When the lease of the worker that claimed the delivery ends. Null: not claimed.';
comment on column public.webhook_deliveries.claims is
  'How often the delivery was claimed. A result counts only for the latest claim.';
comment on column public.webhook_deliveries.unrecorded_claims is
  'How many claims in a row had no result recorded, the current one included.';
comment on column public.webhook_deliveries.attempts_before_resend is
  'Attempts before the last resend. They do not count against max_attempts.';
comment on column public.webhook_deliveries.order_key is
  'What it is ordered by at its endpoint: the empty text for all events, or a hash of the key. Null: nothing.';
comment on column public.webhook_deliveries.passed_over_at is
  'When later deliveries stopped waiting for it.';
comment on column public.webhook_deliveries.is_replay is
  'Whether a replay has it sent: the request says so.';
comment on column public.webhook_deliveries.is_erased is
  'Whether its event was erased, and the answers with it.';

create table if not exists public.webhook_delivery_attempts (
  delivery_id uuid not null,
  attempt integer not null,
  endpoint_id uuid not null,
  attempted_at timestamptz not null,
  response_status integer,
  response_time_ms integer,
  response_body text,
  error text,
  constraint webhook_delivery_attempts_pkey primary key (delivery_id, attempt)
);
comment on table public.webhook_delivery_attempts is
  'Every attempt of every delivery. Deleted with its delivery.';

create table if not exists public.webhook_api_keys (
  id uuid constraint webhook_api_keys_pkey primary key default gen_random_uuid(),
  user_id uuid not null
    constraint webhook_api_keys_user_id_fkey references auth.users (id) on delete cascade,
  name text,
  key_hash text not null constraint webhook_api_keys_key_hash_key unique,
  scopes text[] not null default array['read', 'write']
    constraint webhook_api_keys_scopes_valid
      check (scopes <@ array['read', 'write'] and cardinality(scopes) > 0),
  is_active boolean not null default true,
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null default now()
);
comment on table public.webhook_api_keys is
  'API keys, as hashes. An api_keys table of another program is read too, and never written.';
comment on column public.webhook_api_keys.key_hash is
  'sha256_ and the hex SHA-256 of what follows nk_live_ in the key.';

-- Internal tables -------------------------------------------------------------

create table webhooks.page_links (
  id uuid constraint page_links_pkey primary key default gen_random_uuid(),
  user_id uuid constraint page_links_user_id_fkey references auth.users (id) on delete cascade,
  operator text,
  made_by uuid constraint page_links_made_by_fkey references webhooks.page_links (id) on delete cascade,
  scopes text[] not null
    constraint page_links_scopes_valid
      check (scopes <@ array['read', 'write'] and cardinality(scopes) > 0),
  endpoint_id uuid,
  token_hash text not null constraint page_links_token_hash_key unique,
  session_hash text constraint page_links_session_hash_key unique,
  seconds integer not null
    constraint page_links_seconds_valid check (seconds between 60 and 86400),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  opened_at timestamptz,
  revoked_at timestamptz,
  constraint page_links_is_of_someone check (user_id is not null or operator is not null),
  constraint page_links_operator_reads check (user_id is null or operator is null or scopes = array['read'])
);
comment on table webhooks.page_links is
  'Links that open a page, and the session that each opened: the portal of an owner, or the console.';
comment on column webhooks.page_links.user_id is
  'The owner whose portal it opens. Null: the console.';
comment on column webhooks.page_links.operator is
  'The operator whom it is for, as the audit log has it. Null: it is for the owner.';
comment on column webhooks.page_links.made_by is
  'The link of the session that made this one, and ends it. Null: the service key made it.';
comment on column webhooks.page_links.token_hash is
  'sha256_ and the hex SHA-256 of the token in the link, which is taken once.';
comment on column webhooks.page_links.session_hash is
  'The same of what the page calls with. Null until the link was opened.';
comment on column webhooks.page_links.seconds is
  'How long the link can be opened, and then how long the session lasts.';

create table webhooks.audit_log (
  id bigint generated always as identity constraint audit_log_pkey primary key,
  at timestamptz not null default now(),
  operator text not null,
  action text not null,
  owner uuid,
  details jsonb not null default '{}'
);
comment on table webhooks.audit_log is
  'What operators did. Kept for a year.';
comment on column webhooks.audit_log.operator is
  'The name in the link to the console, or `service key`.';
comment on column webhooks.audit_log.owner is
  'The owner whom it concerned. Null: several, all or none.';

create table webhooks.settings (
  name text constraint settings_pkey primary key,
  value integer not null
);
comment on table webhooks.settings is
  'Settings that the database applies. A row overrides the default that stands beside its use.';

create table webhooks.generations (
  log regclass not null,
  generation integer not null,
  log_bytes bigint not null default 0,
  constraint generations_pkey primary key (log, generation)
);
comment on table webhooks.generations is
  'Generations in which the lines of a log, named by its sequence, may be found, and the next one.';
comment on column webhooks.generations.log_bytes is
  'The size of the log when the generation before began.';

-- Which generation of each log is written now. By setval, always: after a crash, nextval may be ahead.
create sequence webhooks.outbox_generation as integer;
create sequence webhooks.due_log_generation as integer;
insert into webhooks.generations (log, generation) values
  ('webhooks.outbox_generation', setval('webhooks.outbox_generation', 1)),
  ('webhooks.due_log_generation', setval('webhooks.due_log_generation', 1));

create table webhooks.outbox (
  event_ref bigint constraint outbox_pkey primary key,
  owner uuid not null,
  after_endpoint uuid,
  only_endpoint uuid,
  except_endpoint uuid,
  failures integer not null default 0,
  last_error text,
  set_aside_at timestamptz,
  -- Its default is in rules/: the function is made after the tables.
  generation integer not null default 1
);
comment on table webhooks.outbox is
  'Events whose fan-out is not finished.';
comment on column webhooks.outbox.owner is
  'The event''s user_id; the nil UUID for all owners. Fan-out takes turns by it.';
comment on column webhooks.outbox.after_endpoint is
  'Where a fan-out in steps goes on: endpoints up to this id have been looked at.';
comment on column webhooks.outbox.only_endpoint is 'The one endpoint the event is for.';
comment on column webhooks.outbox.except_endpoint is
  'The endpoint the event is about, which does not get it.';
comment on column webhooks.outbox.set_aside_at is
  'When fan-out gave up after failures. webhooks.retry_set_aside_events() has it tried again.';
comment on column webhooks.outbox.generation is
  'See functions/generations.sql.';

create table webhooks.queue (
  endpoint_id uuid constraint queue_pkey primary key,
  owner uuid not null,
  waits_until timestamptz,
  due_from timestamptz not null,
  held_until timestamptz,
  minute timestamptz,
  minute_claims integer not null default 0
)
with (fillfactor = 70);
comment on table webhooks.queue is
  'One row per endpoint with deliveries that may be claimed. Only claims write it; all others '
  'write due_log.';
comment on column webhooks.queue.waits_until is
  'Null: something is due. Else when the next delivery is due or the limit allows it.';
comment on column webhooks.queue.due_from is
  'Never later than the earliest next_retry_at among the endpoint''s unclaimed deliveries. A '
  'claim begins to look here, past the index entries of deliveries that ended.';
comment on column webhooks.queue.held_until is
  'The end of the minute whose limit is used up.';
comment on column webhooks.queue.minute_claims is
  'Deliveries claimed in the minute that began at `minute`, where they are limited.';

-- In seconds since 1970; changed in place, whatever snapshots are open.
create sequence webhooks.waits_from;
comment on sequence webhooks.waits_from is
  'No waits_until of the queue is earlier. A claim begins to look here, past the index entries of '
  'waits that ended.';

create table webhooks.due_log (
  endpoint_id uuid not null,
  due_at timestamptz not null,
  generation integer not null default 1
);
comment on table webhooks.due_log is
  'Append-only notes: a delivery of the endpoint is due at due_at. The next claim merges them '
  'into the queue, so that nothing that writes deliveries waits for a row of the queue. '
  '-infinity: look at the endpoint again whatever its limit was.';
comment on column webhooks.due_log.generation is
  'See functions/generations.sql.';

-- Its product with 2^32 divided by the golden ratio must fit a bigint.
create sequence webhooks.turns maxvalue 2147483647 cycle;
comment on sequence webhooks.turns is
  'Where the next claim or fan-out begins in the ring of owners; see webhooks.next_turn().';

create table webhooks.tally (
  endpoint_id uuid not null,
  recorded_at timestamptz not null default now(),
  deliveries integer not null default 0,
  failed integer not null default 0,
  outcome text,
  latency_class smallint
);
comment on table webhooks.tally is
  'Append-only changes of counts, added up by webhooks.count_tally(). Numbers are the counted '
  'ones and what is still here.';
comment on column webhooks.tally.outcome is
  'What an attempt came to: success or the kind of failure. Null where no attempt is counted.';

create table webhooks.endpoint_totals (
  endpoint_id uuid constraint endpoint_totals_pkey primary key,
  deliveries bigint not null default 0,
  failed bigint not null default 0
);
comment on table webhooks.endpoint_totals is
  'Deliveries an endpoint has had, and how many of them are failed, as far as counted.';

create table webhooks.attempt_counts (
  endpoint_id uuid not null,
  starts_at timestamptz not null,
  seconds integer not null,
  outcome text not null,
  latency_class smallint not null,
  attempts bigint not null,
  constraint attempt_counts_pkey
    primary key (endpoint_id, starts_at, seconds, outcome, latency_class)
);
comment on table webhooks.attempt_counts is
  'Attempts of an endpoint, or of webhooks.all_endpoints(), by outcome and class of response time, in rows of 300, 3600 and '
  '86400 seconds from starts_at on. Older rows are merged into longer ones, and deleted last.';

create table webhooks.totals (
  outcome text constraint totals_pkey primary key,
  attempts bigint not null
);
comment on table webhooks.totals is 'Attempts of all endpoints by outcome, as far as counted.';

create table webhooks.endpoint_health (
  endpoint_id uuid constraint endpoint_health_pkey primary key,
  consecutive_failures integer not null default 0,
  first_failure_at timestamptz,
  is_slow boolean not null default false,
  is_failing boolean not null default false,
  alerted_at timestamptz
);
comment on table webhooks.endpoint_health is
  'Endpoints that fail, or that an alert was sent for within an hour: others have no row.';
comment on column webhooks.endpoint_health.is_slow is
  'Whether the last attempt timed out: such endpoints get few lanes of a worker.';
comment on column webhooks.endpoint_health.is_failing is
  'Whether endpoint.failing was emitted, and no endpoint.recovered since.';
comment on column webhooks.endpoint_health.alerted_at is
  'When the last of both was emitted.';

create table webhooks.deleted_endpoints (
  endpoint_id uuid constraint deleted_endpoints_pkey primary key,
  deleted_at timestamptz not null default now()
);
comment on table webhooks.deleted_endpoints is
  'Endpoints that are gone, whose deliveries are being purged in steps.';

create table webhooks.progress (
  task text constraint progress_pkey primary key,
  after_id text
);
comment on table webhooks.progress is
  'Where tasks that go through a table in steps go on.';

create table webhooks.pump (
  id boolean constraint pump_pkey primary key default true constraint pump_is_one check (id),
  leased_until timestamptz not null,
  is_behind boolean not null default false
);
insert into webhooks.pump (leased_until) values ('-infinity');
comment on table webhooks.pump is
  'Until when a worker has promised to fan out and send what is stored. One row.';
comment on column webhooks.pump.is_behind is
  'Whether the last fan-out filled its batch and left events.';

create table webhooks.refused_events (
  id bigint generated always as identity constraint refused_events_pkey primary key,
  event_id text,
  event_type text,
  user_id uuid,
  code text not null,
  error text not null,
  refused_at timestamptz not null default now()
);
comment on table webhooks.refused_events is
  'Events that SQL emitted with on_refusal => ''count'' and that could not be taken.';

create table webhooks.schema_warnings (
  id bigint generated always as identity constraint schema_warnings_pkey primary key,
  event_type text not null,
  event_id text not null,
  warned_at timestamptz not null default now()
);
comment on table webhooks.schema_warnings is
  'Events that did not fit the schema of their type, and were taken.';

create table webhooks.idempotent_calls (
  user_id uuid not null,
  key_hash text not null,
  request_hash text not null,
  answer jsonb,
  created_at timestamptz not null default now(),
  constraint idempotent_calls_pkey primary key (user_id, key_hash)
);
comment on table webhooks.idempotent_calls is
  'Calls of the last 24 hours that came with an Idempotency-Key, and their answers.';

create table webhooks.erasures (
  id bigint generated always as identity constraint erasures_pkey primary key,
  user_id uuid,
  actor text not null,
  events integer not null,
  erased_at timestamptz not null default now()
);
comment on table webhooks.erasures is
  'Who erased how many events, and when. Kept for good.';
comment on column webhooks.erasures.user_id is
  'The owner whose events they were. Null where the operator erased those of all owners.';

create table webhooks.erased_events (
  event_ref bigint constraint erased_events_pkey primary key
);
comment on table webhooks.erased_events is
  'Erased events of which deliveries may still have answers: upkeep goes through them.';

create table webhooks.replays (
  id uuid constraint replays_pkey primary key default gen_random_uuid(),
  endpoint_id uuid not null,
  user_id uuid,
  since timestamptz,
  until timestamptz,
  event_types text[],
  filter text,
  which text,
  new_ids boolean not null default false,
  query text,
  event_type text,
  key_type text,
  status text not null default 'running'
    constraint replays_status_valid check (status in ('running', 'done', 'cancelled', 'failed')),
  after_time timestamptz not null default '-infinity',
  after_ref bigint not null default 0,
  after_key text,
  looked_at bigint not null default 0,
  replayed bigint not null default 0,
  erased bigint not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  stepped_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint replays_kind_valid check (
    query is null and since is not null and until is not null and which in ('missing', 'failed', 'all')
    or query is not null and event_type is not null and key_type is not null)
);
comment on table webhooks.replays is
  'Replays of events to an endpoint, and backfills, which have a query. Upkeep carries them out in steps.';
comment on column webhooks.replays.user_id is 'The endpoint''s owner.';
comment on column webhooks.replays.which is
  'Events without a delivery to the endpoint, those whose delivery failed, or all.';
comment on column webhooks.replays.key_type is 'The type of the query''s column id, in whose order it is read.';
comment on column webhooks.replays.after_time is
  'Where the next step of a replay begins: events up to this time and after_ref have been looked at.';
comment on column webhooks.replays.after_key is 'The same of a backfill: the last id.';
comment on column webhooks.replays.erased is
  'Events that are left out because they were erased.';

create table webhooks.watches (
  id bigint generated always as identity constraint watches_pkey primary key,
  table_name regclass not null constraint watches_table_name_key unique,
  event_prefix text not null,
  owner_column text not null,
  columns text[],
  condition text,
  key_columns text[] not null
);
comment on table webhooks.watches is
  'Tables whose changes are events, see webhook_watch().';

create table webhooks.tenancy (
  id boolean constraint tenancy_pkey primary key default true constraint tenancy_is_one check (id),
  owners_function text not null
);
comment on table webhooks.tenancy is
  'The function that says which owners a caller acts for, see webhook_use_owners(). No row: users are owners.';

create table webhooks.ticks (
  id boolean constraint ticks_pkey primary key default true constraint ticks_is_one check (id),
  ticks bigint not null,
  finished_at timestamptz not null,
  duration_ms integer not null
);
comment on table webhooks.ticks is
  'How many ticks of the cron there were, and how long the last one took. One row.';

create table webhooks.wake_up (
  id boolean constraint wake_up_pkey primary key default true constraint wake_up_is_one check (id),
  url text not null constraint wake_up_url_valid check (url ~ '^https?://'),
  key text not null
);
comment on table webhooks.wake_up is
  'The URL of `deliver` and its WAKE_UP_KEY, for calling it after events were emitted.';

-- Types that functions give each other --------------------------------------------

create type webhooks.identity as (
  owner uuid,
  -- Of read and write, what it may do.
  scopes text[],
  by_token boolean,
  -- owner_required, wrong_owner or no_owner: why a valid token or key acts for no owner.
  problem text,
  -- Those to choose from, where an owner is required.
  owners uuid[]
);
create type webhooks.load as (
  -- Deliveries that have not ended, and since when the first of them is due: null where none is.
  backlog bigint,
  oldest_due_at timestamptz,
  -- Events whose fan-out is not finished, and those of them that were set aside.
  outbox bigint,
  set_aside bigint,
  -- Failed attempts in a row at ALERT_WEBHOOK_URL.
  operator_endpoint_failures integer
);
create type webhooks.new_event as (
  event_id text,
  event_type text,
  user_id uuid,
  max_attempts integer,
  deliver_at timestamptz,
  expires_at timestamptz,
  payload text,
  -- Why it is not taken, see webhooks.event_refusal(); null where it is.
  refusal jsonb
);
create type webhooks.stored_event as (
  -- Its row's id.
  ref bigint,
  event_id text,
  event_type text,
  user_id uuid,
  max_attempts integer,
  deliver_at timestamptz,
  expires_at timestamptz,
  -- The size of its payload.
  bytes integer,
  -- False where the same event_id for the same audience was stored before.
  is_new boolean
);
create type webhooks.fanned_out as (
  -- Active endpoints that want the event, in this step.
  wanted integer,
  -- Deliveries made for them; the rest had the event already.
  made integer,
  -- Of those made, the ones that are claimed: their ids.
  claimed uuid[],
  -- Where the next step begins; null after the last one.
  next_after uuid
);
create type webhooks.picked as (
  delivery_id uuid,
  endpoint_id uuid,
  -- 1 is sent first.
  place bigint,
  is_ordered boolean
);

-- Event types -----------------------------------------------------------------

insert into public.webhook_event_types (name, description, example)
select name, description, example::jsonb
from (values
  ('*', 'Every event', null),
  ('vehicle.created', 'A vehicle was added',
    '{"vin": "1FTFW1E50PFA00001", "make": "Ford", "model": "F-150", "year": 2023}'),
  ('vehicle.updated', 'A vehicle''s details changed',
    '{"vin": "1FTFW1E50PFA00001", "mileage": 48210}'),
  ('vehicle.deleted', 'A vehicle was removed', '{"vin": "1FTFW1E50PFA00001"}'),
  ('observation.created', 'An observation was recorded',
    '{"vin": "1FTFW1E50PFA00001", "kind": "mileage", "value": 48210}'),
  ('document.uploaded', 'A document was attached',
    '{"vin": "1FTFW1E50PFA00001", "name": "title.pdf", "bytes": 182044}'),
  ('import.completed', 'An import finished', '{"rows": 1250, "failed": 3}'),
  ('endpoint.failing', 'More than half of an endpoint''s attempts failed within an hour',
    '{"endpoint_id": "8b0f0c5e-5a0e-4f6c-9f0e-0d6d4f3a1b2c",
      "url": "https://example.com/hook", "attempts_last_hour": 12, "failed_last_hour": 9}'),
  ('endpoint.recovered', 'An endpoint that was failing takes deliveries again',
    '{"endpoint_id": "8b0f0c5e-5a0e-4f6c-9f0e-0d6d4f3a1b2c",
      "url": "https://example.com/hook", "attempts_last_hour": 20, "failed_last_hour": 9}'),
  ('endpoint.disabled', 'An endpoint was disabled because it failed',
    '{"endpoint_id": "8b0f0c5e-5a0e-4f6c-9f0e-0d6d4f3a1b2c",
      "url": "https://example.com/hook", "reason": "It answered 410 Gone"}')
) as v (name, description, example)
on conflict (name) do nothing;
