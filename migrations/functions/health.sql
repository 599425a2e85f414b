-- Endpoints that fail: held back, disabled, reported.
--
-- A healthy endpoint has no row in webhooks.endpoint_health, and an attempt that succeeds there
-- writes none.

-- The id of the operator's endpoint, at ALERT_WEBHOOK_URL.
create or replace function webhooks.operator_endpoint() returns uuid
language sql immutable
return '00000000-0000-4000-8000-000000000000'::uuid;

-- Notes failures in a row, and what follows of them: `outcomes` as webhooks.record_attempts()
-- answers them. Whatever goes wrong here, the results stay recorded.
create or replace function webhooks.note_health(outcomes jsonb, alert_url text) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  streaks jsonb;
begin
  if not outcomes @> '[{"ok": false}]' and not exists (
    select from jsonb_to_recordset(outcomes) as r (endpoint_id uuid)
    cross join lateral (
      select from webhooks.endpoint_health h where h.endpoint_id = r.endpoint_id limit 1
    ) h
  ) then
    return;
  end if;
  streaks := webhooks.note_streaks(outcomes);
  if streaks is not null then
    perform webhooks.end_back_off(streaks);
    perform webhooks.disable_lost_endpoints(streaks, alert_url);
  end if;
exception when others then
  raise warning 'the health of endpoints could not be noted: %', sqlerrm;
end
$$;

-- Adds up failures in a row per endpoint. A row that another transaction holds is left as it is:
-- results wait for no endpoint. Answers [{endpoint_id, before, consecutive_failures,
-- first_failure_at, gone_at}] of those with a row, null for none; `gone_at` is when an attempt was
-- made that was answered 410.
create or replace function webhooks.note_streaks(outcomes jsonb) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  answer jsonb;
begin
  with result as materialized (
    select r.*, max(r.nth) filter (where r.ok) over (partition by r.endpoint_id) as last_success
    from jsonb_to_recordset(outcomes) as r (endpoint_id uuid, nth bigint, ok boolean,
      response_status integer, cause text, attempted_at timestamptz)
  ),
  streak as materialized (
    select r.endpoint_id, bool_or(r.ok) as has_succeeded,
      count(*) filter (where r.nth > coalesce(r.last_success, 0))::integer as failures,
      min(r.attempted_at) filter (where r.nth > coalesce(r.last_success, 0)) as first_failure_at,
      (array_agg(r.cause is not distinct from 'timeout' order by r.nth desc))[1] as is_slow,
      max(r.attempted_at) filter (where r.response_status = 410) as gone_at
    from result r
    group by r.endpoint_id
  ),
  held as materialized (
    select h.* from streak s
    cross join lateral (
      select h.ctid as row_id, h.* from webhooks.endpoint_health h
      where h.endpoint_id = s.endpoint_id for update skip locked
    ) h
  ),
  changed as (
    update webhooks.endpoint_health h set
      consecutive_failures =
        case when s.has_succeeded then 0 else h.consecutive_failures end + s.failures,
      first_failure_at = case when s.has_succeeded then s.first_failure_at
        else coalesce(h.first_failure_at, s.first_failure_at) end,
      is_slow = s.is_slow
    from held o
    join streak s using (endpoint_id)
    where h.ctid = o.row_id
    returning h.endpoint_id, o.consecutive_failures as before, h.consecutive_failures,
      h.first_failure_at, s.gone_at
  ),
  added as (
    insert into webhooks.endpoint_health
      (endpoint_id, consecutive_failures, first_failure_at, is_slow)
    select s.endpoint_id, s.failures, s.first_failure_at, s.is_slow
    from streak s
    where s.failures > 0 and not exists (
      select from webhooks.endpoint_health h where h.endpoint_id = s.endpoint_id)
    on conflict do nothing
    returning endpoint_id, 0 as before, consecutive_failures, first_failure_at
  )
  select jsonb_agg(to_jsonb(k)) into answer
  from (
    select c.* from changed c
    union all
    select a.*, s.gone_at from added a join streak s using (endpoint_id)
  ) k;
  return answer;
end
$$;

-- Whether nothing needs to be known of a healthy endpoint any more: the last alert is not failing, and
-- an hour old.
create or replace function webhooks.is_forgotten(health webhooks.endpoint_health) returns boolean
language sql stable
return not health.is_failing
  and (health.alerted_at is null or health.alerted_at < now() - interval '1 hour');

