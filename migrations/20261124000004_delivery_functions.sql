-- The life of a delivery. Each transition is one function, and `deliver` calls
-- nothing else:
--
--   enqueue ─▶ pending ──claim──▶ (leased) ──record──▶ success
--                 ▲                   │                 retrying ─▶ claimed again when due
--                 └── lease ran out ──┘                 failed
--
-- A claim is a lease: `next_retry_at` moves to the lease's end, so a delivery whose
-- worker died becomes due again by itself. `claims` is the fence: a result counts only
-- for the latest claim, and once. JSON goes in and payloads come out as text, so that
-- no API server between parses and rewrites them.

-- How long to wait before the next attempt, after `attempts` failed ones.
create or replace function public.webhook_retry_delay(attempts integer) returns interval
language sql immutable
set search_path = ''
as $$
  select case attempts
    when 1 then interval '1 minute'
    when 2 then interval '5 minutes'
    when 3 then interval '30 minutes'
    when 4 then interval '2 hours'
    else interval '8 hours'
  end
$$;
revoke all on function public.webhook_retry_delay(integer) from public, anon, authenticated;
grant execute on function public.webhook_retry_delay(integer) to service_role;

-- A claimed delivery as the worker needs it: {id, endpoint_id, event_id, claim,
-- attempts, url, secrets, payload}; `attempts` those recorded so far, `secrets` newest
-- first, `payload` the text to send.
create or replace function public.webhook_claimed_json(
  id uuid, endpoint_id uuid, event_id text, claim integer, attempts integer, payload jsonb,
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
    'payload', payload::text)
$$;

-- The most a payload may be, and the most that is claimed at a time: in bytes of the
-- text that is sent.
create or replace function public.webhook_max_payload_bytes() returns integer
language sql immutable set search_path = '' as $$ select 262144 $$;
create or replace function public.webhook_max_claim_bytes() returns integer
language sql immutable set search_path = '' as $$ select 4194304 $$;

