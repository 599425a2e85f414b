-- Events from the database itself, events in batches, and fan-out of any width.
--
-- An event emitted by SQL goes to webhook_outbox, in the caller's transaction. It touches
-- no row that another transaction may touch: emitting waits for nobody, and a transaction
-- that is open for an hour holds up no delivery. The next claim turns it into deliveries,
-- which is called its fan-out. An event that comes over HTTP is fanned out at once. Either
-- way a statement makes a bounded number of deliveries, and what is left of a wider
-- fan-out goes (back) to the outbox.
--
-- Counts of deliveries are kept instead of counted, in webhook_endpoint_stats, and so is an
-- endpoint's health: how often it failed in a row, and how much was claimed this minute.

create table if not exists public.webhook_outbox (
  id bigint generated always as identity constraint webhook_outbox_pkey primary key,
  event_id text not null,
  event_type text not null,
  user_id uuid,
  max_attempts integer,
  payload jsonb not null,
  is_wide boolean not null default false,
  after_endpoint uuid,
  created_at timestamptz not null default now(),
  only_endpoint uuid,
  except_endpoint uuid
);

create table if not exists public.webhook_endpoint_stats (
  endpoint_id uuid constraint webhook_endpoint_stats_pkey primary key
    constraint webhook_endpoint_stats_endpoint_id_fkey
      references public.webhook_endpoints (id) on delete cascade,
  total_deliveries bigint not null default 0,
  failed_deliveries bigint not null default 0,
  consecutive_failures integer not null default 0,
  first_failure_at timestamptz,
  alerted_at timestamptz,
  minute timestamptz,
  minute_claims integer not null default 0
)
-- Room in each page for the new version of a row: no index changes with it.
with (fillfactor = 50);

alter table public.webhook_queue add column if not exists allowed_at timestamptz;
comment on column public.webhook_queue.allowed_at is
  'Where the endpoint''s limit for a minute is used up: the next minute.';

-- What an owner may set, and what becomes of an endpoint that fails.
alter table public.webhook_endpoints
  add column if not exists rate_limit_per_minute integer,
  add column if not exists max_attempts integer,
  add column if not exists headers jsonb not null default '{}',
  add column if not exists disabled_reason text,
  add column if not exists disabled_at timestamptz;
alter table public.webhook_deliveries
  add column if not exists attempts_before_resend integer not null default 0;

create or replace function public.webhook_header_names(headers jsonb) returns text[]
language sql immutable
set search_path = ''
as $$ select array(select h.name from jsonb_object_keys(headers) as h (name) order by 1) $$;
revoke all on function public.webhook_header_names(jsonb) from public;
grant execute on function public.webhook_header_names(jsonb)
  to anon, authenticated, service_role;
alter table public.webhook_endpoints
  add column if not exists header_names text[]
    generated always as (public.webhook_header_names(headers)) stored;

-- Endpoints that are switched off are told of events too: they can be recovered.
do $index$
begin
  if exists (
    select from pg_catalog.pg_indexes i
    where i.schemaname = 'public' and i.indexname = 'idx_webhook_endpoints_active'
      and position('WHERE' in i.indexdef) > 0
  ) then
    drop index public.idx_webhook_endpoints_active;
    create index idx_webhook_endpoints_active on public.webhook_endpoints using gin (events);
  end if;
  -- For who asks for it by "claims >= 0", which is always so. Where statistics say that little
  -- is live, Postgres would else look for one endpoint's deliveries, or for one by its id,
  -- among all that is. For the same reason what is looked up by id is "not in ('success',
  -- 'failed')".
  if exists (
    select from pg_catalog.pg_indexes i
    where i.schemaname = 'public' and i.indexname = 'idx_webhook_deliveries_next_retry'
      and position('claims' in i.indexdef) = 0
  ) then
    drop index public.idx_webhook_deliveries_next_retry;
    create index idx_webhook_deliveries_next_retry on public.webhook_deliveries (next_retry_at)
      where status in ('pending', 'retrying') and claims >= 0;
  end if;
end
$index$;

comment on table public.webhook_outbox is
  'Events that have not yet become deliveries to all the endpoints that want them.';
comment on column public.webhook_outbox.is_wide is
  'More endpoints want the event than could be seen to together with other events.';
comment on column public.webhook_outbox.after_endpoint is
  'Where there are too many at all: endpoints up to this id have their delivery already.';
comment on column public.webhook_outbox.only_endpoint is
  'The one endpoint the event is for.';
comment on column public.webhook_outbox.except_endpoint is
  'The endpoint the event is about, which does not get it.';
comment on table public.webhook_endpoint_stats is
  'How many deliveries an endpoint has had, how many of them have failed, and how it fares.';
comment on column public.webhook_endpoint_stats.consecutive_failures is
  'Attempts that failed since the last one that succeeded.';
comment on column public.webhook_endpoint_stats.first_failure_at is
  'When the first of them was made.';
comment on column public.webhook_endpoint_stats.alerted_at is
  'When endpoint.failing was emitted; null once it has recovered.';
comment on column public.webhook_endpoint_stats.minute_claims is
  'Deliveries claimed in the minute that began at `minute`; kept where they are limited.';
comment on column public.webhook_endpoints.headers is
  'What the owner wants sent along, by name. Only the service role reads the values.';
comment on column public.webhook_endpoints.disabled_reason is
  'Why the system switched the endpoint off; null where its owner did.';
comment on column public.webhook_deliveries.attempts_before_resend is
  'Attempts before the delivery was last resent: they do not count against max_attempts.';

revoke all on public.webhook_outbox, public.webhook_endpoint_stats
  from public, anon, authenticated;
grant select, insert, update, delete
  on public.webhook_outbox, public.webhook_endpoint_stats to service_role;
grant select on public.webhook_endpoint_stats to anon, authenticated;

-- No policy: nobody but the service role, which row-level security does not concern.
alter table public.webhook_outbox enable row level security;
alter table public.webhook_endpoint_stats enable row level security;
drop policy if exists webhook_endpoint_stats_select_own on public.webhook_endpoint_stats;
create policy webhook_endpoint_stats_select_own on public.webhook_endpoint_stats
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e
    where e.user_id = (select public.webhook_caller())
  ));

-- What follows a delivery ------------------------------------------------------

