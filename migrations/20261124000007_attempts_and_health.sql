-- What was tried and how it went: a log of attempts, counts of them that answer "how many, how
-- fast, why not" without reading the log, and what follows for an endpoint that fails.
--
-- record_webhook_results() writes all of it in the statement that records an outcome.

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

-- One row for each kind of outcome and each class of time, so that sums and percentiles are
-- sums of rows. Rows of 5 minutes become rows of an hour and then of a day.
create table if not exists public.webhook_attempt_counts (
  endpoint_id uuid not null,
  starts_at timestamptz not null,
  seconds integer not null,
  outcome text not null,
  latency_class smallint not null,
  attempts bigint not null,
  constraint webhook_attempt_counts_pkey
    primary key (endpoint_id, starts_at, seconds, outcome, latency_class)
)
with (fillfactor = 70);
create index if not exists idx_webhook_attempt_counts_fine
  on public.webhook_attempt_counts (seconds, starts_at) where seconds < 86400;

-- Of all endpoints, those that are deleted included: what a monitoring system scrapes. In
-- shards, so that those who record do not wait for each other.
create table if not exists public.webhook_totals (
  outcome text not null,
  shard integer not null,
  attempts bigint not null,
  constraint webhook_totals_pkey primary key (outcome, shard)
)
with (fillfactor = 10);

comment on table public.webhook_delivery_attempts is
  'Every attempt of every delivery. Goes with its delivery.';
comment on table public.webhook_attempt_counts is
  'How many attempts an endpoint had, by outcome and class of response time.';
comment on column public.webhook_attempt_counts.seconds is
  'How long a row covers from starts_at on: 300, 3600 or 86400.';
comment on column public.webhook_attempt_counts.latency_class is
  'See webhook_latency_class().';
comment on table public.webhook_totals is 'How many attempts there were, by outcome.';

-- Retention takes the oldest of what has ended.
create index if not exists idx_webhook_deliveries_ended
  on public.webhook_deliveries (created_at) where status in ('success', 'failed');

revoke all on public.webhook_delivery_attempts, public.webhook_attempt_counts,
  public.webhook_totals from public, anon, authenticated;
grant select, insert, update, delete on public.webhook_delivery_attempts,
  public.webhook_attempt_counts, public.webhook_totals to service_role;
grant select on public.webhook_delivery_attempts, public.webhook_attempt_counts
  to anon, authenticated;

alter table public.webhook_delivery_attempts enable row level security;
alter table public.webhook_attempt_counts enable row level security;
-- No policy: nobody but the service role.
alter table public.webhook_totals enable row level security;

do $policies$
declare
  table_name text;
begin
  foreach table_name in array array['webhook_delivery_attempts', 'webhook_attempt_counts'] loop
    execute format('drop policy if exists %I on public.%I',
      table_name || '_select_own', table_name);
    execute format($policy$
      create policy %I on public.%I for select to anon, authenticated
      using (endpoint_id in (
        select e.id from public.webhook_endpoints e
        where e.user_id = (select public.webhook_caller())
      ))
    $policy$, table_name || '_select_own', table_name);
  end loop;
end
$policies$;

-- Deliveries take their log along, and endpoints their counts. Foreign keys would do it too,
-- and look up again, for each row, what record_webhook_results() holds already.
create or replace function public.webhook_deliveries_deleted() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  -- An array, because the plan is made once, for however many rows.
  delete from public.webhook_delivery_attempts a
  where a.delivery_id = any (array(select r.id from removed r));
  return null;
end
$$;
revoke all on function public.webhook_deliveries_deleted()
  from public, anon, authenticated, service_role;
create or replace trigger webhook_delivery_deleted
  after delete on public.webhook_deliveries
  referencing old table as removed
  for each statement execute function public.webhook_deliveries_deleted();

create or replace function public.webhook_endpoints_deleted() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  delete from public.webhook_attempt_counts a
  where a.endpoint_id = any (array(select r.id from removed r));
  return null;
end
$$;
revoke all on function public.webhook_endpoints_deleted()
  from public, anon, authenticated, service_role;
create or replace trigger webhook_endpoint_deleted
  after delete on public.webhook_endpoints
  referencing old table as removed
  for each statement execute function public.webhook_endpoints_deleted();

