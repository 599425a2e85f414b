-- What the operator sees of all owners together. For the `session_hash` of each call see operator.sql.

-- The problems there are, as a list of {code, message}: the alerts of docs/operate that need no history.
-- `load` is what webhooks.current_load() gives, `buckets` those of the last hour of all endpoints.
create or replace function webhooks.problems(load webhooks.load, buckets jsonb) returns jsonb
language sql stable
set search_path = ''
as $$
  with recent as (
    select sum((b ->> 'attempts')::bigint) as attempts, sum((b ->> 'failed')::bigint) as failed
    from jsonb_path_query(buckets, '$[last - 2 to last]') as b
  )
  select coalesce(jsonb_agg(jsonb_build_object('code', p.code, 'message', p.message) order by p.nth), '[]')
  from (
    select 1 as nth, 'cron_stopped' as code, case when t.finished_at is null
      then 'No tick of the cron has ever ended'
      else format('No tick of the cron has ended for %s minutes', webhooks.minutes_since(t.finished_at)) end as message
    from (select max(t.finished_at) as finished_at from webhooks.ticks t) t
    where t.finished_at < now() - interval '5 minutes'
      or t.finished_at is null and load.oldest_due_at < now() - interval '5 minutes'
    union all
    select 2, 'events_set_aside', format('%s events are set aside and reach no endpoint', load.set_aside)
    where load.set_aside > 0
    union all
    select 3, 'deliveries_wait',
      format('A delivery that is due has waited for %s minutes', webhooks.minutes_since(load.oldest_due_at))
    where load.oldest_due_at < now() - interval '15 minutes'
    union all
    select 4, 'most_attempts_fail', format('%s of %s attempts of the last minutes failed', r.failed, r.attempts)
    from recent r where r.attempts > 20 and r.failed > r.attempts / 2
    union all
    select 5, 'events_refused', 'Events from SQL were refused within the last hour: see webhooks.refused_events'
    where (select r.refused_at from webhooks.refused_events r order by r.id desc limit 1) > now() - interval '1 hour'
    union all
    select 6, 'alert_url_fails', format('%s attempts in a row failed at ALERT_WEBHOOK_URL', load.operator_endpoint_failures)
    where load.operator_endpoint_failures >= 3
  ) p
$$;

-- Whole minutes since then.
create or replace function webhooks.minutes_since("time" timestamptz) returns integer
language sql stable
return floor(extract(epoch from now() - "time") / 60);

-- The ten endpoints and the ten owners with most failed attempts within the hour, of the newest 20,000 counts of failures:
-- {worst_endpoints, worst_owners}.
create or replace function webhooks.worst() returns jsonb
language sql stable
set search_path = ''
set jit = off
as $$
  with failed as materialized (
    select n.endpoint_id, sum(n.attempts) as failed
    from (
      select a.endpoint_id, a.attempts from webhooks.attempt_counts a
      where a.outcome <> 'success' and a.seconds = 300 and a.starts_at >= now() - interval '1 hour'
        and a.endpoint_id <> webhooks.all_endpoints()
      order by a.starts_at desc
      limit 20000
    ) n
    group by n.endpoint_id
  ),
  known as materialized (
    select f.failed, e.*
    from failed f
    cross join lateral (
      select e.id, e.user_id, e.url, e.is_active, e.disabled_reason
      from public.webhook_endpoints e where e.id = f.endpoint_id and e.user_id is not null limit 1
    ) e
  )
  select jsonb_build_object('worst_endpoints', (
    select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'url', k.url, 'owner', k.user_id,
      'is_active', k.is_active, 'disabled_reason', k.disabled_reason, 'attempts', (
        select sum(a.attempts) from webhooks.attempt_counts a
        where a.endpoint_id = k.id and a.starts_at >= now() - interval '1 hour' and a.seconds = 300),
      'failed', k.failed, 'consecutive_failures', coalesce((
        select h.consecutive_failures from webhooks.endpoint_health h where h.endpoint_id = k.id), 0))
      order by k.failed desc, k.id), '[]')
    from (select k.* from known k order by k.failed desc, k.id limit 10) k
  ), 'worst_owners', (
    select coalesce(jsonb_agg(to_jsonb(o) order by o.failed desc, o.owner), '[]')
    from (
      select k.user_id as owner, count(*) as failing_endpoints, sum(k.failed) as failed from known k
      group by k.user_id order by sum(k.failed) desc, k.user_id limit 10
    ) o
  ))
$$;

-- Whether all is well. Attempts are counted by the cron: what is newer than a minute may be missing.
create or replace function public.get_webhook_overview(call text, session_hash text default null) returns jsonb
language plpgsql stable
set search_path = ''
set jit = off
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'read');
  fields constant jsonb := webhooks.read_fields(call, '{}');
  load constant webhooks.load := webhooks.current_load();
  hour constant jsonb := webhooks.stats_object(array[webhooks.all_endpoints()], '1h');
  buckets constant jsonb := hour -> 'buckets';