-- Keeps webhook_queue.due_at no later than what was just written, but for a limit, and the
-- endpoint's counts, whoever wrote it.
--
-- Everybody locks in one order, so that no two wait for each other: endpoints, deliveries, rows
-- of the queue, counts, and each of these by id; a claim, which holds a place in the queue,
-- waits for no delivery. A new delivery therefore locks the row of the queue even if it is not
-- live.
create or replace function public.webhook_deliveries_inserted() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into public.webhook_queue as q (endpoint_id, due_at)
  select w.endpoint_id,
    coalesce(min(w.next_retry_at) filter (where w.status in ('pending', 'retrying')), 'infinity')
  from written w
  group by w.endpoint_id
  order by w.endpoint_id
  on conflict (endpoint_id) do update set due_at = greatest(excluded.due_at, q.allowed_at)
    where q.due_at > greatest(excluded.due_at, q.allowed_at);

  insert into public.webhook_endpoint_stats as s
    (endpoint_id, total_deliveries, failed_deliveries)
  select w.endpoint_id, count(*), count(*) filter (where w.status = 'failed')
  from written w
  group by w.endpoint_id
  order by w.endpoint_id
  on conflict (endpoint_id) do update set
    total_deliveries = s.total_deliveries + excluded.total_deliveries,
    failed_deliveries = s.failed_deliveries + excluded.failed_deliveries;
  return null;
end
$$;
revoke all on function public.webhook_deliveries_inserted() from public, anon, authenticated;

create or replace function public.webhook_deliveries_updated() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into public.webhook_queue as q (endpoint_id, due_at)
  select w.endpoint_id, min(w.next_retry_at)
  from written w
  where w.status in ('pending', 'retrying')
  group by w.endpoint_id
  order by w.endpoint_id
  on conflict (endpoint_id) do update set due_at = greatest(excluded.due_at, q.allowed_at)
    where q.due_at > greatest(excluded.due_at, q.allowed_at);

  insert into public.webhook_endpoint_stats as s (endpoint_id, failed_deliveries)
  select w.endpoint_id, sum(w.change)
  from (
    select endpoint_id, 1 as change from written where status = 'failed'
    union all
    select endpoint_id, -1 from overwritten where status = 'failed'
  ) w
  group by w.endpoint_id
  having sum(w.change) <> 0
  order by w.endpoint_id
  on conflict (endpoint_id) do update set
    failed_deliveries = s.failed_deliveries + excluded.failed_deliveries;
  return null;
end
$$;
revoke all on function public.webhook_deliveries_updated() from public, anon, authenticated;

-- Counted once, with nobody writing meanwhile.
lock table public.webhook_deliveries in share row exclusive mode;
insert into public.webhook_endpoint_stats (endpoint_id, total_deliveries, failed_deliveries)
select d.endpoint_id, count(*), count(*) filter (where d.status = 'failed')
from public.webhook_deliveries d
where not exists (
  select from public.webhook_endpoint_stats s where s.endpoint_id = d.endpoint_id
)
group by d.endpoint_id;

create or replace trigger webhook_delivery_inserted
  after insert on public.webhook_deliveries
  referencing new table as written
  for each statement execute function public.webhook_deliveries_inserted();
create or replace trigger webhook_delivery_updated
  after update on public.webhook_deliveries
  referencing old table as overwritten new table as written
  for each statement execute function public.webhook_deliveries_updated();
drop function if exists public.webhook_queue_lower();

-- What an owner sees -----------------------------------------------------------

-- The endpoint as the API shows it: without secrets, and with the names of its headers.
--
-- A body after `return` is parsed when the function is created: no search_path changes what it
-- means, and the planner can put it in the place of the call. The others, which are carried out
-- as statements, take 50 µs a call.
create or replace function public.webhook_endpoint_object(
  id uuid, url text, description text, events text[], is_active boolean,
  created_at timestamptz, updated_at timestamptz, rate_limit_per_minute integer,
  max_attempts integer, header_names text[], disabled_reason text, disabled_at timestamptz
) returns jsonb
language sql stable
return jsonb_build_object(
    'id', id, 'url', url, 'description', description, 'events', events,
    'is_active', is_active, 'created_at', created_at, 'updated_at', updated_at,
    'rate_limit_per_minute', rate_limit_per_minute, 'max_attempts', max_attempts,
    'headers', header_names, 'disabled_reason', disabled_reason, 'disabled_at', disabled_at);
revoke all on function public.webhook_endpoint_object(
  uuid, text, text, text[], boolean, timestamptz, timestamptz, integer, integer, text[], text,
  timestamptz) from public, service_role;
grant execute on function public.webhook_endpoint_object(
  uuid, text, text, text[], boolean, timestamptz, timestamptz, integer, integer, text[], text,
  timestamptz) to anon, authenticated;

-- The endpoint as the API shows it. Raises 404 where the row is not there or not visible
-- to the caller.
create or replace function public.webhook_endpoint_json(endpoint_id uuid) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
  endpoint jsonb;
begin
  select public.webhook_endpoint_object(
    e.id, e.url, e.description, e.events, e.is_active, e.created_at, e.updated_at,
    e.rate_limit_per_minute, e.max_attempts, e.header_names, e.disabled_reason, e.disabled_at)
  into endpoint
  from public.webhook_endpoints e
  where e.id = webhook_endpoint_json.endpoint_id and e.user_id = caller;
  if endpoint is null then
    raise sqlstate 'PT404' using message = 'Webhook endpoint not found', hint = 'not_found';
  end if;
  return endpoint;
end
$$;

-- The caller's endpoints, newest first, each with its delivery counts.
create or replace function public.list_webhook_endpoints() returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
begin
  return coalesce((
    select jsonb_agg(
      public.webhook_endpoint_object(
        e.id, e.url, e.description, e.events, e.is_active, e.created_at, e.updated_at,
        e.rate_limit_per_minute, e.max_attempts, e.header_names, e.disabled_reason,
        e.disabled_at)
      || jsonb_build_object('stats', jsonb_build_object(
        'total_deliveries', coalesce(s.total_deliveries, 0),
        'failed_deliveries', coalesce(s.failed_deliveries, 0)))
      order by e.created_at desc, e.id
    )
    from public.webhook_endpoints e
    left join public.webhook_endpoint_stats s on s.endpoint_id = e.id
    where e.user_id = caller
  ), '[]');
