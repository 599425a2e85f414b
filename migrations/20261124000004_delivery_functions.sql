-- The life of a delivery. Each transition is one function, and `deliver` calls
-- nothing else:
--
--   enqueue ─▶ pending ──claim──▶ (leased) ──record──▶ success
--                 ▲                   │                 retrying ─▶ claimed again when due
--                 └── lease ran out ──┘                 failed
--
-- A claim is a lease: `next_retry_at` moves to the lease's end, so a delivery
-- whose worker died becomes due again by itself. `claims` is the fence: a result
-- counts only for the latest claim. JSON goes in and payloads come out as text,
-- so that no API server between parses and rewrites them.

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
-- url, secrets, payload}; `secrets` newest first, `payload` the text to send.
create or replace function public.webhook_claimed_json(
  id uuid, endpoint_id uuid, event_id text, claim integer, payload jsonb, url text,
  secret text, previous_secret text, previous_secret_expires_at timestamptz
) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', id, 'endpoint_id', endpoint_id, 'event_id', event_id, 'claim', claim, 'url', url,
    'secrets', case when previous_secret_expires_at > now()
      then jsonb_build_array(secret, previous_secret) else jsonb_build_array(secret) end,
    'payload', payload::text)
$$;

-- Stores events as deliveries to the endpoints that want them, and claims the
-- first `claim_limit` of those for `lease_seconds`.
--
-- `events`: a JSON array of {event_type, data, event_id?, user_id?, max_attempts?}.
-- Answers {events: [{event_id, duplicates, pending}], claimed: [delivery]}: the
-- events in their order; `duplicates` had the event already, `pending` are stored
-- and due, but not claimed here. For `delivery` see webhook_claimed_json().
create or replace function public.enqueue_webhook_events(
  events text, claim_limit integer, lease_seconds integer
) returns jsonb
language sql volatile
set search_path = ''
as $$
  with incoming as materialized (
    select e.ord,
      coalesce(e.event ->> 'event_id', gen_random_uuid()::text) as event_id,
      e.event ->> 'event_type' as event_type,
      (e.event ->> 'user_id')::uuid as user_id,
      coalesce((e.event ->> 'max_attempts')::integer, 5) as max_attempts,
      e.event -> 'data' as data
    from jsonb_array_elements(events::jsonb) with ordinality as e (event, ord)
  ),
  -- Two branches, so that each has its index: one user's endpoints, or everybody's.
  matched as (
    select i.ord, p.id as endpoint_id, p.created_at
    from incoming i
    join public.webhook_endpoints p on p.user_id = i.user_id
    where p.is_active and p.events && array['*', i.event_type]
    union all
    select i.ord, p.id, p.created_at
    from incoming i
    join public.webhook_endpoints p on p.events && array['*', i.event_type]
    where i.user_id is null and p.is_active
  ),
  numbered as (
    select m.ord, m.endpoint_id,
      row_number() over (order by m.ord, m.created_at, m.endpoint_id) <= claim_limit as claim
    from matched m
  ),
  inserted as (
    insert into public.webhook_deliveries as d
      (endpoint_id, event_type, event_id, max_attempts, claims, next_retry_at, payload)
    select n.endpoint_id, i.event_type, i.event_id, i.max_attempts,
      case when n.claim then 1 else 0 end,
      case when n.claim then now() + make_interval(secs => lease_seconds) else now() end,
      jsonb_build_object(
        'id', i.event_id, 'type', i.event_type, 'created', floor(extract(epoch from now()))::bigint,
        'data', i.data, 'livemode', true)
    from numbered n
    join incoming i using (ord)
    order by n.ord, n.endpoint_id
    on conflict (endpoint_id, event_id) do nothing
    returning d.id, d.endpoint_id, d.event_id, d.claims, d.payload
  )
  select jsonb_build_object(
    'events', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'event_id', i.event_id,
        'duplicates', (select count(*) from numbered n where n.ord = i.ord)
          - (select count(*) from inserted d where d.event_id = i.event_id),
        'pending', (select count(*) from inserted d
          where d.event_id = i.event_id and d.claims = 0)
      ) order by i.ord), '[]')
      from incoming i
    ),
    'claimed', (
      select coalesce(jsonb_agg(public.webhook_claimed_json(
        d.id, d.endpoint_id, d.event_id, d.claims, d.payload, p.url, p.secret,
        p.previous_secret, p.previous_secret_expires_at)), '[]')
      from inserted d
      join public.webhook_endpoints p on p.id = d.endpoint_id
      where d.claims > 0
    )
  )
$$;

