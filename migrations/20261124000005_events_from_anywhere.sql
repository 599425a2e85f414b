-- Events from the database itself, events in batches, and fan-out of any width.
--
-- An event emitted by SQL goes to webhook_outbox, in the caller's transaction. It touches
-- no row that another transaction may touch: emitting waits for nobody, and a transaction
-- that is open for an hour holds up no delivery. The next claim turns it into deliveries,
-- which is called its fan-out. An event that comes over HTTP is fanned out at once. Either
-- way a statement makes a bounded number of deliveries, and what is left of a wider
-- fan-out goes (back) to the outbox.
--
-- Counts of deliveries are kept instead of counted, in webhook_endpoint_stats.

create table if not exists public.webhook_outbox (
  id bigint generated always as identity constraint webhook_outbox_pkey primary key,
  event_id text not null,
  event_type text not null,
  user_id uuid,
  max_attempts integer not null default 5,
  payload jsonb not null,
  is_wide boolean not null default false,
  after_endpoint uuid,
  created_at timestamptz not null default now()
);

create table if not exists public.webhook_endpoint_stats (
  endpoint_id uuid constraint webhook_endpoint_stats_pkey primary key
    constraint webhook_endpoint_stats_endpoint_id_fkey
      references public.webhook_endpoints (id) on delete cascade,
  total_deliveries bigint not null default 0,
  failed_deliveries bigint not null default 0
)
-- Room in each page for the new version of a row: no index changes with it.
with (fillfactor = 50);

comment on table public.webhook_outbox is
  'Events that have not yet become deliveries to all the endpoints that want them.';
comment on column public.webhook_outbox.is_wide is
  'More endpoints want the event than could be seen to together with other events.';
comment on column public.webhook_outbox.after_endpoint is
  'Where there are too many at all: endpoints up to this id have their delivery already.';
comment on table public.webhook_endpoint_stats is
  'How many deliveries an endpoint has had, and how many of them have failed.';

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

-- Keeps webhook_queue.due_at no later than what was just written, and the endpoint's
-- counts, whoever wrote it. Rows are locked in one order, first those of the queue, so
-- that two writers cannot wait for each other.
create or replace function public.webhook_deliveries_inserted() returns trigger
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
  on conflict (endpoint_id) do update set due_at = excluded.due_at
    where q.due_at > excluded.due_at;

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
  on conflict (endpoint_id) do update set due_at = excluded.due_at
    where q.due_at > excluded.due_at;

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

-- The endpoint as the API shows it: without secrets.
create or replace function public.webhook_endpoint_object(
  id uuid, url text, description text, events text[], is_active boolean,
  created_at timestamptz, updated_at timestamptz
) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', id, 'url', url, 'description', description, 'events', events,
    'is_active', is_active, 'created_at', created_at, 'updated_at', updated_at)
$$;
revoke all on function public.webhook_endpoint_object(
  uuid, text, text, text[], boolean, timestamptz, timestamptz) from public, service_role;
grant execute on function public.webhook_endpoint_object(
  uuid, text, text, text[], boolean, timestamptz, timestamptz) to anon, authenticated;

-- The endpoint as the API shows it. Raises 404 where the row is not there or not visible
-- to the caller.
create or replace function public.webhook_endpoint_json(endpoint_id uuid) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
  endpoint jsonb;
begin
  select public.webhook_endpoint_object(
    e.id, e.url, e.description, e.events, e.is_active, e.created_at, e.updated_at)
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
language plpgsql stable
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
begin
  return coalesce((
    select jsonb_agg(
      public.webhook_endpoint_object(
        e.id, e.url, e.description, e.events, e.is_active, e.created_at, e.updated_at)
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
set search_path = ''
as $$
  select jsonb_build_object(
    'id', event_id, 'type', event_type, 'created', floor(extract(epoch from now()))::bigint,
    'data', data, 'livemode', true)
$$;

-- Why an event cannot be taken, or null: {status, code, error, max_bytes?}, as the
-- API answers it.
-- `bytes` is the size of its payload. An event type need not be in the catalogue:
-- refusing it would lose the event.
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
    when max_attempts not between 1 and 100 or max_attempts is null
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
    id, event_type, body, 5, octet_length(payload::text));
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
-- attempts, url, secrets, payload}; `attempts` those recorded so far, `secrets` newest
-- first, `payload` the place of its payload in the list that comes with it.
drop function if exists public.webhook_claimed_json(
  uuid, uuid, text, integer, integer, jsonb, text, text, text, timestamptz);
create or replace function public.webhook_claimed_json(
  id uuid, endpoint_id uuid, event_id text, claim integer, attempts integer, payload bigint,
  url text, secret text, previous_secret text, previous_secret_expires_at timestamptz
) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', id, 'endpoint_id', endpoint_id, 'event_id', event_id, 'claim', claim,
    'attempts', attempts, 'url', url,
    'secrets', case when previous_secret_expires_at > now()
      then jsonb_build_array(secret, previous_secret) else jsonb_build_array(secret) end,
    'payload', payload)
