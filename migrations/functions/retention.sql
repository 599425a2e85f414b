-- Retention: what is old, and what belongs to deleted endpoints, is deleted in bounded steps. No
-- step waits for a locked row.

-- Deletes up to `most` deliveries that ended and are older than `before`, with their attempts. Goes
-- through the endpoints by id, 5,000 a step; webhooks.progress says where the next step goes on.
-- Answers how many.
create or replace function webhooks.purge_deliveries(before timestamptz, most integer)
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  start constant uuid := coalesce(
    (select p.after_id::uuid from webhooks.progress p where p.task = 'purge_deliveries'),
    '00000000-0000-0000-0000-000000000000');
  upto uuid;
  last uuid;
  purged integer;
begin
  select e.id into upto from public.webhook_endpoints e
  where e.id > start order by e.id offset 4999 limit 1;
  with old as materialized (
    select d.row_id, d.endpoint_id
    from (
      select e.id from public.webhook_endpoints e where e.id > start order by e.id limit 5000
    ) e
    cross join lateral (
      select d.ctid as row_id, d.endpoint_id from public.webhook_deliveries d
      where d.endpoint_id = e.id and d.created_at < before and d.status in ('success', 'failed')
      order by d.created_at
      limit most
      for update skip locked
    ) d
    limit most
  ),
  purged_rows as (
    delete from public.webhook_deliveries d
    where d.ctid = any (array(select o.row_id from old o))
    returning d.id
  )
  select (select count(*) from purged_rows),
    -- The last endpoint may have more: the next step begins with it.
    (select o.endpoint_id from old o order by o.endpoint_id desc limit 1)
  into purged, last;
  if purged = most then
    upto := (
      select e.id from public.webhook_endpoints e where e.id < last order by e.id desc limit 1);
    upto := greatest(upto, start);
  end if;
  insert into webhooks.progress as p (task, after_id) values ('purge_deliveries', upto)
  on conflict (task) do update set after_id = excluded.after_id;
  return purged;
end
$$;

-- Deletes up to `most` deliveries of endpoints that are gone, and then what else there is of them.
-- An endpoint counts as purged an hour after it was deleted: until then a fan-out that did not see
-- the deletion may add deliveries. Answers how many deliveries.
create or replace function webhooks.purge_deleted_endpoints(most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  -- An endpoint that was made again with its id keeps its deliveries.
  delete from webhooks.deleted_endpoints g
  where g.endpoint_id = (select e.id from public.webhook_endpoints e where e.id = g.endpoint_id);
  with gone as materialized (
    select d.row_id
    from webhooks.deleted_endpoints e
    cross join lateral (
      select d.ctid as row_id from public.webhook_deliveries d
      where d.endpoint_id = e.endpoint_id
      limit most
      for update skip locked
    ) d
    limit most
  ),
  purged_rows as (
    delete from public.webhook_deliveries d
    where d.ctid = any (array(select g.row_id from gone g))
    returning d.id
  )
  select count(*) into purged from purged_rows;
  if purged < most then
    with done as materialized (
      delete from webhooks.deleted_endpoints e
      where e.endpoint_id = any (array(
        select g.endpoint_id from webhooks.deleted_endpoints g
        where g.deleted_at < now() - interval '1 hour' and not exists (
          select from public.webhook_deliveries d where d.endpoint_id = g.endpoint_id)
        limit 100
        for update skip locked))
      returning e.endpoint_id
    ),
    counts as (
      delete from webhooks.attempt_counts a
      where a.endpoint_id = any (array(select d.endpoint_id from done d))
    ),
    totals as (
      delete from webhooks.endpoint_totals t
      where t.endpoint_id = any (array(select d.endpoint_id from done d))
    )
    delete from webhooks.endpoint_health h
    where h.endpoint_id = any (array(select d.endpoint_id from done d));
  end if;
  return purged;
end
$$;

-- Deletes up to `most` events older than `before` that no delivery and no fan-out needs. Goes through
-- them by id. Answers how many.
create or replace function webhooks.purge_events(before timestamptz, most integer)
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  start constant bigint := coalesce(
    (select p.after_id::bigint from webhooks.progress p where p.task = 'purge_events'), 0);
  looked_at integer;
  last bigint;
  purged integer;
begin
  with old as materialized (
    select e.id, e.event_id, e.user_id from (
      select e.id, e.event_id, e.user_id, e.created_at from public.webhook_events e
      where e.id > start order by e.id limit most
    ) e
    where e.created_at < before
  ),
  unneeded as materialized (
    select o.id from old o
    where not exists (
        select from public.webhook_deliveries d
        where d.event_id = o.event_id and d.event_ref = o.id)
      and not exists (
        select from webhooks.outbox b
        where b.event_ref = o.id)
  ),
  purged_rows as (
    delete from public.webhook_events e
    where e.id = any (array(
      select f.id from public.webhook_events f
      where f.id = any (array(select u.id from unneeded u)) for update skip locked))
    returning e.id
  )
  select (select count(*) from old), (select o.id from old o order by o.id desc limit 1),
    (select count(*) from purged_rows)
  into looked_at, last, purged;
  -- From the oldest again, where all that are old enough were looked at.
  insert into webhooks.progress as p (task, after_id)
  values ('purge_events', case when looked_at = most then last end)
  on conflict (task) do update set after_id = excluded.after_id;
  return purged;
end
$$;

-- Deletes up to `most` rows of counts that began before `before`. Answers how many.
create or replace function webhooks.purge_counts(before timestamptz, most integer)
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.attempt_counts a
  where a.ctid = any (array(
    select o.ctid from webhooks.attempt_counts o
    where o.seconds = 86400 and o.starts_at < before
    order by o.starts_at
    limit most
    for update skip locked));
  get diagnostics purged = row_count;
  return purged;
end
$$;

-- Deletes up to `most` refused events that are older than `before`. Answers how many.
create or replace function webhooks.purge_refused_events(before timestamptz, most integer)
returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.refused_events r
  where r.id = any (array(
    select o.id from (
      select o.id, o.refused_at from webhooks.refused_events o order by o.id limit most
    ) o
    where o.refused_at < before));
  get diagnostics purged = row_count;
  return purged;
end
$$;

-- Gives the space of the append-only tables back while they are empty: what an open snapshot keeps of
-- them is read by every claim. Waits for nothing: where another transaction uses a table, it is
-- left for the next time. Runs as its owner, who alone may truncate.
create or replace function webhooks.truncate_drained_logs() returns void
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  log regclass;
  is_empty boolean;
begin
  foreach log in array array['webhooks.due_log'::regclass, 'webhooks.tally'::regclass] loop
    continue when pg_relation_size(log) < 262144;
    begin
      execute format('lock table %s in access exclusive mode nowait', log);
      execute format('select not exists (select from %s)', log) into is_empty;
      if is_empty then
        execute format('truncate %s', log);
      end if;
    exception when lock_not_available then
      null;
    end;
  end loop;
end
$$;

revoke all on function
  webhooks.purge_deliveries(timestamptz, integer), webhooks.purge_deleted_endpoints(integer),
  webhooks.purge_events(timestamptz, integer), webhooks.purge_counts(timestamptz, integer),
  webhooks.purge_refused_events(timestamptz, integer), webhooks.truncate_drained_logs()
  from public;
grant execute on function
  webhooks.purge_deliveries(timestamptz, integer), webhooks.purge_deleted_endpoints(integer),
  webhooks.purge_events(timestamptz, integer), webhooks.purge_counts(timestamptz, integer),
  webhooks.purge_refused_events(timestamptz, integer), webhooks.truncate_drained_logs()
  to service_role;