-- What waits for an endpoint that backed off goes on at once when one delivery succeeded. Its row of
-- endpoint_health goes, unless an alert needs it.
create or replace function webhooks.end_back_off(streaks jsonb) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into webhooks.due_log (endpoint_id, due_at)
  select s.endpoint_id, '-infinity'
  from jsonb_to_recordset(streaks) as s (
    endpoint_id uuid, before integer, consecutive_failures integer)
  where s.before >= webhooks.back_off_after()
    and s.consecutive_failures < webhooks.back_off_after();
  delete from webhooks.endpoint_health h
  where h.endpoint_id = any (array(
    select s.endpoint_id
    from jsonb_to_recordset(streaks) as s (endpoint_id uuid, consecutive_failures integer)
    where s.consecutive_failures = 0))
    and webhooks.is_forgotten(h);
end
$$;

-- Disables endpoints that answered 410 at the URL they have, or failed without a success for
-- DISABLE_AFTER_DAYS (5) and at least DISABLE_AFTER_ATTEMPTS (20), and emits endpoint.disabled. One
-- that its owner is changing just now is left until its next failure. The operator's is never
-- disabled: metrics show that it fails.
create or replace function webhooks.disable_lost_endpoints(streaks jsonb, alert_url text)
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  news jsonb;
begin
  with lost as materialized (
    select e.row_id, s.consecutive_failures, s.first_failure_at,
      s.gone_at >= e.updated_at as is_gone
    from jsonb_to_recordset(streaks) as s (endpoint_id uuid, consecutive_failures integer,
      first_failure_at timestamptz, gone_at timestamptz)
    cross join lateral (
      select e.ctid as row_id, e.updated_at from public.webhook_endpoints e
      where e.id = s.endpoint_id and e.is_active and e.id <> webhooks.operator_endpoint()
        and (s.gone_at >= e.updated_at
          or s.consecutive_failures >= webhooks.setting('DISABLE_AFTER_ATTEMPTS', 20)
            and s.first_failure_at <= now()
              - make_interval(hours => 24 * webhooks.setting('DISABLE_AFTER_DAYS', 5)))
      for no key update skip locked
    ) e
  ),
  disabled as (
    update public.webhook_endpoints e set
      is_active = false,
      disabled_at = now(),
      disabled_reason = case when l.is_gone then 'It answered 410 Gone'
        else format('%s attempts failed since %s, and none succeeded', l.consecutive_failures,
          to_char(l.first_failure_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) end
    from lost l
    where e.ctid = l.row_id
    returning e.id, e.user_id, e.url, e.disabled_reason, l.consecutive_failures,
      l.first_failure_at
  )
  select jsonb_agg(jsonb_build_object(
    'endpoint_id', d.id, 'user_id', d.user_id, 'event_type', 'endpoint.disabled',
    'data', jsonb_build_object('endpoint_id', d.id, 'url', webhooks.origin(d.url),
      'reason', d.disabled_reason, 'consecutive_failures', d.consecutive_failures,
      'first_failure_at', webhooks.utc(d.first_failure_at))))
  into news
  from disabled d;
  if news is not null then
    perform webhooks.tell(news, alert_url);
  end if;
end
$$;

-- Emits endpoint.failing when more than half of at least 10 attempts of these endpoints within an
-- hour failed, once until the endpoint recovers, and endpoint.recovered when less than a fifth of them
-- did; of both together at most one an hour and endpoint. Called when their attempts were counted.
create or replace function webhooks.alert(endpoint_ids uuid[], alert_url text) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  news jsonb;
begin
  with hour as materialized (
    select i.id as endpoint_id, c.attempts, c.failed
    from unnest(endpoint_ids) as i (id)
    cross join lateral (
      select sum(a.attempts) as attempts,
        coalesce(sum(a.attempts) filter (where a.outcome <> 'success'), 0) as failed
      from webhooks.attempt_counts a
      where a.endpoint_id = i.id and a.seconds = 300 and a.starts_at > now() - interval '1 hour'
    ) c
  ),
  judged as materialized (
    select t.*, h.attempts, h.failed
    from hour h
    cross join lateral (
      select t.ctid as row_id, t.endpoint_id, t.is_failing, t.consecutive_failures, t.first_failure_at
      from webhooks.endpoint_health t
      where t.endpoint_id = h.endpoint_id
        and (t.alerted_at is null or t.alerted_at < now() - interval '1 hour')
        and case when t.is_failing then h.failed * 5 < h.attempts
          else h.attempts >= 10 and h.failed * 2 > h.attempts end
      for update skip locked
    ) t
  ),
  changed as (
    update webhooks.endpoint_health t set is_failing = not j.is_failing, alerted_at = now()
    from judged j
    where t.ctid = j.row_id
  )
  select jsonb_agg(jsonb_build_object(
    'endpoint_id', e.id, 'user_id', e.user_id,
    'event_type',
      case when j.is_failing then 'endpoint.recovered' else 'endpoint.failing' end,
    'data', jsonb_strip_nulls(jsonb_build_object(
      'endpoint_id', e.id, 'url', webhooks.origin(e.url), 'attempts_last_hour', j.attempts,
      'failed_last_hour', j.failed, 'consecutive_failures', j.consecutive_failures,
      'first_failure_at', webhooks.utc(j.first_failure_at)))))
  into news
  from judged j
  cross join lateral (
    select e.id, e.user_id, e.url from public.webhook_endpoints e where e.id = j.endpoint_id limit 1
  ) e;
  delete from webhooks.endpoint_health t
  where t.endpoint_id = any (array(
    select h.endpoint_id from webhooks.endpoint_health h
    where h.endpoint_id = any (endpoint_ids) and h.consecutive_failures = 0
      and webhooks.is_forgotten(h)
    for update skip locked));
  if news is not null then
    perform webhooks.tell(news, alert_url);
  end if;
end
$$;

-- What of a URL an alert may show: the rest may be a secret.
create or replace function webhooks.origin(url text) returns text
language sql immutable
return regexp_replace(url, '^([a-z]+://)([^/?#]*@)?([^/?#]*).*$', '\1\3', 'i');

-- Emits `news`, a JSON array of {endpoint_id, user_id, event_type, data}: to the owner's other
-- endpoints, and to the operator's at `alert_url` if there is one.
create or replace function webhooks.tell(news jsonb, alert_url text) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  item record;
  event_id text;
  operator constant uuid := webhooks.operator_endpoint();
begin
  -- Read first: an insert that finds the row would wait for the transaction that has locked it.
  if alert_url is not null and not exists (
    select from public.webhook_endpoints e where e.id = operator and e.url = alert_url
  ) then
    insert into public.webhook_endpoints as e (id, url, description, events)
    values (operator, alert_url, 'The operator''s: ALERT_WEBHOOK_URL',
      array['endpoint.failing', 'endpoint.recovered', 'endpoint.disabled'])
    on conflict (id) do update set url = excluded.url, is_active = true
      where e.url <> excluded.url;
  end if;
  for item in
    select * from jsonb_to_recordset(news) as n (
      endpoint_id uuid, user_id uuid, event_type text, data jsonb)
  loop
    if item.user_id is not null then
      event_id := gen_random_uuid();
      insert into webhooks.outbox (owner, event_ref, except_endpoint)
      values (item.user_id, (webhooks.store_event(webhooks.with_payload(
        row(event_id, item.event_type, item.user_id, null, null, null, null, null), item.data))).ref,
        item.endpoint_id);
    end if;
    if alert_url is not null then
      event_id := gen_random_uuid();
      insert into webhooks.outbox (owner, event_ref, only_endpoint, except_endpoint)
      values (webhooks.no_owner(), (webhooks.store_event(webhooks.with_payload(
        row(event_id, item.event_type, null, null, null, null, null, null), item.data))).ref,
        operator, item.endpoint_id);
    end if;
  end loop;
end
$$;

revoke all on function
  webhooks.operator_endpoint(), webhooks.origin(text),
  webhooks.is_forgotten(webhooks.endpoint_health),
  webhooks.note_health(jsonb, text), webhooks.note_streaks(jsonb), webhooks.end_back_off(jsonb),
  webhooks.disable_lost_endpoints(jsonb, text), webhooks.alert(uuid[], text),
  webhooks.tell(jsonb, text)
  from public;
grant execute on function
  webhooks.operator_endpoint(), webhooks.origin(text),
  webhooks.is_forgotten(webhooks.endpoint_health),
  webhooks.note_health(jsonb, text), webhooks.note_streaks(jsonb), webhooks.end_back_off(jsonb),
  webhooks.disable_lost_endpoints(jsonb, text), webhooks.alert(uuid[], text),
  webhooks.tell(jsonb, text)
  to service_role;