end
$$;

-- Events -----------------------------------------------------------------------

-- What an endpoint is sent about an event.
create or replace function public.webhook_payload(event_id text, event_type text, data jsonb)
returns jsonb
language sql stable
return jsonb_build_object(
    'id', event_id, 'type', event_type, 'created', floor(extract(epoch from now()))::bigint,
    'data', data, 'livemode', true);

-- Why an event cannot be taken, or null: {status, code, error, max_bytes?}, as the
-- API answers it.
-- `bytes` is the size of its payload; without `max_attempts` the endpoint's count. An event
-- type need not be in the catalogue: refusing it would lose the event.
create or replace function public.webhook_event_refusal(
  event_id text, event_type text, data jsonb, max_attempts integer, bytes integer
) returns jsonb
language sql immutable
set search_path = ''
as $$
  select case
    when event_type !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' or length(event_type) > 100
      or event_type is null
      then jsonb_build_object('status', 400, 'code', 'invalid_field',
        'error', 'event_type must be letters, digits, _ and - in parts joined by dots, '
          'at most 100 characters')
    when jsonb_typeof(data) is distinct from 'object'
      then jsonb_build_object('status', 400, 'code', 'invalid_field',
        'error', 'data must be a JSON object')
    when event_id !~ '^[\x21-\x7e]{1,255}$' or event_id is null
      then jsonb_build_object('status', 400, 'code', 'invalid_field',
        'error', 'event_id must be 1 to 255 visible ASCII characters')
    when max_attempts not between 1 and 100
      then jsonb_build_object('status', 400, 'code', 'invalid_field',
        'error', 'max_attempts must be a whole number from 1 to 100')
    when bytes > public.webhook_max_payload_bytes()
      then jsonb_build_object('status', 413, 'code', 'payload_too_large',
        'error', format('The payload would be %s bytes, more than %s',
          bytes, public.webhook_max_payload_bytes()),
        'max_bytes', public.webhook_max_payload_bytes())
  end
$$;

