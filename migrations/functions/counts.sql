-- Counting: the tally is added up in steps, apart from the calls that deliver.

-- What counts of all endpoints together have for endpoint_id.
create or replace function webhooks.all_endpoints() returns uuid
language sql immutable
return '00000000-0000-0000-0000-000000000000'::uuid;

-- Adds up to 20,000 rows of the tally to the counts, and sends the alerts that follow. One call at
-- a time. Says whether there is more.
create or replace function webhooks.count_tally(alert_url text) returns boolean
language plpgsql volatile
set search_path = ''
as $$
declare
  most constant integer := 20000;
  taken integer;
  attempted uuid[];
begin
  if not pg_try_advisory_xact_lock(hashtextextended('webhooks.tally', 0)) then
    return false;
  end if;
  with row as materialized (
    delete from webhooks.tally t
    where t.ctid = any (array(select n.ctid from webhooks.tally n limit most))
    returning t.*
  ),
  endpoint as (
    insert into webhooks.endpoint_totals as e (endpoint_id, deliveries, failed)
    select r.endpoint_id, sum(r.deliveries), sum(r.failed)
    from row r
    group by r.endpoint_id
    having sum(r.deliveries) <> 0 or sum(r.failed) <> 0
    on conflict (endpoint_id) do update set
      deliveries = e.deliveries + excluded.deliveries, failed = e.failed + excluded.failed
  ),
  counted as (
    insert into webhooks.attempt_counts as a
      (endpoint_id, starts_at, seconds, outcome, latency_class, attempts)
    select i.endpoint_id, date_bin('5 minutes', r.recorded_at, 'epoch') as starts_at, 300,
      r.outcome, r.latency_class, count(*)
    from row r
    cross join lateral (values (r.endpoint_id), (webhooks.all_endpoints())) as i (endpoint_id)
    where r.outcome is not null
    group by i.endpoint_id, starts_at, r.outcome, r.latency_class
    on conflict (endpoint_id, starts_at, seconds, outcome, latency_class)
      do update set attempts = a.attempts + excluded.attempts
  ),
  totalled as (
    insert into webhooks.totals as t (outcome, attempts)
    select r.outcome, count(*) from row r where r.outcome is not null group by r.outcome
    on conflict (outcome) do update set attempts = t.attempts + excluded.attempts
  )
  select count(*), array_agg(distinct r.endpoint_id) filter (where r.outcome is not null)
  into taken, attempted
  from row r;
  perform webhooks.alert(attempted, alert_url);
  return taken = most;
end
$$;

-- Merges counts into longer rows, up to `most` of them: an hour's after a day, a day's after eight.
-- Answers how many.
create or replace function webhooks.merge_counts(most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  merged integer;
begin
  with old as materialized (
    select c.row_id
    from (
      (select a.ctid as row_id from webhooks.attempt_counts a
       where a.seconds = 300
         and a.starts_at < date_bin('1 hour', now() - interval '25 hours', 'epoch')
       order by a.starts_at limit most)
      union all
      (select a.ctid as row_id from webhooks.attempt_counts a
       where a.seconds = 3600
         and a.starts_at < date_bin('24 hours', now() - interval '192 hours', 'epoch')
       order by a.starts_at limit most)
    ) c
    limit most
  ),
  fine as (
    delete from webhooks.attempt_counts a
    where a.ctid = any (array(select o.row_id from old o))
    returning a.*
  ),
  coarse as (
    insert into webhooks.attempt_counts as a
      (endpoint_id, starts_at, seconds, outcome, latency_class, attempts)
    select f.endpoint_id,
      date_bin(case f.seconds when 300 then interval '1 hour' else interval '24 hours' end,
        f.starts_at, 'epoch') as start,
      case f.seconds when 300 then 3600 else 86400 end as length,
      f.outcome, f.latency_class, sum(f.attempts)
    from fine f
    group by f.endpoint_id, start, length, f.outcome, f.latency_class
    on conflict (endpoint_id, starts_at, seconds, outcome, latency_class)
      do update set attempts = a.attempts + excluded.attempts
  )
  select count(*) into merged from fine;
  return merged;
end
$$;

revoke all on function
  webhooks.all_endpoints(), webhooks.count_tally(text), webhooks.merge_counts(integer)
  from public;
grant execute on function
  webhooks.all_endpoints(), webhooks.count_tally(text), webhooks.merge_counts(integer)
  to service_role;