$$;

-- Turns events into deliveries to the endpoints that want them, and claims the first
-- `claim_limit` of those for `lease_seconds`. A single event makes up to 10,000
-- deliveries, one of several up to 100. One that more endpoints want makes none and goes to
-- the outbox, to be tried as a single one, and then endpoint by endpoint in steps.
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
    select i.*, i.payload::text as text from unnest(events) as i
  ),
  -- Three branches, so that each has its index: one user's endpoints, everybody's, and a
  -- step through all there are. One that is being deleted is waited for: it would break
  -- the foreign key, and all with it.
  wanting as materialized (
    select i.id, i.event_id, i.text, p.id as endpoint_id,
      i.after_endpoint is null and count(*) over (partition by i.id) > most as is_too_wide
    from incoming i
    cross join lateral (
      select * from (
        select p.id
        from public.webhook_endpoints p
        where p.user_id = i.user_id and p.is_active and p.events && array['*', i.event_type]
          and i.after_endpoint is null
        limit most + 1
        for key share of p
      ) one_user
      union all
      select * from (
        select p.id
        from public.webhook_endpoints p
        where p.is_active and p.events && array['*', i.event_type]
          and i.user_id is null and i.after_endpoint is null
        limit most + 1
        for key share of p
      ) everybody
      union all
      select * from (
        select p.id
        from (
          select s.id from public.webhook_endpoints s
          where s.id > i.after_endpoint
          order by s.id
          limit step
        ) s
        cross join lateral (
          select p.id
          from public.webhook_endpoints p
          where p.id = s.id and p.is_active and p.events && array['*', i.event_type]
            and (i.user_id is null or p.user_id = i.user_id)
          for key share of p
        ) p
      ) one_step
    ) p
  ),
  matched as materialized (
    select w.id, w.event_id, w.endpoint_id, octet_length(w.text) as bytes,
      row_number() over (partition by w.id order by w.endpoint_id) as nth,
      -- Of events with the same id, the first one counts.
      row_number() over (partition by w.event_id, w.endpoint_id order by w.id) as turn
    from wanting w
    where not w.is_too_wide
  ),
  numbered as materialized (
    select m.id, m.event_id, m.endpoint_id, m.turn,
      row_number() over places <= claim_limit
        and sum(m.bytes) filter (where m.nth = 1) over places
          <= public.webhook_max_claim_bytes() as claim
    from matched m
    window places as (order by m.id, m.endpoint_id)
  ),
  inserted as (
    insert into public.webhook_deliveries as d
      (endpoint_id, event_type, event_id, max_attempts, claims, unrecorded_claims,
        next_retry_at, payload)
    select n.endpoint_id, i.event_type, i.event_id, i.max_attempts, n.claim::integer,
      n.claim::integer,
      case when n.claim then now() + make_interval(secs => lease_seconds) else now() end,
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
    select max(b.id) as id, b.endpoint_id,
      (array_agg(b.delivery_id) filter (where b.delivery_id is not null))[1] as delivery_id,
      max(b.claims) as claims
    from (
      select m.id, m.endpoint_id, m.event_id, m.turn, null::uuid as delivery_id,
        null::integer as claims
      from matched m
      union all
      select null, d.endpoint_id, d.event_id, 1, d.id, d.claims from inserted d
    ) b
    group by b.event_id, b.endpoint_id, b.turn
  ),
  counted as materialized (
    select i.id, count(m.id) as wanted, count(m.delivery_id) as made,
      count(m.id) filter (where m.claims = 0) as pending
    from incoming i
    left join made m using (id)
    group by i.id
  ),
  left_over as (
    insert into public.webhook_outbox
      (event_id, event_type, user_id, max_attempts, payload, is_wide, after_endpoint, created_at)
    select i.event_id, i.event_type, i.user_id, i.max_attempts, i.payload, true,
      n.after_endpoint, i.created_at
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
          p.previous_secret, p.previous_secret_expires_at)), '[]')
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
      coalesce((e.event ->> 'max_attempts')::integer, 5) as max_attempts,
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
      false, null, now())::public.webhook_outbox order by j.ord)
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
        from unnest(accepted) with ordinality as a (id, _1, _2, _3, _4, _5, _6, _7, _8, nth)
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
-- goes to the end of the queue. What can no longer be sent is settled on the way: its
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
  drained boolean;
  turns uuid[];
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

  drained := public.webhook_drain_outbox();

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

  -- Everybody's oldest first, then everybody's second oldest, and so on. No more is looked
  -- at than an equal share of each, unless that leaves room.
  share := ceil(claim_limit::numeric / greatest(cardinality(turns), 1));
  with shares as materialized (
    select t.endpoint_id, d.id, d.next_retry_at, d.nth
    from unnest(turns) as t (endpoint_id)
    cross join lateral (
      select d.id, d.next_retry_at, row_number() over (order by d.next_retry_at) as nth
      from public.webhook_deliveries d
      where d.endpoint_id = t.endpoint_id and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
      order by d.next_retry_at
      limit share
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
      limit claim_limit
    ) d
    where s.nth = share and (select count(*) from shares) < claim_limit
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
    where d.status in ('pending', 'retrying') and d.next_retry_at <= now()
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
      p.previous_secret_expires_at,
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
      -- Settling counts, and so did the fan-out: a second time in one transaction, in
      -- another order, could wait for somebody who waits for the first. It can wait.
      and (j.refusal is null or not drained)
    returning d.id, d.endpoint_id, d.event_id, d.claims, d.attempts, d.status, j.place, j.text,
      j.url, j.secret, j.previous_secret, j.previous_secret_expires_at, j.refusal
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
        c.previous_secret, c.previous_secret_expires_at) order by c.place)
        filter (where c.refusal is null), '[]')),
    'settled', coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'endpoint_id', c.endpoint_id, 'status', c.status, 'error', c.refusal
      )) filter (where c.refusal is not null), '[]')
  ) into answer
  from claimed c
  join payloads p using (text);

  -- The next turn: now, behind those who wait already, or when something will be due.
  with next as (
    select t.endpoint_id, (
      select min(d.next_retry_at) from public.webhook_deliveries d
      where d.endpoint_id = t.endpoint_id and d.status in ('pending', 'retrying')
    ) as due_at
    from unnest(turns) as t (endpoint_id)
  ),
  gone as (
    delete from public.webhook_queue q using next n
    where q.endpoint_id = n.endpoint_id and n.due_at is null
  )
  update public.webhook_queue q set due_at = greatest(n.due_at, now())
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
-- response_body?, response_time_ms?, error?}, the first three as they were claimed. A
-- delivery that is released was not attempted: it is due again at once. One succeeded if
-- the status is 2xx and there is no error. A result whose claim is no longer the latest
-- changes nothing; one that was recorded already, because the answer to the call before was
-- lost, changes nothing either and is answered again.
-- Answers [{id, status}] of what is recorded.
create or replace function public.record_webhook_results(results text) returns jsonb
language plpgsql volatile
set search_path = ''
set plan_cache_mode = 'force_generic_plan'
as $$
declare
  answer jsonb;