-- Emits an event from the database: if the transaction commits, it is delivered; if it
-- rolls back, the event never existed. With `user_id` only that user's endpoints get it.
-- The same `event_id` (1 to 255 visible ASCII characters, made up where it is null) never
-- becomes a second delivery to the same endpoint. Answers the event's id.
--
-- Raises 22023 (invalid_parameter_value) for an event that `deliver` would refuse.
-- Runs as its owner, so that whoever may call it needs no table. Only the service role
-- may, and functions that run as the owner: triggers that are `security definer`.
create or replace function public.emit_webhook_event(
  event_type text, data jsonb, user_id uuid default null, event_id text default null
) returns text
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  id constant text := coalesce(event_id, gen_random_uuid()::text);
  -- Some API servers encode a JSON argument twice.
  body constant jsonb :=
    case jsonb_typeof(data) when 'string' then (data #>> '{}')::jsonb else data end;
  payload constant jsonb := public.webhook_payload(id, event_type, body);
  refusal constant jsonb := public.webhook_event_refusal(
    id, event_type, body, null, octet_length(payload::text));
begin
  if refusal is not null then
    raise invalid_parameter_value using message = refusal ->> 'error';
  end if;
  insert into public.webhook_outbox (event_id, event_type, user_id, payload)
  values (id, emit_webhook_event.event_type, emit_webhook_event.user_id, payload);
  return id;
end
$$;

-- Fan-out ----------------------------------------------------------------------
--
-- The statements below are long: planning one takes longer than carrying it out. No value
-- makes another plan better, so each is planned once a session (plan_cache_mode).

-- A claimed delivery as the worker needs it: {id, endpoint_id, event_id, claim,
-- attempts, url, secrets, payload, headers?}; `attempts` those recorded so far, `secrets`
-- newest first, `payload` the place of its payload in the list that comes with it, `headers`
-- the owner's own.
drop function if exists public.webhook_claimed_json(
  uuid, uuid, text, integer, integer, jsonb, text, text, text, timestamptz);
create or replace function public.webhook_claimed_json(
  id uuid, endpoint_id uuid, event_id text, claim integer, attempts integer, payload bigint,
  url text, secret text, previous_secret text, previous_secret_expires_at timestamptz,
  headers jsonb
) returns jsonb
language sql stable
return jsonb_build_object(
    'id', id, 'endpoint_id', endpoint_id, 'event_id', event_id, 'claim', claim,
    'attempts', attempts, 'url', url,
    'secrets', case when previous_secret_expires_at > now()
      then jsonb_build_array(secret, previous_secret) else jsonb_build_array(secret) end,
    'payload', payload)
  || case when headers = '{}' then '{}' else jsonb_build_object('headers', headers) end;

-- What an endpoint may have subscribed to that wants events of this type: for a.b.c these are
-- *, a.*, a.b.* and a.b.c.
create or replace function public.webhook_event_patterns(event_type text) returns text[]
language sql immutable
set search_path = ''
as $$
  select array['*', event_type] || array(
    select array_to_string(t.parts[:n], '.') || '.*'
    from generate_series(1, cardinality(t.parts) - 1) as n)
  from (select string_to_array(event_type, '.') as parts) t
$$;

-- How many failures in a row make an endpoint back off: from then on one delivery a minute
-- probes it, and the others wait, until one succeeds.
create or replace function public.webhook_back_off_after() returns integer
language sql immutable set search_path = '' as $$ select 10 $$;

-- Turns events into deliveries to the endpoints that want them, and claims the first
-- `claim_limit` of those for `lease_seconds`. A single event makes up to 10,000
-- deliveries, one of several up to 100. One that more endpoints want makes none and goes to
-- the outbox, to be tried as a single one, and then endpoint by endpoint in steps. An endpoint
-- that is switched off has its delivery noted as failed, and one that is limited, by its
-- owner or because it fails, is left to its turn in the queue.
--
-- Answers {events: [{event_id, duplicates, pending, more, payload}], batch: {payloads:
-- [text], claimed: [delivery]}}: the events by their ids; `duplicates` had the event
-- already, `pending` are stored and due, but not claimed here, `more` says that it went to
-- the outbox, `payload` is the place of its payload if something was claimed. For
-- `delivery` see webhook_claimed_json().
create or replace function public.webhook_fan_out(
  events public.webhook_outbox[], claim_limit integer, lease_seconds integer
) returns jsonb
language plpgsql volatile
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
declare
  most constant integer := case when cardinality(events) = 1 then 10000 else 100 end;
  -- How many endpoints are looked at in a step.
  step constant integer := 1000;
  answer jsonb;
begin
  with incoming as materialized (
    select i.*, i.payload::text as text, public.webhook_event_patterns(i.event_type) as patterns
    from unnest(events) as i
  ),
  -- A branch for each way to find them, so that each has its index: one endpoint, one
  -- user's, everybody's, and a step through all there are. One that is being deleted is
  -- waited for: it would break the foreign key, and all with it.
  wanting as materialized (
    select i.id, i.event_id, i.text, p.id as endpoint_id, p.is_active, p.max_attempts,
      p.rate_limit_per_minute,
      i.after_endpoint is null and count(*) over (partition by i.id) > most as is_too_wide
    from incoming i
    cross join lateral (
      select * from (
        select p.id, p.is_active, p.max_attempts, p.rate_limit_per_minute
        from public.webhook_endpoints p
        where p.id = i.only_endpoint
        for key share of p
      ) one_endpoint
      union all
      select * from (
        select p.id, p.is_active, p.max_attempts, p.rate_limit_per_minute
        from public.webhook_endpoints p
        where p.user_id = i.user_id and p.events && i.patterns
          and i.only_endpoint is null and i.after_endpoint is null
        limit most + 1
        for key share of p
      ) one_user
      union all
      select * from (
        select p.id, p.is_active, p.max_attempts, p.rate_limit_per_minute
        from public.webhook_endpoints p
        where p.events && i.patterns
          and i.user_id is null and i.only_endpoint is null and i.after_endpoint is null
        limit most + 1
        for key share of p
      ) everybody
      union all
      select * from (
        select p.*
        from (
          select s.id from public.webhook_endpoints s
          where s.id > i.after_endpoint
          order by s.id
          limit step
        ) s
        cross join lateral (
          select p.id, p.is_active, p.max_attempts, p.rate_limit_per_minute
          from public.webhook_endpoints p
          where p.id = s.id and p.events && i.patterns
            and (i.user_id is null or p.user_id = i.user_id)
          for key share of p
        ) p
      ) one_step
    ) p
    where p.id is distinct from i.except_endpoint
  ),
  matched as materialized (
    select w.id, w.event_id, w.endpoint_id, w.is_active, w.max_attempts,
      octet_length(w.text) as bytes,
      w.is_active and w.rate_limit_per_minute is null and coalesce((
        select s.consecutive_failures < public.webhook_back_off_after()
        from public.webhook_endpoint_stats s
        where s.endpoint_id = w.endpoint_id
      ), true) as is_free,
      row_number() over (partition by w.id order by w.endpoint_id) as nth,
      -- Of events with the same id, the first one counts.
      row_number() over (partition by w.event_id, w.endpoint_id order by w.id) as turn
    from wanting w
    where not w.is_too_wide
  ),
  numbered as materialized (
    select m.id, m.event_id, m.endpoint_id, m.is_active, m.max_attempts, m.turn,
      m.is_free and count(*) filter (where m.is_free) over places <= claim_limit
        and sum(m.bytes) filter (where m.nth = 1) over places
          <= public.webhook_max_claim_bytes() as claim
    from matched m
    window places as (order by m.id, m.endpoint_id)
  ),
  inserted as (
    insert into public.webhook_deliveries as d
      (endpoint_id, event_type, event_id, max_attempts, claims, unrecorded_claims, status,
        last_error, next_retry_at, payload)
    select n.endpoint_id, i.event_type, i.event_id, coalesce(i.max_attempts, n.max_attempts, 5),
      n.claim::integer, n.claim::integer,
      case when n.is_active then 'pending' else 'failed' end,
      case when not n.is_active then 'Endpoint was disabled' end,
      case when n.claim then now() + make_interval(secs => lease_seconds)
        when n.is_active then now() end,
      i.payload
    from numbered n
    join incoming i using (id)
    where n.turn = 1
    -- In one order, so that two calls with the same events cannot wait for each other.
    order by i.event_id, n.endpoint_id
    on conflict (endpoint_id, event_id) do nothing
    returning d.id, d.endpoint_id, d.event_id, d.claims
  ),
  -- What was matched beside what came of it: grouped, because a join of two lists whose
  -- lengths the planner cannot know may compare each with each.
  made as materialized (
    select max(b.id) as id, b.endpoint_id, bool_or(b.is_active) as is_active,
      (array_agg(b.delivery_id) filter (where b.delivery_id is not null))[1] as delivery_id,
      max(b.claims) as claims
    from (
      select m.id, m.endpoint_id, m.event_id, m.turn, m.is_active, null::uuid as delivery_id,
        null::integer as claims
      from matched m
      union all
      select null, d.endpoint_id, d.event_id, 1, null, d.id, d.claims from inserted d
    ) b
    group by b.event_id, b.endpoint_id, b.turn
  ),
  counted as materialized (
    select i.id, count(m.id) as wanted, count(m.delivery_id) as made,
      count(m.id) filter (where m.claims = 0) as pending
    from incoming i
    -- Those that are switched off are nobody's concern now.
    left join made m on m.id = i.id and m.is_active
    group by i.id
  ),
  left_over as (
    insert into public.webhook_outbox
      (event_id, event_type, user_id, max_attempts, payload, is_wide, after_endpoint, created_at,
        except_endpoint)
    select i.event_id, i.event_type, i.user_id, i.max_attempts, i.payload, true,
      n.after_endpoint, i.created_at, i.except_endpoint
    from incoming i
    cross join lateral (
      -- Alone, next time.
      select null::uuid as after_endpoint
      where most < 10000
        and exists (select from wanting w where w.id = i.id and w.is_too_wide)
      union all
      -- In steps, from the first.
      select '00000000-0000-0000-0000-000000000000'
      where most = 10000
        and exists (select from wanting w where w.id = i.id and w.is_too_wide)
      union all
      -- In the next step.
      select * from (
        select s.id from public.webhook_endpoints s
        where s.id > i.after_endpoint
        order by s.id
        offset step - 1
        limit 1
      ) last_seen
    ) n
    returning webhook_outbox.event_id
  ),
  sent as materialized (
    select c.id, i.text, row_number() over (order by c.id) - 1 as place
    from counted c
    join incoming i using (id)
    where c.pending < c.made
  )
  select jsonb_build_object(
    'events', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'event_id', i.event_id, 'duplicates', c.wanted - c.made, 'pending', c.pending,
        'more', exists (select from left_over l where l.event_id = i.event_id),
        'payload', s.place) order by c.id), '[]')
      from counted c
      join incoming i using (id)
      left join sent s using (id)
    ),
    'batch', jsonb_build_object(
      'payloads', (select coalesce(jsonb_agg(s.text order by s.place), '[]') from sent s),
      'claimed', (
        select coalesce(jsonb_agg(public.webhook_claimed_json(
          m.delivery_id, m.endpoint_id, i.event_id, m.claims, 0, s.place, p.url, p.secret,
          p.previous_secret, p.previous_secret_expires_at, p.headers)), '[]')
        from made m
        join sent s using (id)
        join incoming i using (id)
        join public.webhook_endpoints p on p.id = m.endpoint_id
        where m.claims > 0
      ))
  ) into answer;
  return answer;