begin
  return jsonb_build_object(
    'at', webhooks.utc(now()),
    'problems', webhooks.problems(load, buckets),
    'backlog', load.backlog,
    'outbox', load.outbox,
    'set_aside', load.set_aside,
    'oldest_due_at', webhooks.utc(load.oldest_due_at),
    'last_tick', (
      select jsonb_build_object('finished_at', webhooks.utc(t.finished_at), 'duration_ms', t.duration_ms)
      from webhooks.ticks t),
    -- Of the bucket that is not over, and the one before.
    'attempts_per_minute', (
      select round(sum((b ->> 'attempts')::bigint) * 60 / extract(epoch from now() - min((b ->> 'start')::timestamptz)), 1)
      from jsonb_path_query(buckets, '$[last - 1 to last]') as b),
    'success_rate', hour -> 'success_rate',
    'response_time_ms', hour -> 'response_time_ms',
    'endpoints', (
      select jsonb_build_object('active', count(*) filter (where e.is_active),
        'inactive', count(*) filter (where not e.is_active), 'failing', (
          select count(*) from webhooks.endpoint_health h
          where h.consecutive_failures > 0 and exists (
            select from public.webhook_endpoints e
            where e.id = h.endpoint_id and e.is_active and e.user_id is not null)))
      from public.webhook_endpoints e where e.user_id is not null)
  ) || webhooks.worst();
end
$$;

-- What the attempts at all endpoints came to, or at those of an owner: see webhooks.stats_object(). `call`: a JSON object as text
-- with window (24h) and owner.
create or replace function public.get_webhook_stats_of(call text, session_hash text default null) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'read');
  fields constant jsonb := webhooks.read_fields(call, '{"window": "text", "owner": "uuid"}');
  owner constant uuid := fields ->> 'owner';
  period constant text := coalesce(fields ->> 'window', '24h');
begin
  if owner is not null then
    return webhooks.stats_object(
      array(select e.id from public.webhook_endpoints e where e.user_id = owner), period);
  end if;
  return webhooks.stats_object(array[webhooks.all_endpoints()], period) || (
    select jsonb_build_object('backlog', l.backlog, 'oldest_due_at', webhooks.utc(l.oldest_due_at))
    from webhooks.current_load() l);
end
$$;

-- Finds events, deliveries, endpoints and owners by their ids, and endpoints by a part of their URL, up to 20 of each:
-- {events, deliveries, endpoints, owners}. `call`: a JSON object as text with text.
create or replace function public.search_webhooks(call text, session_hash text default null) returns jsonb
language plpgsql stable
set search_path = ''
set jit = off
set enable_seqscan = off
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'read');
  wanted constant text := webhooks.read_fields(call, '{"text": "text"}') ->> 'text';
  wanted_id constant uuid := webhooks.parse_uuid(wanted);
  most constant integer := 20;
begin
  if (wanted ~ '^[\x21-\x7e]{3,255}$') is not true then
    perform webhooks.refuse_field('text', 'must be 3 to 255 visible ASCII characters');
  end if;
  return jsonb_build_object('events', (
    select coalesce(jsonb_agg(jsonb_build_object('event_id', e.event_id, 'event_type', e.event_type, 'owner', e.user_id,
      'created_at', webhooks.utc(e.created_at), 'erased_at', webhooks.utc(e.erased_at)) order by e.id desc), '[]')
    from (select e.* from public.webhook_events e where e.event_id = wanted limit most) e
  ), 'deliveries', (
    select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'event_id', d.event_id, 'event_type', d.event_type,
      'endpoint_id', d.endpoint_id, 'owner', (
        select e.user_id from public.webhook_endpoints e where e.id = d.endpoint_id),
      'status', d.status, 'attempts', d.attempts, 'max_attempts', d.max_attempts,
      'response_status', d.response_status, 'last_error', d.last_error, 'created_at', webhooks.utc(d.created_at),
      'next_retry_at', webhooks.utc(nullif(d.next_retry_at, 'infinity'))) order by d.created_at desc, d.id), '[]')
    from (
      (select d.* from public.webhook_deliveries d where d.event_id = wanted limit most)
      union all
      (select d.* from public.webhook_deliveries d where d.id = wanted_id and d.event_id <> wanted)
      limit most
    ) d
  ), 'endpoints', (
    select coalesce(jsonb_agg(jsonb_build_object('id', e.id, 'url', e.url, 'owner', e.user_id, 'is_active', e.is_active,
      'disabled_reason', e.disabled_reason, 'created_at', webhooks.utc(e.created_at), 'consecutive_failures', coalesce((
        select h.consecutive_failures from webhooks.endpoint_health h where h.endpoint_id = e.id), 0))
      order by e.created_at desc, e.id), '[]')
    from (
      (select e.* from public.webhook_endpoints e where e.id = wanted_id and e.user_id is not null)
      union all
      (select e.* from public.webhook_endpoints e where e.user_id = wanted_id order by e.created_at desc limit most)
      union all
      (select e.* from public.webhook_endpoints e
       where wanted_id is null and position(lower(wanted) in lower(e.url)) > 0 and e.user_id is not null limit most)
      limit most
    ) e
  ), 'owners', (
    select coalesce(jsonb_agg(jsonb_build_object('owner', o.user_id, 'endpoints', o.endpoints,
      'active_endpoints', o.active_endpoints)), '[]')
    from (
      select e.user_id, count(*) as endpoints, count(*) filter (where e.is_active) as active_endpoints
      from public.webhook_endpoints e where e.user_id = wanted_id group by e.user_id
    ) o
  ));
