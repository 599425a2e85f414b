-- Numbers: what attempts came to, for owners.

-- The buckets of a window (1h, 24h, 7d or 30d): the first, the last, and how long each is.
create or replace function webhooks.stats_buckets(
  period text, out step interval, out first timestamptz, out last timestamptz
)
language plpgsql stable
set search_path = ''
as $$
begin
  step := case period
    when '1h' then '5 minutes' when '24h' then '1 hour' when '7d' then '6 hours'
    -- Hours, so that no time zone has a say.
    when '30d' then '24 hours' end;
  if step is null then
    perform webhooks.refuse_field('window', 'must be 1h, 24h, 7d or 30d');
  end if;
  last := date_bin(step, now(), 'epoch');
  first := last - (case period when '1h' then 12 when '24h' then 24 when '7d' then 28 else 30 end - 1) * step;
end
$$;

-- Attempts at these endpoints since `since`, by bucket: those counted, and what the tally still has.
create or replace function webhooks.attempts_since(endpoints uuid[], since timestamptz, step interval)
returns table (endpoint_id uuid, bucket timestamptz, outcome text, latency_class smallint, attempts numeric)
language sql stable
set search_path = ''
as $$
  select a.endpoint_id, date_bin(attempts_since.step, a.starts_at, 'epoch'), a.outcome, a.latency_class, sum(a.attempts)
  from (
    select c.endpoint_id, c.starts_at, c.outcome, c.latency_class, c.attempts
    from webhooks.attempt_counts c
    where c.endpoint_id = any (attempts_since.endpoints) and c.starts_at >= attempts_since.since
    union all
    select t.endpoint_id, t.recorded_at, t.outcome, t.latency_class, 1
    from webhooks.tally t
    where t.endpoint_id = any (attempts_since.endpoints) and t.outcome is not null
  ) a
  group by 1, 2, 3, 4
$$;

-- What the attempts at these endpoints came to within a window: {attempts, success_rate, failures_by_cause,
-- response_time_ms: {p50, p95, p99}, backlog, oldest_due_at, buckets: [{start, attempts, failed, failures_by_cause,
-- response_time_ms}]}. Percentiles are within a tenth.
create or replace function webhooks.stats_object(endpoints uuid[], period text)
returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
  span constant record := webhooks.stats_buckets(period);
  answer jsonb;
begin
  with counts as materialized (
    select * from webhooks.attempts_since(endpoints, span.first, span.step)
  ),
  -- Of each bucket and, without a bucket, of all.
  sums as materialized (
    select c.bucket, coalesce(sum(c.attempts), 0) as attempts,
      coalesce(sum(c.attempts) filter (where c.outcome = 'success'), 0) as succeeded
    from counts c
    group by grouping sets ((c.bucket), ())
  ),
  causes as (
    select f.bucket, jsonb_object_agg(f.outcome, f.attempts) as by_cause
    from (
      select c.bucket, c.outcome, sum(c.attempts) as attempts
      from counts c
      where c.outcome <> 'success'
      group by grouping sets ((c.bucket, c.outcome), (c.outcome))
    ) f
    group by f.bucket
  ),
  classes as materialized (
    select c.bucket, c.latency_class,
      sum(sum(c.attempts)) over (partition by c.bucket order by c.latency_class) as so_far
    from counts c
    group by grouping sets ((c.bucket, c.latency_class), (c.latency_class))
  ),
  figures as materialized (
    select s.*, coalesce(f.by_cause, '{}') as by_cause, (
      select jsonb_object_agg(p.name, (
        select webhooks.latency_ms(c.latency_class) from classes c
        where c.bucket is not distinct from s.bucket and c.so_far >= s.attempts * p.share
        order by c.latency_class
        limit 1
      ))
      from (values ('p50', 0.5), ('p95', 0.95), ('p99', 0.99)) as p (name, share)
    ) as times
    from sums s
    left join causes f on f.bucket is not distinct from s.bucket
  )
  select jsonb_build_object(
    'window', period,
    'attempts', f.attempts,
    'success_rate', round(f.succeeded / nullif(f.attempts, 0), 4),
    'failures_by_cause', f.by_cause,
    'response_time_ms', f.times,
    'backlog', (
      select count(*) from public.webhook_deliveries d
      where d.endpoint_id = any (endpoints) and d.status in ('pending', 'retrying')
    ),
    'oldest_due_at', (
      select webhooks.utc(min(d.next_retry_at)) from public.webhook_deliveries d
      where d.endpoint_id = any (endpoints) and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
    ),
    'buckets', (
      select jsonb_agg(jsonb_build_object(
        'start', webhooks.utc(b.start), 'attempts', coalesce(o.attempts, 0),
        'failed', coalesce(o.attempts - o.succeeded, 0), 'failures_by_cause', coalesce(o.by_cause, '{}'),
        'response_time_ms', coalesce(o.times, '{"p50": null, "p95": null, "p99": null}')) order by b.start)
      from generate_series(span.first, span.last, span.step) as b (start)
      left join figures o on o.bucket = b.start
    ))
  into answer
  from figures f
  where f.bucket is null;
  return answer;
