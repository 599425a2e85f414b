-- Ordered delivery, for endpoints that ask for it: of an endpoint's events, or of those with the same key, the next leaves only
-- when the one before has succeeded or ended. The order is that of the events' ids: events that are emitted side by
-- side have none.
--
-- A delivery that waits for others is not due: its next_retry_at is infinity, or some time later if it is the next. When the one
-- before ends, it becomes due. Nothing waits for a lock here: what is missed that way looks again by itself, or is found
-- by release_ordered(), every minute.

-- Why this may not be an endpoint's ordering, or null.
create or replace function webhooks.ordering_problem(ordering jsonb) returns text
language plpgsql stable
set search_path = ''
as $$
begin
  if ordering is null or ordering = '"endpoint"' then
    return null;
  end if;
  if jsonb_typeof(ordering) <> 'object' or ordering - 'key' <> '{}'
    or jsonb_typeof(ordering -> 'key') is distinct from 'string'
    or (ordering ->> 'key') !~ '^\$(\.[A-Za-z_][A-Za-z0-9_]*){1,10}$' or char_length(ordering ->> 'key') > 200
  then
    return 'must be none, endpoint, or {"key": path} with a path such as $.data.id';
  end if;
  return null;
end
$$;

-- What an event is ordered by at an endpoint: null where it is not, and where it lacks the key.
create or replace function webhooks.order_key(ordering jsonb, event jsonb) returns text
language sql immutable
return case
  when ordering = '"endpoint"' then ''
  when ordering is not null then
    md5(jsonb_path_query_first(event, ('strict ' || (ordering ->> 'key'))::jsonpath, '{}', true)::text)
end;

-- Whether a delivery of this order would have to wait for another that has not ended.
create or replace function webhooks.is_behind_another(endpoint_id uuid, order_key text, event_ref bigint)
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select from public.webhook_deliveries d
    where d.endpoint_id = is_behind_another.endpoint_id and d.order_key = is_behind_another.order_key
      and d.status in ('pending', 'retrying') and d.event_ref < is_behind_another.event_ref)
$$;

-- Whether an earlier event that this endpoint may want has not been fanned out.
create or replace function webhooks.is_behind_fan_out(owner uuid, event_ref bigint) returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select from unnest(webhooks.live_generations('webhooks.outbox_generation')) as g (generation)
    cross join unnest(array[owner, webhooks.no_owner()]) as w (owner)
    cross join lateral (
      select from webhooks.outbox o
      where o.generation = g.generation and o.owner = w.owner and o.set_aside_at is null
        and o.event_ref < is_behind_fan_out.event_ref
      limit 1
    ) o)
$$;

-- When a new delivery is due that is ordered: at `due_at`, or never while two before it have not ended. The one behind a single
-- other looks again in a second, because what ends that one may not see it yet, and so does one where another fan-out
-- to the endpoint is under way or an earlier event has not been fanned out.
create or replace function webhooks.ordered_due_at(
  endpoint_id uuid, owner uuid, order_key text, event_ref bigint, due_at timestamptz
) returns timestamptz
language plpgsql volatile
set search_path = ''
as $$
declare
  others integer;
begin
  select count(*) into others from (
    select from public.webhook_deliveries d
    where d.endpoint_id = ordered_due_at.endpoint_id and d.order_key = ordered_due_at.order_key
      and d.status in ('pending', 'retrying') and d.event_ref < ordered_due_at.event_ref
    limit 2
  ) o;
  return case
    when others > 1 then 'infinity'
    when others > 0 or not pg_try_advisory_xact_lock(hashtextextended('webhooks.order ' || endpoint_id, 0))
      or webhooks.is_behind_fan_out(owner, event_ref)
      then greatest(due_at, now() + interval '1 second')
    else due_at
  end;
end
$$;

-- Leaves out what has to wait for another of its order, of the deliveries that a claim picked. A delivery that waits looks
-- again later and later, by half of its age and within a minute: the end of the one before may not see that it waits. Nor
-- may that see which is next: so each delivery that waits makes the first of its order due.
create or replace function webhooks.keep_order(picked webhooks.picked[]) returns webhooks.picked[]
language plpgsql volatile
set search_path = ''
as $$
declare
  item record;
  kept webhooks.picked[] := '{}';