-- Stores events as deliveries to the endpoints that want them, and claims the
-- first `claim_limit` of those for `lease_seconds`.
--
-- `events`: a JSON array of {event_type, data, event_id?, user_id?, max_attempts?}.
-- Answers {events: [{event_id, duplicates, pending}], claimed: [delivery]}: the
-- events in their order; `duplicates` had the event already, `pending` are stored
-- and due, but not claimed here. For `delivery` see webhook_claimed_json().
-- An event type need not be in the catalogue: refusing it would lose the event.
create or replace function public.enqueue_webhook_events(
  events text, claim_limit integer, lease_seconds integer
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  parsed jsonb;
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

  if exists (
    select from jsonb_array_elements(parsed) as e (event)
    where e.event ->> 'event_id' !~ '^[\x21-\x7e]{1,255}$'
      or (e.event ->> 'max_attempts')::integer not between 1 and 100
  ) then
    raise sqlstate 'PT400' using
      message = 'event_id must be 1 to 255 visible ASCII characters, max_attempts 1 to 100',
      hint = 'invalid_field', detail = '{"field": "event"}';
  end if;

  with incoming as materialized (
    select i.*, jsonb_build_object(
        'id', i.event_id, 'type', i.event_type,
        'created', floor(extract(epoch from now()))::bigint,
        'data', i.data, 'livemode', true) as payload
    from (
      select e.ord,
        coalesce(e.event ->> 'event_id', gen_random_uuid()::text) as event_id,
        e.event ->> 'event_type' as event_type,
        (e.event ->> 'user_id')::uuid as user_id,
        coalesce((e.event ->> 'max_attempts')::integer, 5) as max_attempts,
        e.event -> 'data' as data
      from jsonb_array_elements(parsed) with ordinality as e (event, ord)
    ) i
  ),
  sized as materialized (
    select i.*, octet_length(i.payload::text) as bytes from incoming i
  ),
  -- Two branches, so that each has its index: one user's endpoints, or everybody's. One
  -- that is being deleted is waited for: it would break the foreign key, and all with it.
  matched as (
    select * from (
      select i.ord, i.bytes, p.id as endpoint_id, p.created_at
      from sized i
      join public.webhook_endpoints p on p.user_id = i.user_id
      where p.is_active and p.events && array['*', i.event_type]
      for key share of p
    ) one_user
    union all
    select * from (
      select i.ord, i.bytes, p.id as endpoint_id, p.created_at
      from sized i
      join public.webhook_endpoints p on p.events && array['*', i.event_type]
      where i.user_id is null and p.is_active
      for key share of p
    ) everybody
  ),
  numbered as (
    select m.ord, m.endpoint_id,
      row_number() over turn <= claim_limit
        and (sum(m.bytes) over turn <= public.webhook_max_claim_bytes()) as claim
    from matched m
    window turn as (order by m.ord, m.created_at, m.endpoint_id)
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
    join sized i using (ord)
    -- In one order, so that two calls with the same events cannot wait for each other.
    order by i.event_id, n.endpoint_id
    on conflict (endpoint_id, event_id) do nothing
    returning d.id, d.endpoint_id, d.event_id, d.claims, d.payload
  )
  select jsonb_build_object(
    'largest', (select max(i.bytes) from sized i),
    'events', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'event_id', i.event_id,
        'duplicates', (select count(*) from numbered n where n.ord = i.ord)
          - (select count(*) from inserted d where d.event_id = i.event_id),
        'pending', (select count(*) from inserted d
          where d.event_id = i.event_id and d.claims = 0)
      ) order by i.ord), '[]')
      from sized i
    ),
    'claimed', (
      select coalesce(jsonb_agg(public.webhook_claimed_json(
        d.id, d.endpoint_id, d.event_id, d.claims, 0, d.payload, p.url, p.secret,
        p.previous_secret, p.previous_secret_expires_at)), '[]')
      from inserted d
      join public.webhook_endpoints p on p.id = d.endpoint_id
      where d.claims > 0
    )
  ) into answer;

  if (answer ->> 'largest')::integer > public.webhook_max_payload_bytes() then
    raise sqlstate 'PT413' using
      message = format('The payload would be %s bytes, more than %s',
        answer ->> 'largest', public.webhook_max_payload_bytes()),
      hint = 'payload_too_large',
      detail = jsonb_build_object('max_bytes', public.webhook_max_payload_bytes());
  end if;
  return answer - 'largest';
end
$$;