end
$$;

-- The attempts of each endpoint within a window: [{endpoint_id, attempts, success_rate, buckets: [{start, attempts, failed}]}].
-- Endpoints without attempts are left out.
create or replace function webhooks.stats_by_endpoint(endpoints uuid[], period text) returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
  span constant record := webhooks.stats_buckets(period);
begin
  return (
    with counts as materialized (
      select a.endpoint_id, a.bucket, sum(a.attempts) as attempts,
        coalesce(sum(a.attempts) filter (where a.outcome <> 'success'), 0) as failed
      from webhooks.attempts_since(endpoints, span.first, span.step) a
      group by a.endpoint_id, a.bucket
    )
    select coalesce(jsonb_agg(to_jsonb(e) order by e.endpoint_id), '[]')
    from (
      select t.endpoint_id, t.attempts, round(1 - t.failed / t.attempts, 4) as success_rate, (
        select jsonb_agg(jsonb_build_object('start', webhooks.utc(b.start),
          'attempts', coalesce(c.attempts, 0), 'failed', coalesce(c.failed, 0)) order by b.start)
        from generate_series(span.first, span.last, span.step) as b (start)
        left join counts c on c.bucket = b.start and c.endpoint_id = t.endpoint_id
      ) as buckets
      from (
        select c.endpoint_id, sum(c.attempts) as attempts, sum(c.failed) as failed from counts c group by c.endpoint_id
      ) t
    ) e
  );
end
$$;

-- The numbers of one of the caller's endpoints.
create or replace function public.get_webhook_endpoint_stats(
  endpoint_id uuid, period text default '24h'
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  endpoint constant jsonb := webhooks.require_endpoint(endpoint_id, 'read');
begin
  return webhooks.stats_object(array[endpoint_id], period);
end
$$;

-- The numbers of all of the caller's endpoints together.
create or replace function public.get_webhook_stats(period text default '24h') returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('read');
begin
  return webhooks.stats_object(
    array(select e.id from public.webhook_endpoints e where e.user_id = caller), period);
end
$$;

-- The same of each of the caller's endpoints.
create or replace function public.list_webhook_endpoint_stats(period text default '24h') returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('read');
begin
  return webhooks.stats_by_endpoint(
    array(select e.id from public.webhook_endpoints e where e.user_id = caller), period);
end
$$;

revoke all on function
  webhooks.stats_buckets(text), webhooks.attempts_since(uuid[], timestamptz, interval),
  webhooks.stats_object(uuid[], text), webhooks.stats_by_endpoint(uuid[], text)
  from public;
revoke all on function
  public.get_webhook_endpoint_stats(uuid, text), public.get_webhook_stats(text),
  public.list_webhook_endpoint_stats(text)
  from public, service_role;
grant execute on function
  webhooks.stats_buckets(text), webhooks.attempts_since(uuid[], timestamptz, interval),
  webhooks.stats_object(uuid[], text), webhooks.stats_by_endpoint(uuid[], text),
  public.get_webhook_endpoint_stats(uuid, text), public.get_webhook_stats(text),
  public.list_webhook_endpoint_stats(text)
  to anon, authenticated;
grant execute on function
  webhooks.stats_buckets(text), webhooks.attempts_since(uuid[], timestamptz, interval), webhooks.stats_object(uuid[], text)
  to service_role;