end
$$;

-- Stores events as deliveries to the endpoints that want them, and claims the first
-- `claim_limit` of those for `lease_seconds`.
--
-- `events`: a JSON array of {event_type, data, event_id?, user_id?, max_attempts?}.
-- Answers as webhook_fan_out(): the events in their order, where one that is refused is
-- answered with {event_id, refused: {status, code, error, max_bytes?}}, and the others are
-- stored.
create or replace function public.enqueue_webhook_events(
  events text, claim_limit integer, lease_seconds integer
) returns jsonb
language plpgsql volatile
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
declare
  parsed jsonb;
  accepted public.webhook_outbox[];
  refusals jsonb;
  answer jsonb;
begin
  -- JSON that jsonb cannot hold: U+0000, a lone surrogate, a number beyond numeric, too
  -- many levels.
  begin
    parsed := events::jsonb;
  exception when data_exception or statement_too_complex then
    raise sqlstate 'PT400' using
      message = 'event.data cannot be stored: ' || sqlerrm,
      hint = 'invalid_field', detail = '{"field": "event.data"}';
  end;

  with incoming as (
    select e.ord,
      coalesce(e.event ->> 'event_id', gen_random_uuid()::text) as event_id,
      e.event ->> 'event_type' as event_type,
      (e.event ->> 'user_id')::uuid as user_id,
      (e.event ->> 'max_attempts')::integer as max_attempts,
      e.event -> 'data' as data
    from jsonb_array_elements(parsed) with ordinality as e (event, ord)
  ),
  enveloped as materialized (
    select i.*, public.webhook_payload(i.event_id, i.event_type, i.data) as payload
    from incoming i
  ),
  judged as (
    select e.*, public.webhook_event_refusal(
      e.event_id, e.event_type, e.data, e.max_attempts, octet_length(e.payload::text)) as refusal
    from enveloped e
  )
  select
    array_agg(row(j.ord, j.event_id, j.event_type, j.user_id, j.max_attempts, j.payload,
      false, null, now(), null, null)::public.webhook_outbox order by j.ord)
      filter (where j.refusal is null),
    jsonb_agg(
      jsonb_build_object('ord', j.ord, 'event_id', j.event_id, 'refused', j.refusal)
      order by j.ord) filter (where j.refusal is not null)
  into accepted, refusals
  from judged j;

  answer := public.webhook_fan_out(accepted, claim_limit, lease_seconds);
  if refusals is not null then
    -- Each in its place: those before it are there already.
    answer := jsonb_set(answer, '{events}', (
      select jsonb_agg(event order by ord)
      from (
        select (r.refusal ->> 'ord')::bigint as ord, r.refusal - 'ord' as event
        from jsonb_array_elements(refusals) as r (refusal)
        union all
        select a.id, e.event
        from unnest(accepted) with ordinality
          as a (id, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, nth)
        join jsonb_array_elements(answer -> 'events') with ordinality as e (event, nth)
          using (nth)
      ) merged
    ));
  end if;
  return answer;
end
$$;

-- Fans out what is in the outbox, oldest first: up to 100 events, or a single wide one. Says
-- whether there was anything. One call at a time: another would only wait for the same
-- endpoints.
create or replace function public.webhook_drain_outbox() returns boolean
language plpgsql volatile
set search_path = ''
as $$
declare
  events public.webhook_outbox[];
begin
  if not pg_try_advisory_xact_lock(hashtextextended('webhook_outbox', 0)) then
    return false;
  end if;
  with taken as (
    delete from public.webhook_outbox o
    where o.id in (
      select t.id
      from (
        select t.id, t.is_wide, row_number() over (order by t.id) as nth
        from (select t.id, t.is_wide from public.webhook_outbox t order by t.id limit 100) t
      ) t
      where t.nth = 1
        or not t.is_wide
          and not (select w.is_wide from public.webhook_outbox w order by w.id limit 1)
    )
    returning o.*
  )
  select array_agg(t::public.webhook_outbox order by t.id) into events from taken t;
  if events is null then
    return false;
  end if;
  perform public.webhook_fan_out(events, 0, 0);
  return true;
end
$$;

-- Claims up to `claim_limit` due deliveries for `lease_seconds`, after fanning out what is
-- in the outbox.
--
-- Fair between endpoints: each that is due gets an equal share of the claim, and then
-- goes to the end of the queue. One with a limit gets no more than is left of it in this
-- minute, and its next turn is in the next one: by its owner's rate_limit_per_minute, or one
-- while it backs off (see webhook_back_off_after()). What can no longer be sent is settled on the way: its
-- endpoint was switched off, or claim after claim ended without a result; each such
-- claim is leased twice as long as the one before, up to 8 hours.
-- Answers {batch: {payloads: [text], claimed: [delivery]}, settled: [{id, endpoint_id,
-- status, error}], more}: for `delivery` see webhook_claimed_json(); `more` says that
-- something may still be due, and be it held by another claim just now.
create or replace function public.claim_webhook_deliveries(
  claim_limit integer, lease_seconds integer
) returns jsonb
language plpgsql volatile
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
declare
  max_unrecorded_claims constant integer := 20;
  max_lease_seconds constant integer := 28800;
  this_minute constant timestamptz := date_trunc('minute', now());
  turns uuid[];
  -- Those of them with a limit, and what is left of each: null where somebody else is just
  -- using it.
  limited uuid[];
  rooms integer[];
  share integer;
  answer jsonb;