-- The class of a response time: class n is from 1.2^n to 1.2^(n+1) milliseconds, so that any
-- time in it is within a tenth of its middle.
create or replace function public.webhook_latency_class(ms integer) returns smallint
language sql immutable
return floor(ln(greatest(ms, 1)::double precision) / ln(1.2::double precision))::smallint;

-- The middle of a class, in milliseconds.
create or replace function public.webhook_latency_ms(class smallint) returns integer
language sql immutable
return round(1.2::double precision ^ (class + 0.5))::integer;

-- What happens to endpoints ------------------------------------------------------

insert into public.webhook_event_types (name, description) values
  ('endpoint.failing', 'More than half of an endpoint''s attempts failed within an hour'),
  ('endpoint.recovered', 'An endpoint that was failing takes deliveries again'),
  ('endpoint.disabled', 'An endpoint was switched off because it failed')
on conflict (name) do nothing;

-- The operator has an endpoint too, without a user: it is told what happens to others.
alter table public.webhook_endpoints alter column user_id drop not null;

-- Judges endpoints after their attempts were recorded: `health` is a JSON array of
-- {endpoint_id, before, has_failed, has_succeeded, gone_at, consecutive_failures,
-- first_failure_at, alerted_at}, `gone_at` when the last attempt was made that was answered
-- 410, whose rows of webhook_endpoint_stats are locked.
--
-- One that answers 410 as it is now, or has failed without a success for DISABLE_AFTER_DAYS (5) and at
-- least DISABLE_AFTER_ATTEMPTS (20), is switched off. `endpoint.failing` is emitted when more
-- than half of at least 10 attempts within an hour failed, once until the endpoint recovers;
-- `endpoint.recovered` when a success comes while it is half of them or less. The events go
-- to the owner's other endpoints, and to `alert_url` if there is one.
create or replace function public.webhook_judge_health(health jsonb, alert_url text)
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  news jsonb;
begin
  -- What waited for a success goes on at once.
  update public.webhook_queue q set due_at = now(), allowed_at = null
  from jsonb_to_recordset(health) as h (
    endpoint_id uuid, before integer, consecutive_failures integer)
  where q.endpoint_id = h.endpoint_id and h.before >= public.webhook_back_off_after()
    and h.consecutive_failures < public.webhook_back_off_after() and q.due_at > now();

  with endpoint as materialized (
    select h.*, e.user_id, e.url, e.is_active, hour.attempts, hour.failed,
      coalesce(h.gone_at >= e.updated_at, false) as is_gone,
      coalesce(h.gone_at >= e.updated_at, false) or (
        h.consecutive_failures >= public.webhook_setting('DISABLE_AFTER_ATTEMPTS', 20)
        and h.first_failure_at <= now()
          - make_interval(days => public.webhook_setting('DISABLE_AFTER_DAYS', 5))
      ) as is_lost
    from jsonb_to_recordset(health) as h (
      endpoint_id uuid, has_failed boolean, has_succeeded boolean, gone_at timestamptz,
      consecutive_failures integer, first_failure_at timestamptz, alerted_at timestamptz)
    join public.webhook_endpoints e on e.id = h.endpoint_id
    cross join lateral (
      select coalesce(sum(a.attempts), 0) as attempts,
        coalesce(sum(a.attempts) filter (where a.outcome <> 'success'), 0) as failed
      from public.webhook_attempt_counts a
      where a.endpoint_id = h.endpoint_id and a.starts_at > now() - interval '1 hour'
        and a.seconds = 300
    ) hour
  ),
  -- One that its owner is changing is judged with its next failure.
  lost as materialized (
    select e.id from public.webhook_endpoints e
    where e.id in (select j.endpoint_id from endpoint j where j.is_lost) and e.is_active
    for no key update skip locked
  ),
  disabled as (
    update public.webhook_endpoints e set
      is_active = false,
      disabled_at = now(),
      disabled_reason = case when j.is_gone then 'It answered 410 Gone'
        else format('%s attempts failed since %s, and none succeeded', j.consecutive_failures,
          to_char(j.first_failure_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) end
    from lost l
    join endpoint j on j.endpoint_id = l.id
    where e.id = l.id
    returning e.id as endpoint_id, e.disabled_reason
  ),
  alerted as (
    update public.webhook_endpoint_stats s set
      alerted_at = case when j.alerted_at is null then now() end
    from endpoint j
    where s.endpoint_id = j.endpoint_id and case when j.alerted_at is null
      then j.has_failed and j.attempts >= 10 and j.failed * 2 > j.attempts
      else j.has_succeeded and j.failed * 2 <= j.attempts end
    returning s.endpoint_id, s.alerted_at
  ),
  happened as (
    select d.endpoint_id, 'endpoint.disabled' as event_type, d.disabled_reason as reason
    from disabled d
    union all
    select a.endpoint_id,
      case when a.alerted_at is null then 'endpoint.recovered' else 'endpoint.failing' end, null
    from alerted a
  )
  select jsonb_agg(jsonb_build_object(
    'endpoint_id', j.endpoint_id, 'user_id', j.user_id, 'event_type', h.event_type,
    'data', jsonb_strip_nulls(jsonb_build_object(
      'endpoint_id', j.endpoint_id, 'url', j.url, 'reason', h.reason,
      'attempts_last_hour', j.attempts, 'failed_last_hour', j.failed,
      'consecutive_failures', j.consecutive_failures, 'first_failure_at', j.first_failure_at))))
  into news
  from happened h
  join endpoint j using (endpoint_id);
  if news is null then
    return;
  end if;
  perform public.webhook_tell(news, alert_url);
exception when others then
  -- Results are worth more than what is said about them.
  raise warning 'endpoints could not be judged: %', sqlerrm;
end
$$;

-- Emits `news`, a JSON array of {endpoint_id, user_id, event_type, data}: to the owner's other
-- endpoints, and to the operator's at `alert_url` if there is one.
create or replace function public.webhook_tell(news jsonb, alert_url text) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  -- The operator's endpoint.
  operator constant uuid := '00000000-0000-4000-8000-000000000000';
begin
  if alert_url is not null then
    insert into public.webhook_endpoints as e (id, url, description, events)
    values (operator, alert_url, 'The operator''s: ALERT_WEBHOOK_URL',
      array['endpoint.failing', 'endpoint.recovered', 'endpoint.disabled'])
    on conflict (id) do update set url = excluded.url, is_active = true
      where e.url <> excluded.url;
  end if;
  with told as materialized (
    select n.*, gen_random_uuid()::text as event_id
    from jsonb_to_recordset(news) as n (
      endpoint_id uuid, user_id uuid, event_type text, data jsonb)
  )
  insert into public.webhook_outbox
    (event_id, event_type, user_id, payload, only_endpoint, except_endpoint)
  select t.event_id, t.event_type, w.user_id,
    public.webhook_payload(t.event_id, t.event_type, t.data), w.only_endpoint, t.endpoint_id
  from told t
  cross join lateral (
    select t.user_id, null::uuid as only_endpoint where t.user_id is not null
    union all
    select null, operator where alert_url is not null
  ) w;
end
$$;

revoke all on function
  public.webhook_latency_class(integer), public.webhook_judge_health(jsonb, text),
  public.webhook_tell(jsonb, text)
  from public, anon, authenticated;
grant execute on function
  public.webhook_latency_class(integer), public.webhook_judge_health(jsonb, text),
  public.webhook_tell(jsonb, text)
  to service_role;
revoke all on function public.webhook_latency_ms(smallint) from public;
grant execute on function public.webhook_latency_ms(smallint)
  to anon, authenticated, service_role;

-- An owner who switches an endpoint on again, or gives it another URL, gives it another
-- chance; and what waits for a limit that is no more goes on at once.
create or replace function public.webhook_endpoint_changed() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  update public.webhook_queue q set due_at = least(q.due_at, now()), allowed_at = null
  where q.endpoint_id = new.id and q.allowed_at is not null;
  if new.is_active and not old.is_active or new.url <> old.url then
    update public.webhook_endpoint_stats s
    set consecutive_failures = 0, first_failure_at = null, alerted_at = null
    where s.endpoint_id = new.id;
  end if;
  if new.is_active and new.disabled_at is not null then
    update public.webhook_endpoints e set disabled_reason = null, disabled_at = null
    where e.id = new.id;
  end if;
  return null;
end
$$;
revoke all on function public.webhook_endpoint_changed()
  from public, anon, authenticated, service_role;
create or replace trigger webhook_endpoint_changed_trigger
  after update of is_active, url, rate_limit_per_minute on public.webhook_endpoints
  for each row
  when (new.is_active and not old.is_active or new.url <> old.url
    or new.rate_limit_per_minute is distinct from old.rate_limit_per_minute)
  execute function public.webhook_endpoint_changed();

notify pgrst, 'reload schema';
