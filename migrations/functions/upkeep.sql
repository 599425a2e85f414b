-- What the cron and a monitoring system call.

-- Gives up to 1,000 deliveries back whose lease ran out: their worker died, or could not record. The
-- trigger on the table notes that they are due.
create or replace function webhooks.end_leases() returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  ended integer;
begin
  update public.webhook_deliveries d set leased_until = null
  where d.id = any (array(
    select l.id from public.webhook_deliveries l
    where l.leased_until <= now()
    order by l.leased_until
    limit 1000
    for update skip locked));
  get diagnostics ended = row_count;
  return ended;
end
$$;

-- Forgets secrets whose overlap is over. An endpoint that is being changed just now is skipped.
create or replace function webhooks.end_secrets() returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  ended integer;
begin
  update public.webhook_endpoints e
  set previous_secrets = webhooks.signing_secrets(e.previous_secrets),
    secret_expires_at = webhooks.first_expiry(webhooks.signing_secrets(e.previous_secrets))
  where e.id = any (array(
    select p.id from public.webhook_endpoints p
    where p.secret_expires_at <= now()
    order by p.secret_expires_at
    limit 1000
    for no key update skip locked));
  get diagnostics ended = row_count;
  return ended;
end
$$;

-- Carries out one step of upkeep, of at most `most` rows, and answers whether it has more to do. A
-- step that fails is rolled back by itself and logged as a warning.
create or replace function webhooks.upkeep_step(
  step text, retention_days integer, alert_url text, most integer
) returns boolean
language plpgsql volatile
set search_path = ''
as $$
declare
  before constant timestamptz := now() - make_interval(hours => 24 * retention_days);
begin
  if step = 'find_lost_lines' then
    perform webhooks.find_generations();
    perform webhooks.move_waits_from('-infinity');
    return false;
  end if;
  return case step
    when 'end_leases' then webhooks.end_leases() = 1000
    when 'end_secrets' then webhooks.end_secrets() = 1000
    when 'release_ordered' then webhooks.release_ordered(1000) = 1000
    when 'count_tally' then webhooks.count_tally(alert_url)
    when 'merge_counts' then webhooks.merge_counts(most) = most
    when 'purge_deleted_endpoints' then webhooks.purge_deleted_endpoints(most) = most
    when 'purge_deliveries' then webhooks.purge_deliveries(before, most) = most
    when 'purge_events' then webhooks.purge_events(before, most) = most
    -- Statistics reach back 30 days.
    when 'purge_counts' then webhooks.purge_counts(
      least(before, now() - interval '744 hours'), most) = most
    when 'purge_refused_events' then webhooks.purge_refused_events(before, most) = most
    when 'purge_idempotent_calls' then webhooks.purge_idempotent_calls(most) = most
    when 'erase_answers' then webhooks.erase_answers(most) = most
    when 'run_replays' then webhooks.run_replays()
    when 'purge_replays' then webhooks.purge_replays(before, most) = most
    when 'purge_schema_warnings' then webhooks.purge_schema_warnings(before, most) = most
    when 'purge_page_links' then webhooks.purge_page_links(most) = most
    when 'purge_audit_log' then webhooks.purge_audit_log(now() - interval '8784 hours', most) = most
  end;
exception when others or query_canceled then
  raise warning 'upkeep: % failed: %', step, sqlerrm;
  return false;
end
$$;

-- Upkeep: expired leases and secrets, counting, retention. Each step is bounded and by itself; begins
-- none after a second. Answers whether there is more to do, for another call. Retention is
-- `retention_days`; the operator is told of failing endpoints at `alert_url`, if there is one.
create or replace function public.run_webhook_upkeep(
  retention_days integer, alert_url text default null, most integer default 5000
) returns boolean
language plpgsql volatile
set search_path = ''
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  step text;
  is_more boolean := false;
begin
  if retention_days < 1 then
    raise invalid_parameter_value using message = 'retention_days must be at least 1';
  end if;
  foreach step in array array['find_lost_lines', 'end_leases', 'end_secrets', 'release_ordered', 'count_tally', 'purge_deleted_endpoints',
    'purge_deliveries', 'purge_events', 'merge_counts', 'purge_counts', 'purge_refused_events',
    'purge_idempotent_calls', 'erase_answers', 'purge_replays', 'purge_schema_warnings',
    'purge_page_links', 'purge_audit_log', 'run_replays']
  loop
    if clock_timestamp() > now() + interval '1 second' then
      is_more := true;
      exit;
    end if;
    is_more := webhooks.upkeep_step(step, retention_days, alert_url, most) or is_more;
  end loop;
  -- Last, because its locks end with the transaction.
  perform webhooks.truncate_drained_logs();
  return is_more;
end
$$;

