-- What the operator's cron and monitoring call: retention, coarser counts, metrics. Only the
-- service role may.

-- The cron's last tick: one row.
create table if not exists public.webhook_ticks (
  id boolean constraint webhook_ticks_pkey primary key default true
    constraint webhook_ticks_is_one check (id),
  ticks bigint not null,
  finished_at timestamptz not null,
  duration_ms integer not null
);
comment on table public.webhook_ticks is
  'How many ticks of the cron there were, and how long the last one took.';
revoke all on public.webhook_ticks from public, anon, authenticated;
grant select, insert, update, delete on public.webhook_ticks to service_role;
-- No policy: nobody but the service role.
alter table public.webhook_ticks enable row level security;

-- Notes that a tick of the cron is over.
create or replace function public.record_webhook_tick(duration_ms integer) returns void
language sql volatile
set search_path = ''
as $$
  insert into public.webhook_ticks as t (ticks, finished_at, duration_ms)
  values (1, now(), record_webhook_tick.duration_ms)
  on conflict (id) do update set ticks = t.ticks + 1, finished_at = excluded.finished_at,
    duration_ms = excluded.duration_ms
$$;

-- Deletes up to `most` deliveries that ended and are older than `retention_days`, with their
-- payloads and attempts, oldest first, and makes up to as many rows of counts coarser: an
-- hour's after a day, a day's after eight. Waits for nobody. Answers how many of both: 0
-- means that nothing is left to do.
create or replace function public.purge_webhook_deliveries(
  retention_days integer, most integer default 1000
) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
  coarsened integer;
begin
  if retention_days < 1 then
    raise invalid_parameter_value using message = 'retention_days must be at least 1';
  end if;
  delete from public.webhook_deliveries d
  where d.id in (
    select e.id from public.webhook_deliveries e
    where e.status in ('success', 'failed')
      and e.created_at < now() - make_interval(days => retention_days)
    order by e.created_at
    limit most
    for update skip locked
  );
  get diagnostics purged = row_count;

  with fine as (
    delete from public.webhook_attempt_counts a
    where (a.endpoint_id, a.starts_at, a.seconds, a.outcome, a.latency_class) in (
      select f.endpoint_id, f.starts_at, f.seconds, f.outcome, f.latency_class
      from public.webhook_attempt_counts f
      join public.webhook_endpoints e on e.id = f.endpoint_id
      where f.seconds < 86400
        and (f.seconds = 300 and f.starts_at < date_trunc('hour', now() - interval '25 hours')
          or f.seconds = 3600
            and f.starts_at < date_bin('1 day', now() - interval '8 days', 'epoch'))
      order by f.seconds, f.starts_at
      limit most
      for update of f skip locked
      -- One that is being deleted takes them along.
      for key share of e skip locked
    )
    returning a.*
  ),
  coarse as (
    insert into public.webhook_attempt_counts as a
      (endpoint_id, starts_at, seconds, outcome, latency_class, attempts)
    select f.endpoint_id,
      date_bin(case f.seconds when 300 then interval '1 hour' else interval '1 day' end,
        f.starts_at, 'epoch') as start,
      case f.seconds when 300 then 3600 else 86400 end as length,
      f.outcome, f.latency_class, sum(f.attempts)
    from fine f
    group by f.endpoint_id, start, length, f.outcome, f.latency_class
    order by f.endpoint_id, start, length, f.outcome, f.latency_class
    on conflict (endpoint_id, starts_at, seconds, outcome, latency_class)
      do update set attempts = a.attempts + excluded.attempts
  )
  select count(*) into coarsened from fine;
  return purged + coarsened;
end
$$;

-- What a monitoring system scrapes, in Prometheus' text format
-- (https://prometheus.io/docs/instrumenting/exposition_formats/).
create or replace function public.webhook_metrics() returns text
language sql stable
set search_path = ''
as $$
  with metrics as (
    select 1 as nth, 'webhooks_backlog' as name, 'gauge' as type,
      'Deliveries that have not ended' as help,
      'webhooks_backlog ' || count(*) as line
    from public.webhook_deliveries d
    where d.status in ('pending', 'retrying') and d.claims >= 0
    union all
    select 2, 'webhooks_outbox', 'gauge', 'Events that have not become deliveries yet',
      'webhooks_outbox ' || count(*)
    from public.webhook_outbox
    union all
    select 3, 'webhooks_oldest_due_age_seconds', 'gauge',
      'How long the delivery that is due longest has been waiting',
      'webhooks_oldest_due_age_seconds ' || round(coalesce(
        greatest(extract(epoch from now() - min(d.next_retry_at)), 0), 0), 3)
    from public.webhook_deliveries d
    where d.status in ('pending', 'retrying') and d.claims >= 0
    union all
    select 4, 'webhooks_attempts_total', 'counter', 'Attempts by outcome',
      format('webhooks_attempts_total{outcome="%s"} %s', t.outcome, sum(t.attempts))
    from public.webhook_totals t
    group by t.outcome
    union all
    select 5, 'webhooks_ticks_total', 'counter', 'Ticks of the cron that ended',
      'webhooks_ticks_total ' || coalesce(max(t.ticks), 0)
    from public.webhook_ticks t
    union all
    select 6, 'webhooks_last_tick_timestamp_seconds', 'gauge', 'When the last of them ended',
      'webhooks_last_tick_timestamp_seconds ' || round(extract(epoch from t.finished_at), 3)
    from public.webhook_ticks t
    union all
    select 7, 'webhooks_last_tick_duration_seconds', 'gauge', 'How long it took',
      'webhooks_last_tick_duration_seconds ' || round(t.duration_ms / 1000.0, 3)
    from public.webhook_ticks t
  )
  select string_agg(format(E'# HELP %s %s\n# TYPE %s %s\n%s\n', m.name, m.help, m.name, m.type,
    m.lines), '' order by m.nth)
  from (
    select m.nth, m.name, m.type, m.help, string_agg(m.line, E'\n' order by m.line) as lines
    from metrics m
    group by m.nth, m.name, m.type, m.help
  ) m
$$;

revoke all on function
  public.record_webhook_tick(integer), public.purge_webhook_deliveries(integer, integer),
  public.webhook_metrics()
  from public, anon, authenticated;
grant execute on function
  public.record_webhook_tick(integer), public.purge_webhook_deliveries(integer, integer),
  public.webhook_metrics()
  to service_role;

notify pgrst, 'reload schema';