begin
  with result as (
    select r.*, r.error is null and r.response_status between 200 and 299 as ok
    from jsonb_to_recordset(results::jsonb) as r (
      id uuid, claim integer, attempts integer, released boolean, response_status integer,
      response_body text, response_time_ms integer, error text)
  ),
  recorded as (
    update public.webhook_deliveries d set
      attempts = d.attempts + 1,
      unrecorded_claims = 0,
      status = case
        when r.ok then 'success'
        when d.attempts + 1 >= d.max_attempts then 'failed'
        else 'retrying'
      end,
      next_retry_at = case
        when not r.ok and d.attempts + 1 < d.max_attempts
          then now() + public.webhook_retry_delay(d.attempts + 1)
      end,
      delivered_at = case when r.ok then now() end,
      response_status = r.response_status,
      response_body = r.response_body,
      response_time_ms = r.response_time_ms,
      last_error = coalesce(r.error, d.last_error)
    from result r
    where d.id = r.id and d.claims = r.claim and d.attempts = r.attempts
      and d.status in ('pending', 'retrying') and r.released is not true
    returning d.id, d.status
  ),
  released as (
    update public.webhook_deliveries d set next_retry_at = now(), unrecorded_claims = 0
    from result r
    where d.id = r.id and d.claims = r.claim and d.attempts = r.attempts
      and d.status in ('pending', 'retrying') and r.released
    returning d.id, d.status
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
  select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'status', k.status)), '[]')
  into answer
  from known k;
  return answer;
end
$$;

revoke all on function
  public.webhook_payload(text, text, jsonb),
  public.webhook_event_refusal(text, text, jsonb, integer, integer),
  public.emit_webhook_event(text, jsonb, uuid, text),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, integer, bigint, text, text, text, timestamptz),
  public.webhook_fan_out(public.webhook_outbox[], integer, integer),
  public.webhook_drain_outbox()
  from public, anon, authenticated;
grant execute on function
  public.webhook_payload(text, text, jsonb),
  public.webhook_event_refusal(text, text, jsonb, integer, integer),
  public.emit_webhook_event(text, jsonb, uuid, text),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, integer, bigint, text, text, text, timestamptz),
  public.webhook_fan_out(public.webhook_outbox[], integer, integer),
  public.webhook_drain_outbox()
  to service_role;

-- A PostgREST that is running learns of new functions by this.
notify pgrst, 'reload schema';