begin
  -- Secrets whose overlap is over. An endpoint that is being changed can wait, claims not.
  update public.webhook_endpoints e
  set previous_secret = null, previous_secret_expires_at = null
  where e.id in (
    select p.id from public.webhook_endpoints p
    where p.previous_secret is not null and p.previous_secret_expires_at <= now()
    for no key update skip locked
  );

  perform public.webhook_drain_outbox();

  -- Holding an endpoint's row means that nobody else claims from it, and that what is
  -- written for it meanwhile lowers its turn after this is done with it.
  select array_agg(t.endpoint_id) into turns
  from (
    select q.endpoint_id
    from public.webhook_queue q
    where q.due_at <= now()
    order by q.due_at
    limit claim_limit
    for update skip locked
  ) t;

  with limits as materialized (
    select s.endpoint_id, least(e.rate_limit_per_minute,
      case when s.consecutive_failures >= public.webhook_back_off_after() then 1 end) as most
    from unnest(turns) as t (endpoint_id)
    join public.webhook_endpoints e on e.id = t.endpoint_id
    join public.webhook_endpoint_stats s on s.endpoint_id = t.endpoint_id
    where e.is_active and (e.rate_limit_per_minute is not null
      or s.consecutive_failures >= public.webhook_back_off_after())
  ),
  -- Not waited for: whoever has them may be waiting for what is held here.
  held as materialized (
    select s.endpoint_id,
      case when s.minute = this_minute then s.minute_claims else 0 end as used
    from public.webhook_endpoint_stats s
    where s.endpoint_id in (select l.endpoint_id from limits l)
    for update skip locked
  )
  select array_agg(l.endpoint_id),
    array_agg(case when h.used is not null then greatest(l.most - h.used, 0) end)
  into limited, rooms
  from limits l
  left join held h using (endpoint_id);

  -- Everybody's oldest first, then everybody's second oldest, and so on. No more is looked
  -- at than an equal share of each, unless that leaves room.
  share := ceil(claim_limit::numeric / greatest(cardinality(turns), 1));
  with turn as materialized (
    select t.endpoint_id,
      case when l.endpoint_id is null then claim_limit else coalesce(l.room, 0) end as room
    from unnest(turns) as t (endpoint_id)
    left join unnest(limited, rooms) as l (endpoint_id, room) using (endpoint_id)
  ),
  shares as materialized (
    select t.endpoint_id, t.room, d.id, d.next_retry_at, d.nth
    from turn t
    cross join lateral (
      select d.id, d.next_retry_at, row_number() over (order by d.next_retry_at) as nth
      from public.webhook_deliveries d
      where d.endpoint_id = t.endpoint_id and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
      order by d.next_retry_at
      limit least(share, t.room)
    ) d
  ),
  due as (
    select s.id, s.next_retry_at, s.nth from shares s
    union all
    select d.id, d.next_retry_at, d.nth
    from shares s
    cross join lateral (
      select d.id, d.next_retry_at, row_number() over (order by d.next_retry_at) as nth
      from public.webhook_deliveries d
      where d.endpoint_id = s.endpoint_id and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
      order by d.next_retry_at
      offset share
      limit s.room - share
    ) d
    where s.nth = share and s.room > share and (select count(*) from shares) < claim_limit
  ),
  candidates as (
    select d.id, d.nth, d.next_retry_at from due d
    order by d.nth, d.next_retry_at limit claim_limit
  ),
  locked as materialized (
    select d.id, c.nth, c.next_retry_at, d.endpoint_id, d.unrecorded_claims,
      d.payload::text as text
    from candidates c
    join public.webhook_deliveries d using (id)
    where d.status not in ('success', 'failed') and d.next_retry_at <= now()
    for update of d skip locked
  ),
  placed as materialized (
    select l.*, row_number() over turn as place,
      row_number() over (partition by l.text order by l.nth, l.next_retry_at, l.id) = 1
        as is_first
    from locked l
    window turn as (order by l.nth, l.next_retry_at, l.id)
  ),
  picked as materialized (
    select p.*
    from (
      select p.*, sum(octet_length(p.text)) filter (where p.is_first)
        over (order by p.place) as bytes
      from placed p
    ) p
    where p.bytes <= public.webhook_max_claim_bytes() or p.place = 1
  ),
  judged as (
    select l.id, l.place, l.text, p.url, p.secret, p.previous_secret,
      p.previous_secret_expires_at, p.headers,
      case
        when not p.is_active then 'Endpoint was disabled'
        when l.unrecorded_claims >= max_unrecorded_claims
          then format('Given up: %s claims in a row ended without a result',
            max_unrecorded_claims)
      end as refusal
    from picked l
    join public.webhook_endpoints p on p.id = l.endpoint_id
  ),
  claimed as (
    update public.webhook_deliveries d set
      claims = d.claims + case when j.refusal is null then 1 else 0 end,
      unrecorded_claims = d.unrecorded_claims + case when j.refusal is null then 1 else 0 end,
      status = case when j.refusal is null then d.status else 'failed' end,
      last_error = coalesce(j.refusal, d.last_error),
      next_retry_at = case when j.refusal is null then now() + make_interval(secs => least(
        lease_seconds * 2.0 ^ d.unrecorded_claims, greatest(lease_seconds, max_lease_seconds)))
      end
    from judged j
    where d.id = j.id
    returning d.id, d.endpoint_id, d.event_id, d.claims, d.attempts, d.status, j.place, j.text,
      j.url, j.secret, j.previous_secret, j.previous_secret_expires_at, j.headers, j.refusal
  ),
  payloads as materialized (
    select p.text, row_number() over (order by p.place) - 1 as place
    from picked p
    where p.is_first
  )
  select jsonb_build_object(
    'batch', jsonb_build_object(
      'payloads', (select coalesce(jsonb_agg(p.text order by p.place), '[]') from payloads p),
      'claimed', coalesce(jsonb_agg(public.webhook_claimed_json(
        c.id, c.endpoint_id, c.event_id, c.claims, c.attempts, p.place, c.url, c.secret,
        c.previous_secret, c.previous_secret_expires_at, c.headers) order by c.place)
        filter (where c.refusal is null), '[]')),
    'settled', coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'endpoint_id', c.endpoint_id, 'status', c.status, 'error', c.refusal
      )) filter (where c.refusal is not null), '[]')
  ) into answer
  from claimed c
  join payloads p using (text);

  if limited is not null then
    with used as (
      select (d.delivery ->> 'endpoint_id')::uuid as endpoint_id, count(*)::integer as claims
      from jsonb_array_elements(answer #> '{batch,claimed}') as d (delivery)
      group by 1
    ),
    counted as (
      update public.webhook_endpoint_stats s set
        minute = this_minute,
        minute_claims =
          case when s.minute = this_minute then s.minute_claims else 0 end + u.claims
      from used u
      where s.endpoint_id = u.endpoint_id and u.endpoint_id = any(limited)
    )
    select array_agg(l.room - coalesce(u.claims, 0) order by l.nth) into rooms
    from unnest(limited, rooms) with ordinality as l (endpoint_id, room, nth)
    left join used u using (endpoint_id);
  end if;

  -- The next turn: now, behind those who wait already, when something will be due, or when
  -- the limit allows it.
  with next as (
    select t.endpoint_id, (
        select min(d.next_retry_at) from public.webhook_deliveries d
        where d.endpoint_id = t.endpoint_id and d.status in ('pending', 'retrying')
      ) as due_at,
      case when l.room <= 0 then this_minute + interval '1 minute' end as allowed_at
    from unnest(turns) as t (endpoint_id)
    left join unnest(limited, rooms) as l (endpoint_id, room) using (endpoint_id)
  ),
  gone as (
    delete from public.webhook_queue q using next n
    where q.endpoint_id = n.endpoint_id and n.due_at is null
  )
  update public.webhook_queue q set
    due_at = greatest(n.due_at, n.allowed_at, now()),
    allowed_at = n.allowed_at
  from next n
  where q.endpoint_id = n.endpoint_id and n.due_at is not null;

  return answer || jsonb_build_object('more',
    exists (select from public.webhook_queue q where q.due_at <= now())
    or exists (select from public.webhook_outbox));
end
$$;

-- Records what became of claimed deliveries and decides what happens next.
--
-- `results`: a JSON array of {id, claim, attempts, released?, response_status?,
-- response_body?, response_time_ms?, error?, cause?, retry_after_seconds?, age_ms?}, the first
-- three as they were claimed, `cause` the kind of failure, `age_ms` how long ago the attempt
-- began. A delivery that is released was not attempted: it is due again at once. One
-- succeeded if the status is 2xx and there is no error. A result whose claim is no longer the
-- latest changes nothing; one that was recorded already, because the answer to the call before
-- was lost, changes nothing either and is answered again.
--
-- What a receiver asks for with 429 or 503 and Retry-After is kept, up to twice the
-- schedule's step; 410 ends the delivery. Each attempt is logged and counted in the same
-- statement, and the endpoint's health judged (see webhook_judge_health(), which has the
-- operator told at `alert_url`).
-- Answers [{id, status}] of what is recorded.
drop function if exists public.record_webhook_results(text);
create or replace function public.record_webhook_results(
  results text, alert_url text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off
as $$
declare
  parsed constant jsonb := results::jsonb;
  answer jsonb;
  health jsonb;
  endpoints uuid[];
  -- Those of them that are to be judged, or to be due at another time.
  held uuid[];
begin
  -- Locks in the order everybody has, see webhook_deliveries_inserted(). An endpoint that is
  -- being deleted is waited for, and takes its deliveries along. Each row is looked up by
  -- itself (`offset 0` and locks keep it so): a join planned while the tables were small would
  -- read all of them when they are large.
  select array_agg(distinct d.endpoint_id), array_agg(distinct d.endpoint_id) filter (
    where r.error is not null or r.released or (r.response_status between 200 and 299) is not true
      or s.consecutive_failures > 0 or s.alerted_at is not null)
  into endpoints, held
  from jsonb_to_recordset(parsed) as r (
    id uuid, error text, released boolean, response_status integer)
  cross join lateral (
    select d.endpoint_id from public.webhook_deliveries d where d.id = r.id offset 0
  ) d
  left join lateral (
    select s.consecutive_failures, s.alerted_at
    from public.webhook_endpoint_stats s where s.endpoint_id = d.endpoint_id offset 0
  ) s on true;
  perform
  from (select unnest(endpoints) as id order by 1) e
  cross join lateral (
    select from public.webhook_endpoints p where p.id = e.id for key share
  ) p;
  perform
  from (
    select r.* from jsonb_to_recordset(parsed) as r (id uuid, claim integer, attempts integer)
    order by r.id
  ) r
  cross join lateral (
    select from public.webhook_deliveries d
    where d.id = r.id and d.claims = r.claim and d.attempts = r.attempts
      and d.status not in ('success', 'failed')
    for no key update
  ) d;
  perform
  from (select unnest(held) as id order by 1) e
  cross join lateral (
    select from public.webhook_queue q where q.endpoint_id = e.id for update
  ) q;

  with result as (
    select r.*,
      coalesce(r.error is null and r.response_status between 200 and 299, false) as ok
    from rows from (jsonb_to_recordset(parsed) as (
      id uuid, claim integer, attempts integer, released boolean, response_status integer,
      response_body text, response_time_ms integer, error text, cause text,
      retry_after_seconds bigint, age_ms bigint
    )) with ordinality as r (id, claim, attempts, released, response_status, response_body,
      response_time_ms, error, cause, retry_after_seconds, age_ms, nth)
  ),
  judged as (
    select r.*, d.attempts + 1 - d.attempts_before_resend as attempt_since_resend,
      r.response_status is distinct from 410
        and d.attempts + 1 - d.attempts_before_resend < d.max_attempts as may_retry
    from result r
    join public.webhook_deliveries d on d.id = r.id
    where d.claims = r.claim and d.attempts = r.attempts and d.status not in ('success', 'failed')
  ),
  recorded as (
    update public.webhook_deliveries d set
      attempts = d.attempts + 1,
      unrecorded_claims = 0,
      status = case when j.ok then 'success' when j.may_retry then 'retrying' else 'failed' end,
      next_retry_at = case when not j.ok and j.may_retry then now() + least(
        greatest(public.webhook_retry_delay(j.attempt_since_resend),
          make_interval(secs => j.retry_after_seconds)),
        2 * public.webhook_retry_delay(j.attempt_since_resend))
      end,
      delivered_at = case when j.ok then now() else d.delivered_at end,
      response_status = j.response_status,
      response_body = j.response_body,
      response_time_ms = j.response_time_ms,
      last_error = coalesce(j.error, d.last_error)
    from judged j
    where d.id = j.id and d.claims = j.claim and d.attempts = j.attempts
      and d.status not in ('success', 'failed') and j.released is not true
    returning d.id, d.endpoint_id, d.status, d.attempts, j.nth, j.ok, j.response_status,
      j.response_body, j.response_time_ms, j.error,
      case when j.ok then 'success' else coalesce(j.cause, 'other') end as outcome,
      now() - make_interval(secs => coalesce(j.age_ms, 0) / 1000.0) as attempted_at
  ),
  released as (
    update public.webhook_deliveries d set next_retry_at = now(), unrecorded_claims = 0
    from judged j
    where d.id = j.id and d.claims = j.claim and d.attempts = j.attempts
      and d.status not in ('success', 'failed') and j.released
    returning d.id, d.status
  ),
  logged as (
    insert into public.webhook_delivery_attempts (delivery_id, attempt, endpoint_id,
      attempted_at, response_status, response_time_ms, response_body, error)
    select c.id, c.attempts, c.endpoint_id, c.attempted_at, c.response_status,
      c.response_time_ms, c.response_body, c.error
    from recorded c
  ),
  counted as (
    insert into public.webhook_attempt_counts as a
      (endpoint_id, starts_at, seconds, outcome, latency_class, attempts)
    select c.endpoint_id, date_bin('5 minutes', now(), 'epoch'), 300, c.outcome,
      public.webhook_latency_class(c.response_time_ms) as latency_class, count(*)
    from recorded c
    group by c.endpoint_id, c.outcome, latency_class
    order by c.endpoint_id, c.outcome, latency_class
    on conflict (endpoint_id, starts_at, seconds, outcome, latency_class)
      do update set attempts = a.attempts + excluded.attempts
  ),
  totalled as (
    insert into public.webhook_totals as t (outcome, shard, attempts)
    select c.outcome, pg_backend_pid() % 16, count(*)
    from recorded c
    group by c.outcome
    order by c.outcome
    on conflict (outcome, shard) do update set attempts = t.attempts + excluded.attempts
  ),
  endpoint as materialized (
    select c.endpoint_id, bool_or(not c.ok) as has_failed, bool_or(c.ok) as has_succeeded,
      max(c.attempted_at) filter (where c.response_status = 410) as gone_at,
      max(c.nth) filter (where c.ok) as last_success
    from recorded c
    group by c.endpoint_id
  ),
  -- Healthy endpoints stay untouched.
  locked as materialized (
    select s.endpoint_id, s.consecutive_failures
    from endpoint e
    join public.webhook_endpoint_stats s using (endpoint_id)
    where e.has_failed or s.endpoint_id = any (held)
    order by s.endpoint_id
    for update of s
  ),
  streak as (
    select e.endpoint_id, l.consecutive_failures as before, e.has_failed, e.has_succeeded,
      e.gone_at, count(c.nth)::integer as failures, min(c.attempted_at) as first_failure_at
    from locked l
    join endpoint e using (endpoint_id)
    left join recorded c
      on c.endpoint_id = e.endpoint_id and c.nth > coalesce(e.last_success, 0)
    group by e.endpoint_id, l.consecutive_failures, e.has_failed, e.has_succeeded, e.gone_at
  ),
  judged_endpoint as (
    update public.webhook_endpoint_stats s set
      consecutive_failures =
        case when k.has_succeeded then 0 else s.consecutive_failures end + k.failures,
      first_failure_at = case when not k.has_succeeded
        then coalesce(s.first_failure_at, k.first_failure_at) else k.first_failure_at end
    from streak k
    where s.endpoint_id = k.endpoint_id
    returning s.endpoint_id, k.before, k.has_failed, k.has_succeeded, k.gone_at,
      s.consecutive_failures, s.first_failure_at, s.alerted_at
  ),
  known as (
    select c.id, c.status from recorded c
    union all
    select c.id, c.status from released c
    union all
    select d.id, d.status
    from result r
    join public.webhook_deliveries d on d.id = r.id
    where d.claims = r.claim and d.attempts = r.attempts + 1
  )
  select
    (select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'status', k.status)), '[]')
     from known k),
    (select jsonb_agg(to_jsonb(e)) from judged_endpoint e)
  into answer, health;

  if health is not null then
    perform public.webhook_judge_health(health, alert_url);
  end if;
  return answer;
end
$$;
revoke all on function public.record_webhook_results(text, text)
  from public, anon, authenticated;
grant execute on function public.record_webhook_results(text, text) to service_role;

revoke all on function
  public.webhook_payload(text, text, jsonb),
  public.webhook_event_refusal(text, text, jsonb, integer, integer),
  public.emit_webhook_event(text, jsonb, uuid, text),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, integer, bigint, text, text, text, timestamptz, jsonb),
  public.webhook_event_patterns(text),
  public.webhook_back_off_after(),
  public.webhook_fan_out(public.webhook_outbox[], integer, integer),
  public.webhook_drain_outbox()
  from public, anon, authenticated;
grant execute on function
  public.webhook_payload(text, text, jsonb),
  public.webhook_event_refusal(text, text, jsonb, integer, integer),
  public.emit_webhook_event(text, jsonb, uuid, text),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, integer, bigint, text, text, text, timestamptz, jsonb),
  public.webhook_event_patterns(text),
  public.webhook_back_off_after(),
  public.webhook_fan_out(public.webhook_outbox[], integer, integer),
  public.webhook_drain_outbox()
  to service_role;

-- A PostgREST that is running learns of new functions by this.
notify pgrst, 'reload schema';