end
$$;

-- The catalogue, archived types included, with how many endpoints and how many of the newest 10,000 events each type has. Of
-- the types that only these events have, the 1,000 most frequent.
create or replace function public.list_webhook_event_types_in_use(call text, session_hash text default null) returns jsonb
language plpgsql stable
set search_path = ''
set jit = off
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'read');
  fields constant jsonb := webhooks.read_fields(call, '{}');
  has_validator constant boolean := webhooks.validator() is not null;
begin
  return (
    with recent as materialized (
      select e.event_type as name, count(*) as events
      from (select e.event_type from public.webhook_events e order by e.id desc limit 10000) e
      group by e.event_type
    ),
    named as materialized (
      select t.name from public.webhook_event_types t
      union
      (select r.name from recent r order by r.events desc, r.name limit 1000)
    ),
    -- By its own name, or by that of a group that it is in.
    subscribed as materialized (
      select p.name, count(distinct e.id) as endpoints
      from (
        select n.name, unnest(webhooks.event_patterns(n.name)) as pattern from named n
      ) p
      join (
        select e.id, unnest(e.events) as pattern from public.webhook_endpoints e where e.user_id is not null
      ) e on e.pattern = p.pattern and (p.pattern <> '*' or p.name = '*')
      group by p.name
    )
    select coalesce(jsonb_agg(jsonb_build_object('name', n.name, 'is_in_catalogue', t.name is not null,
      'description', t.description, 'example', t.example, 'schema', t.schema,
      'validation', coalesce(t.validation, 'none'), 'is_enforced', coalesce(t.validation <> 'none', false) and has_validator,
      'warnings', (
        select count(*) from (
          select from webhooks.schema_warnings w where w.event_type = n.name limit 10000) w),
      'archived_at', webhooks.utc(t.archived_at),
      'subscribers', coalesce((select s.endpoints from subscribed s where s.name = n.name), 0),
      'recent_events', coalesce((select r.events from recent r where r.name = n.name), 0))
      order by n.name <> '*', n.name), '[]')
    from named n
    left join public.webhook_event_types t on t.name = n.name
  );
end
$$;

-- How large the tables are, the largest first, and for how long the oldest event should be gone.
create or replace function public.get_webhook_storage(
  call text, retention_days integer, session_hash text default null
) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'read');
  fields constant jsonb := webhooks.read_fields(call, '{}');
  oldest constant timestamptz := (select e.created_at from public.webhook_events e order by e.id limit 1);
begin
  return jsonb_build_object(
    'retention_days', retention_days,
    'oldest_event_at', webhooks.utc(oldest),
    'retention_lag_seconds', coalesce(greatest(0, floor(extract(epoch from
      now() - make_interval(hours => 24 * retention_days) - oldest))), 0),
    'deleted_endpoints', (select count(*) from webhooks.deleted_endpoints),
    'tables', (
      select jsonb_agg(to_jsonb(t) order by t.bytes desc, t.name)
      from (
        select c.oid::regclass::text as name, pg_catalog.pg_total_relation_size(c.oid) as bytes,
          greatest(c.reltuples, 0)::bigint as rows
        from pg_catalog.pg_class c
        where c.relkind = 'r' and (c.relnamespace = 'webhooks'::regnamespace
          or c.relnamespace = 'public'::regnamespace and c.relname in ('webhook_event_types', 'webhook_endpoints',
            'webhook_events', 'webhook_deliveries', 'webhook_delivery_attempts', 'webhook_api_keys'))
      ) t
    ));
end
$$;

revoke all on function
  webhooks.problems(webhooks.load, jsonb), webhooks.minutes_since(timestamptz), webhooks.worst()
  from public;
revoke all on function
  public.get_webhook_overview(text, text), public.get_webhook_stats_of(text, text), public.search_webhooks(text, text),
  public.list_webhook_event_types_in_use(text, text), public.get_webhook_storage(text, integer, text)
  from public, anon, authenticated;
grant execute on function
  webhooks.problems(webhooks.load, jsonb), webhooks.minutes_since(timestamptz), webhooks.worst(),
  public.get_webhook_overview(text, text), public.get_webhook_stats_of(text, text), public.search_webhooks(text, text),
  public.list_webhook_event_types_in_use(text, text), public.get_webhook_storage(text, integer, text)
  to service_role;