-- Claims up to `claim_limit` due deliveries for `lease_seconds`.
--
-- Fair between endpoints: those with the oldest due deliveries come first, and
-- when several have some, each gets an equal share. What can no longer be sent
-- is settled on the way: the endpoint was switched off, or ten claims in a row
-- ended without a recorded result.
-- Answers {claimed: [delivery], settled: [{id, endpoint_id, status, error}]}.
create or replace function public.claim_webhook_deliveries(
  claim_limit integer, lease_seconds integer
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  -- How many of the oldest due deliveries are looked at to find due endpoints.
  sample constant integer := 200;
  max_lost_claims constant integer := 10;
  sampled integer;
  due_endpoints uuid[];
  answer jsonb;
begin
  update public.webhook_endpoints e
  set previous_secret = null, previous_secret_expires_at = null
  where e.previous_secret is not null and e.previous_secret_expires_at <= now();

  select count(*), coalesce(array_agg(distinct s.endpoint_id), '{}')
  into sampled, due_endpoints
  from (
    select d.endpoint_id
    from public.webhook_deliveries d
    where d.status in ('pending', 'retrying') and d.next_retry_at <= now()
    order by d.next_retry_at
    limit sample
  ) s;

  if sampled = sample then
    -- A backlog: a few endpoints may fill the whole sample. Walk the endpoints
    -- that have something live, from a random one on, one index probe each.
    with recursive walk as (
      select gen_random_uuid() as endpoint_id, 0 as step
      union all
      select coalesce(
        (select d.endpoint_id from public.webhook_deliveries d
          where d.status in ('pending', 'retrying') and d.endpoint_id > w.endpoint_id
          order by d.endpoint_id limit 1),
        (select d.endpoint_id from public.webhook_deliveries d
          where d.status in ('pending', 'retrying')
          order by d.endpoint_id limit 1)
      ), w.step + 1
      from walk w
      where w.step < sample
    )
    select coalesce(array_agg(e.endpoint_id), '{}') into due_endpoints
    from (
      select unnest(due_endpoints) as endpoint_id
      union
      select w.endpoint_id from walk w where w.step > 0
    ) e
    where exists (
      select from public.webhook_deliveries d
      where d.endpoint_id = e.endpoint_id and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
    );
  end if;

  if cardinality(due_endpoints) = 0 then
    return '{"claimed": [], "settled": []}';
  end if;

  with picked as materialized (
    select d.id
    from unnest(due_endpoints) as e (endpoint_id)
    cross join lateral (
      select d.id, d.next_retry_at
      from public.webhook_deliveries d
      where d.endpoint_id = e.endpoint_id and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
      order by d.next_retry_at
      limit ceil(claim_limit::numeric / cardinality(due_endpoints))
      for update skip locked
    ) d
    order by d.next_retry_at
    limit claim_limit
  ),
  judged as (
    select d.id, p.url, p.secret, p.previous_secret, p.previous_secret_expires_at,
      case
        when not p.is_active then 'Endpoint was disabled'
        when d.claims - d.attempts >= max_lost_claims
          then format('Given up: no result was recorded for %s claims', max_lost_claims)
      end as refusal
    from picked
    join public.webhook_deliveries d using (id)
    join public.webhook_endpoints p on p.id = d.endpoint_id
  ),
  claimed as (
    update public.webhook_deliveries d set
      claims = d.claims + case when j.refusal is null then 1 else 0 end,
      status = case when j.refusal is null then d.status else 'failed' end,
      last_error = coalesce(j.refusal, d.last_error),
      next_retry_at =
        case when j.refusal is null then now() + make_interval(secs => lease_seconds) end
    from judged j
    where d.id = j.id
    returning d.id, d.endpoint_id, d.event_id, d.claims, d.payload, d.status,
      j.url, j.secret, j.previous_secret, j.previous_secret_expires_at, j.refusal
  )
  select jsonb_build_object(
    'claimed', coalesce(jsonb_agg(public.webhook_claimed_json(
      c.id, c.endpoint_id, c.event_id, c.claims, c.payload, c.url, c.secret,
      c.previous_secret, c.previous_secret_expires_at)) filter (where c.refusal is null), '[]'),
    'settled', coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'endpoint_id', c.endpoint_id, 'status', c.status, 'error', c.refusal
      )) filter (where c.refusal is not null), '[]')
  ) into answer
  from claimed c;
  return answer;
end
$$;

-- Records what became of claimed deliveries and decides what happens next.
--
-- `results`: a JSON array of {id, claim, response_status?, response_body?,
-- response_time_ms?, error?}. A delivery succeeded if the status is 2xx and there
-- is no error. A result whose claim is no longer the latest changes nothing.
-- Answers [{id, status}] of what was recorded.
create or replace function public.record_webhook_results(results text) returns jsonb
language sql volatile
set search_path = ''
as $$
  with result as (
    select r.*, r.error is null and r.response_status between 200 and 299 as ok
    from jsonb_to_recordset(results::jsonb) as r (
      id uuid, claim integer, response_status integer, response_body text,
      response_time_ms integer, error text)
  ),
  recorded as (
    update public.webhook_deliveries d set
      attempts = d.attempts + 1,
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
    where d.id = r.id and d.claims = r.claim and d.status in ('pending', 'retrying')
    returning d.id, d.status
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'status', status)), '[]') from recorded
$$;

revoke all on function
  public.enqueue_webhook_events(text, integer, integer),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, jsonb, text, text, text, timestamptz),
  public.claim_webhook_deliveries(integer, integer),
  public.record_webhook_results(text)
  from public, anon, authenticated;
grant execute on function
  public.enqueue_webhook_events(text, integer, integer),
  public.webhook_claimed_json(
    uuid, uuid, text, integer, jsonb, text, text, text, timestamptz),
  public.claim_webhook_deliveries(integer, integer),
  public.record_webhook_results(text)
  to service_role;