-- Notes that a tick of the cron is over.
create or replace function public.record_webhook_tick(duration_ms integer) returns void
language sql volatile
set search_path = ''
as $$
  insert into webhooks.ticks as t (ticks, finished_at, duration_ms)
  values (1, now(), record_webhook_tick.duration_ms)
  on conflict (id) do update set ticks = t.ticks + 1, finished_at = excluded.finished_at,
    duration_ms = excluded.duration_ms
$$;

-- What waits now.
create or replace function webhooks.current_load() returns webhooks.load
language sql stable
set search_path = ''
set jit = off
as $$
  select d.backlog, case when d.oldest_due_at <= now() then d.oldest_due_at end, o.outbox, o.set_aside, coalesce((
    select h.consecutive_failures from webhooks.endpoint_health h
    where h.endpoint_id = webhooks.operator_endpoint()), 0)
  from (
    select count(*) as backlog,
      min(d.next_retry_at) filter (where d.leased_until is null and d.next_retry_at < 'infinity') as oldest_due_at
    from public.webhook_deliveries d
    where d.status in ('pending', 'retrying')
  ) d, (
    select count(*) as outbox, count(*) filter (where o.set_aside_at is not null) as set_aside from webhooks.outbox o
  ) o
$$;

-- What a monitoring system scrapes, in Prometheus' text format
-- (https://prometheus.io/docs/instrumenting/exposition_formats/).
create or replace function public.webhook_metrics() returns text
language sql stable
set search_path = ''
set jit = off
as $$
  with load as materialized (
    select l.* from webhooks.current_load() l
  ),
  metrics as (
    select 1 as nth, 'webhooks_backlog' as name, 'gauge' as type,
      'Deliveries that have not ended' as help,
      'webhooks_backlog ' || l.backlog as line
    from load l
    union all
    select 2, 'webhooks_outbox', 'gauge', 'Events whose fan-out is not finished',
      'webhooks_outbox ' || l.outbox
    from load l
    union all
    select 3, 'webhooks_events_set_aside', 'gauge',
      'Events whose fan-out failed three times: see webhooks.outbox.last_error',
      'webhooks_events_set_aside ' || l.set_aside
    from load l
    union all
    select 4, 'webhooks_oldest_due_age_seconds', 'gauge',
      'How long the delivery that is due longest has been waiting',
      'webhooks_oldest_due_age_seconds ' || round(coalesce(extract(epoch from now() - l.oldest_due_at), 0), 3)
    from load l
    union all
    select 5, 'webhooks_attempts_total', 'counter', 'Attempts by outcome',
      format('webhooks_attempts_total{outcome="%s"} %s', t.outcome, sum(t.attempts))
    from (
      select t.outcome, t.attempts from webhooks.totals t
      union all
      select t.outcome, 1 from webhooks.tally t where t.outcome is not null
    ) t
    group by t.outcome
    union all
    select 6, 'webhooks_ticks_total', 'counter', 'Ticks of the cron that ended',
      'webhooks_ticks_total ' || coalesce(max(t.ticks), 0)
    from webhooks.ticks t
    union all
    select 7, 'webhooks_last_tick_timestamp_seconds', 'gauge', 'When the last of them ended',
      'webhooks_last_tick_timestamp_seconds ' || round(extract(epoch from t.finished_at), 3)
    from webhooks.ticks t
    union all
    select 8, 'webhooks_last_tick_duration_seconds', 'gauge', 'How long it took',
      'webhooks_last_tick_duration_seconds ' || round(t.duration_ms / 1000.0, 3)
    from webhooks.ticks t
    union all
    select 9, 'webhooks_deleted_endpoints', 'gauge',
      'Deleted endpoints whose deliveries are being purged',
      'webhooks_deleted_endpoints ' || count(*)
    from webhooks.deleted_endpoints
    union all
    select 10, 'webhooks_refused_events', 'gauge',
      'Events that SQL emitted with on_refusal => count and that could not be taken',
      'webhooks_refused_events ' || count(*)
    from webhooks.refused_events
    union all
    select 11, 'webhooks_operator_endpoint_failures', 'gauge',
      'Failed attempts in a row at ALERT_WEBHOOK_URL',
      'webhooks_operator_endpoint_failures ' || l.operator_endpoint_failures
    from load l
    union all
    select 12, 'webhooks_schema_warnings', 'gauge',
      'Events that did not fit the schema of their type, and were taken',
      'webhooks_schema_warnings ' || count(*)
    from webhooks.schema_warnings
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
  webhooks.end_leases(), webhooks.end_secrets(),
  webhooks.upkeep_step(text, integer, text, integer), webhooks.current_load()
  from public;
revoke all on function
  public.run_webhook_upkeep(integer, text, integer), public.record_webhook_tick(integer),
  public.webhook_metrics()
  from public, anon, authenticated;
grant execute on function
  webhooks.end_leases(), webhooks.end_secrets(),
  webhooks.upkeep_step(text, integer, text, integer), webhooks.current_load(),
  public.run_webhook_upkeep(integer, text, integer), public.record_webhook_tick(integer),
  public.webhook_metrics()
  to service_role;