-- Claims up to `claim_limit` due deliveries for `lease_seconds`.
--
-- Fair between endpoints: each that is due gets an equal share of the claim, and then
-- goes to the end of the queue. What can no longer be sent is settled on the way: its
-- endpoint was switched off, or claim after claim ended without a result; each such
-- claim is leased twice as long as the one before, up to 8 hours.
-- Answers {claimed: [delivery], settled: [{id, endpoint_id, status, error}], more}:
-- `more` says that something may still be due, and be it held by another claim just now.
create or replace function public.claim_webhook_deliveries(
  claim_limit integer, lease_seconds integer
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  max_unrecorded_claims constant integer := 20;
  max_lease_seconds constant integer := 28800;
  turns uuid[];
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

  -- Everybody's oldest first, then everybody's second oldest, and so on.
  with due as (
    select d.id, d.next_retry_at,
      row_number() over (partition by t.endpoint_id order by d.next_retry_at) as nth
    from unnest(turns) as t (endpoint_id)
    cross join lateral (
      select d.id, d.next_retry_at
      from public.webhook_deliveries d
      where d.endpoint_id = t.endpoint_id and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
      order by d.next_retry_at
      limit claim_limit
    ) d
  ),
  candidates as (
    select d.id, d.nth, d.next_retry_at from due d
    order by d.nth, d.next_retry_at limit claim_limit
  ),
  locked as materialized (
    select d.id, c.nth, c.next_retry_at, octet_length(d.payload::text) as bytes
    from candidates c
    join public.webhook_deliveries d using (id)
    where d.status in ('pending', 'retrying') and d.next_retry_at <= now()
    for update of d skip locked
  ),
  picked as (
    select p.id, p.place
    from (
      select l.id, row_number() over turn as place, sum(l.bytes) over turn as bytes
      from locked l
      window turn as (order by l.nth, l.next_retry_at, l.id)
    ) p
    where p.bytes <= public.webhook_max_claim_bytes() or p.place = 1
  ),
  judged as (
    select d.id, picked.place, p.url, p.secret, p.previous_secret, p.previous_secret_expires_at,
      case
        when not p.is_active then 'Endpoint was disabled'
        when d.unrecorded_claims >= max_unrecorded_claims
          then format('Given up: %s claims in a row ended without a result',
            max_unrecorded_claims)
      end as refusal
    from picked
    join public.webhook_deliveries d using (id)
    join public.webhook_endpoints p on p.id = d.endpoint_id
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
    returning d.id, d.endpoint_id, d.event_id, d.claims, d.attempts, d.payload, d.status,
      j.place, j.url, j.secret, j.previous_secret, j.previous_secret_expires_at, j.refusal
  )
  select jsonb_build_object(
    'claimed', coalesce(jsonb_agg(public.webhook_claimed_json(
      c.id, c.endpoint_id, c.event_id, c.claims, c.attempts, c.payload, c.url, c.secret,
      c.previous_secret, c.previous_secret_expires_at) order by c.place)
      filter (where c.refusal is null), '[]'),
    'settled', coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'endpoint_id', c.endpoint_id, 'status', c.status, 'error', c.refusal
      )) filter (where c.refusal is not null), '[]')
  ) into answer
  from claimed c;

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
    exists (select from public.webhook_queue q where q.due_at <= now()));
end
$$;

-- Records what became of claimed deliveries and decides what happens next.
--
-- `results`: a JSON array of {id, claim, attempts, response_status?, response_body?,
-- response_time_ms?, error?}, the first three as they were claimed. A delivery succeeded
-- if the status is 2xx and there is no error. A result whose claim is no longer the
-- latest changes nothing; one that was recorded already, because the answer to the call
-- before was lost, changes nothing either and is answered again.
-- Answers [{id, status}] of what is recorded.
create or replace function public.record_webhook_results(results text) returns jsonb
language sql volatile
set search_path = ''
as $$
  with result as (
    select r.*, r.error is null and r.response_status between 200 and 299 as ok
    from jsonb_to_recordset(results::jsonb) as r (
      id uuid, claim integer, attempts integer, response_status integer, response_body text,
      response_time_ms integer, error text)
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
      and d.status in ('pending', 'retrying')
    returning d.id, d.status
  ),
  known as (
    select c.id, c.status from recorded c
    union all
    select d.id, d.status
    from result r
    join public.webhook_deliveries d on d.id = r.id
    where d.claims = r.claim and d.attempts = r.attempts + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'status', k.status)), '[]')
  from known k
$$;

revoke all on function
  public.webhook_max_payload_bytes(),
  public.webhook_max_claim_bytes(),
  public.enqueue_webhook_events(text, integer, integer),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, integer, jsonb, text, text, text, timestamptz),
  public.claim_webhook_deliveries(integer, integer),
  public.record_webhook_results(text)
  from public, anon, authenticated;
grant execute on function
  public.webhook_max_payload_bytes(),
  public.webhook_max_claim_bytes(),
  public.enqueue_webhook_events(text, integer, integer),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, integer, jsonb, text, text, text, timestamptz),
  public.claim_webhook_deliveries(integer, integer),
  public.record_webhook_results(text)
  to service_role;

-- A PostgREST that is running learns of new functions by this.
notify pgrst, 'reload schema';
