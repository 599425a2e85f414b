-- Numbers: what attempts came to, for owners.

-- What the attempts at these endpoints came to within 1h, 24h, 7d or 30d: {attempts,
-- success_rate, failures_by_cause, response_time_ms: {p50, p95, p99}, backlog, oldest_due_at,
-- buckets: [{start, attempts, failed}]}. Percentiles are within a tenth.
create or replace function webhooks.stats_object(endpoints uuid[], period text)
returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
  step constant interval := case period
    when '1h' then '5 minutes' when '24h' then '1 hour' when '7d' then '6 hours'
    -- Hours, so that no time zone has a say.
    when '30d' then '24 hours' end;
  steps constant integer := case period
    when '1h' then 12 when '24h' then 24 when '7d' then 28 when '30d' then 30 end;
  last_bucket constant timestamptz := date_bin(step, now(), 'epoch');
  first_bucket constant timestamptz := last_bucket - (steps - 1) * step;
  answer jsonb;
begin
  if step is null then
    perform webhooks.refuse_field('window', 'must be 1h, 24h, 7d or 30d');
  end if;
  with counts as materialized (
    select date_bin(step, a.starts_at, 'epoch') as bucket, a.outcome, a.latency_class,
      sum(a.attempts) as attempts
    from (
      select a.starts_at, a.outcome, a.latency_class, a.attempts
      from webhooks.attempt_counts a
      where a.endpoint_id = any (endpoints) and a.starts_at >= first_bucket
      union all
      -- Not counted yet.
      select t.recorded_at, t.outcome, t.latency_class, 1
      from webhooks.tally t
      where t.endpoint_id = any (endpoints) and t.outcome is not null
    ) a
    group by 1, 2, 3
  ),
  total as (
    select coalesce(sum(c.attempts), 0) as attempts,
      coalesce(sum(c.attempts) filter (where c.outcome = 'success'), 0) as succeeded
    from counts c
  ),
  classes as (
    select c.latency_class, sum(sum(c.attempts)) over (order by c.latency_class) as so_far
    from counts c
    group by c.latency_class
  ),
  percentiles as (
    select jsonb_object_agg(p.name, (
      select webhooks.latency_ms(c.latency_class) from classes c, total t
      where c.so_far >= t.attempts * p.share
      order by c.latency_class
      limit 1
    )) as times
    from (values ('p50', 0.5), ('p95', 0.95), ('p99', 0.99)) as p (name, share)
  )
  select jsonb_build_object(
    'window', period,
    'attempts', t.attempts,
    'success_rate', round(t.succeeded / nullif(t.attempts, 0), 4),
    'failures_by_cause', (
      select coalesce(jsonb_object_agg(f.outcome, f.attempts), '{}')
      from (
        select c.outcome, sum(c.attempts) as attempts from counts c
        where c.outcome <> 'success' group by c.outcome
      ) f
    ),
    'response_time_ms', p.times,
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
        'start', webhooks.utc(b.start), 'attempts', coalesce(b.attempts, 0), 'failed', coalesce(b.failed, 0))
        order by b.start)
      from (
        select s.start, sum(c.attempts) as attempts,
          sum(c.attempts) filter (where c.outcome <> 'success') as failed
        from generate_series(first_bucket, last_bucket, step) as s (start)
        left join counts c on c.bucket = s.start
        group by s.start
      ) b
    ))
  into answer
  from total t, percentiles p;
  return answer;
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

revoke all on function webhooks.stats_object(uuid[], text) from public;
revoke all on function
  public.get_webhook_endpoint_stats(uuid, text), public.get_webhook_stats(text)
  from public, service_role;
grant execute on function
  webhooks.stats_object(uuid[], text),
  public.get_webhook_endpoint_stats(uuid, text), public.get_webhook_stats(text)
  to anon, authenticated;