begin
  for item in
    select p as picked, p.is_ordered, d.id, d.endpoint_id, d.order_key, d.event_ref, d.created_at, e.user_id
    from unnest(picked) as p
    left join lateral (
      select d.id, d.endpoint_id, d.order_key, d.event_ref, d.created_at from public.webhook_deliveries d
      where p.is_ordered and d.id = p.delivery_id limit 1
    ) d on true
    left join lateral (
      select e.user_id from public.webhook_endpoints e where p.is_ordered and e.id = p.endpoint_id limit 1
    ) e on true
    order by p.place
  loop
    if item.is_ordered
      and (webhooks.is_behind_another(item.endpoint_id, item.order_key, item.event_ref)
        or webhooks.is_behind_fan_out(item.user_id, item.event_ref))
    then
      -- The trigger on the table notes when it is due.
      update public.webhook_deliveries d
      set next_retry_at = now() + least(greatest((now() - item.created_at) / 2, interval '1 second'), interval '1 minute')
      where d.id = item.id;
      perform webhooks.release_next(item.endpoint_id, item.order_key);
    else
      kept := kept || item.picked;
    end if;
  end loop;
  return kept;
end
$$;

-- Has the next delivery of an order leave, where it was never attempted and waits. One that is locked is being claimed, and
-- looks again by itself.
create or replace function webhooks.release_next(endpoint_id uuid, order_key text) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  update public.webhook_deliveries d set next_retry_at = n.due_at
  from (
    select f.row_id, f.next_retry_at, f.attempts, greatest(now(), e.deliver_at) as due_at
    from (
      select x.ctid as row_id, x.next_retry_at, x.attempts, x.event_ref from public.webhook_deliveries x
      where x.endpoint_id = release_next.endpoint_id and x.order_key = release_next.order_key
        and x.status in ('pending', 'retrying')
      order by x.event_ref
      limit 1
      for no key update skip locked
    ) f
    left join lateral (
      select e.deliver_at from public.webhook_events e where e.id = f.event_ref limit 1
    ) e on true
  ) n
  where d.ctid = n.row_id and n.attempts = 0 and n.next_retry_at > n.due_at;
end
$$;

-- Goes through up to `most` orders that have deliveries: the first of each leaves if it waits for nothing, and is passed over
-- if it is older than ORDER_MAX_AGE_HOURS (24): it goes on being attempted, and the next leaves. webhooks.progress
-- says where the next step goes on. Answers how many orders it looked at.
create or replace function webhooks.release_ordered(most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  -- endpoint_id and order_key, joined by a space.
  start constant text := (select p.after_id from webhooks.progress p where p.task = 'release_ordered');
  after_endpoint uuid := coalesce(split_part(start, ' ', 1), '00000000-0000-0000-0000-000000000000')::uuid;
  after_key text := coalesce(split_part(start, ' ', 2), '');
  oldest constant timestamptz := now() - make_interval(hours => webhooks.setting('ORDER_MAX_AGE_HOURS', 24));
  first record;
  looked_at integer := 0;
begin
  loop
    select d.id, d.endpoint_id, d.order_key, d.created_at into first
    from public.webhook_deliveries d
    where d.order_key is not null and d.status in ('pending', 'retrying')
      and (d.endpoint_id, d.order_key) > (after_endpoint, after_key)
    order by d.endpoint_id, d.order_key, d.event_ref
    limit 1;
    exit when not found or looked_at = most;
    looked_at := looked_at + 1;
    if first.created_at < oldest then
      update public.webhook_deliveries d set order_key = null, passed_over_at = now()
      where d.id = first.id and exists (
        select from public.webhook_deliveries n
        where n.endpoint_id = first.endpoint_id and n.order_key = first.order_key
          and n.status in ('pending', 'retrying') and n.id <> first.id);
    end if;
    perform webhooks.release_next(first.endpoint_id, first.order_key);
    after_endpoint := first.endpoint_id;
    after_key := first.order_key;
  end loop;
  insert into webhooks.progress as p (task, after_id)
  values ('release_ordered', case when looked_at = most then after_endpoint || ' ' || after_key end)
  on conflict (task) do update set after_id = excluded.after_id;
  return looked_at;
end
$$;

revoke all on function
  webhooks.ordering_problem(jsonb), webhooks.order_key(jsonb, jsonb),
  webhooks.is_behind_another(uuid, text, bigint), webhooks.is_behind_fan_out(uuid, bigint),
  webhooks.ordered_due_at(uuid, uuid, text, bigint, timestamptz), webhooks.keep_order(webhooks.picked[]),
  webhooks.release_next(uuid, text), webhooks.release_ordered(integer)
  from public;
grant execute on function
  webhooks.order_key(jsonb, jsonb),
  webhooks.is_behind_another(uuid, text, bigint), webhooks.is_behind_fan_out(uuid, bigint),
  webhooks.ordered_due_at(uuid, uuid, text, bigint, timestamptz), webhooks.keep_order(webhooks.picked[]),
  webhooks.release_next(uuid, text), webhooks.release_ordered(integer)
  to service_role;
-- The trigger of an endpoint runs it as the role that writes.
grant execute on function webhooks.ordering_problem(jsonb) to anon, authenticated, service_role;
-- Owners see what waits.
grant execute on function webhooks.is_behind_another(uuid, text, bigint) to anon, authenticated;
