-- Replays: events of the log sent to an endpoint, to a new one or again. Backfills: rows of a query sent to one as events.
-- Both are carried out by the upkeep, step by step, behind at most 1,000 deliveries that the endpoint has waiting.

-- A replay as the API shows it. `log_begins_at` is the time of the owner's first event that is still there.
create or replace function webhooks.replay_object(replay webhooks.replays) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object('id', replay.id, 'endpoint_id', replay.endpoint_id, 'status', replay.status,
    'since', webhooks.utc(replay.since), 'until', webhooks.utc(replay.until),
    'event_types', replay.event_types, 'filter', replay.filter, 'only', replay.which, 'new_ids', replay.new_ids,
    'looked_at', replay.looked_at, 'replayed', replay.replayed, 'erased', replay.erased,
    'log_begins_at', (
      select webhooks.utc(e.created_at) from public.webhook_events e
      where e.user_id = replay.user_id order by e.created_at limit 1),
    'created_at', webhooks.utc(replay.created_at), 'finished_at', webhooks.utc(replay.finished_at),
    'last_error', replay.last_error)
$$;

-- Looks at up to `most` events of a replay, oldest first, and begins none after `deadline`: `refs` are events for which
-- a delivery is to be made, `ids` deliveries that are to be sent again. The rest is the replay, as far as it has come.
create or replace function webhooks.scan_replay(
  most integer, deadline timestamptz, inout replay webhooks.replays, out refs bigint[], out ids uuid[]
)
language plpgsql stable
set search_path = ''
as $$
declare
  endpoints constant uuid[] := webhooks.endpoints_of(replay.user_id);
  endpoint public.webhook_endpoints;
  event record;
  patterns text[];
  delivery record;
  count integer := 0;
begin
  refs := '{}';
  ids := '{}';
  select e.* into endpoint from public.webhook_endpoints e where e.id = replay.endpoint_id;
  for event in
    -- Each part in its index's order, so that both are merged.
    (select e.id, e.event_id, e.event_type, e.user_id, e.created_at, e.erased_at
     from public.webhook_events e
     where e.user_id = replay.user_id and e.created_at >= replay.since and e.created_at < replay.until
       and (e.created_at, e.id) > (replay.after_time, replay.after_ref)
     order by e.created_at, e.id)
    union all
    (select e.id, e.event_id, e.event_type, e.user_id, e.created_at, e.erased_at
     from public.webhook_events e
     where e.user_id is null and e.created_at >= replay.since and e.created_at < replay.until
       and (e.created_at, e.id) > (replay.after_time, replay.after_ref)
     order by e.created_at, e.id)
    order by created_at, id
    limit most
  loop
    exit when count > 0 and clock_timestamp() > deadline;
    count := count + 1;
    replay.looked_at := replay.looked_at + 1;
    replay.after_time := event.created_at;
    replay.after_ref := event.id;
    patterns := webhooks.event_patterns(event.event_type);
    continue when not patterns && endpoint.events or not patterns && coalesce(replay.event_types, patterns)
      or event.user_id is null and not webhooks.has_reached(event.event_id, event.id, endpoints);
    select d.id, d.status into delivery from public.webhook_deliveries d
    where d.event_id = event.event_id and d.endpoint_id = replay.endpoint_id;
    continue when case
      when delivery.id is null then replay.which = 'failed'
      else delivery.status not in ('success', 'failed') and not replay.new_ids
        or replay.which = 'missing' or replay.which = 'failed' and delivery.status <> 'failed'
    end;
    if event.erased_at is not null then
      replay.erased := replay.erased + 1;
      continue;
    end if;
    continue when not webhooks.passes(endpoint.filter, event.id, endpoint.metadata)
      or not webhooks.passes(replay.filter, event.id, endpoint.metadata);
    replay.replayed := replay.replayed + 1;
    if delivery.id is null or replay.new_ids then
      refs := refs || event.id;
    else
      ids := ids || delivery.id;
    end if;
  end loop;
  if count < most and (count = 0 or clock_timestamp() <= deadline) then
    replay.status := 'done';
  end if;
end
$$;

-- Whether a stored event passes a filter. Null lets all pass.
create or replace function webhooks.passes(filter text, event_ref bigint, metadata jsonb) returns boolean
language sql stable
set search_path = ''
as $$
  select filter is null or coalesce((
    select webhooks.filter_result(filter, e.payload::jsonb, metadata)
    from public.webhook_events e where e.id = event_ref), false)
$$;

-- Has events replayed to one of the caller's endpoints, those of the log from `since` on, until before `until` (now), that it
-- is subscribed to and that its filter lets through; of these, only those of `event_types` (as endpoints subscribe to
-- them) and `filter`, if they are there. `which`: events that the endpoint has no delivery of (missing), those whose
-- delivery failed (failed), or both and those that succeeded (all). With `new_ids` each is a new event, so that receivers
-- that drop repeats take it. With `dry_run` nothing is sent, and what is answered counts up to 10,000 events, as
-- far as a second goes. Raises 409 where a replay to the endpoint is under way. Runs as its owner.
create or replace function public.replay_webhook_events(
  endpoint_id uuid, since text, until text default null, event_types text[] default null,
  filter text default null, which text default 'missing', new_ids boolean default false,
  dry_run boolean default false
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
as $$
#variable_conflict use_column
declare
  endpoint constant jsonb := webhooks.require_endpoint(endpoint_id, 'write');
  replay webhooks.replays;
  scan record;
begin
  perform webhooks.require_active(endpoint);
  replay.endpoint_id := replay_webhook_events.endpoint_id;
  replay.user_id := webhooks.caller('write');
  replay.since := webhooks.parse_time('since', replay_webhook_events.since);
  replay.until := least(coalesce(webhooks.parse_time('until', replay_webhook_events.until), now()), now());
  replay.event_types := replay_webhook_events.event_types;
  replay.filter := replay_webhook_events.filter;
  replay.which := replay_webhook_events.which;
  replay.new_ids := coalesce(replay_webhook_events.new_ids, false);
  if replay.since is null then
    perform webhooks.refuse_field('since', 'is required');
  end if;
  if (replay.which in ('missing', 'failed', 'all')) is not true then
    perform webhooks.refuse_field('only', 'must be missing, failed or all');
  end if;
  if cardinality(replay.event_types) not between 1 and 100 then
    perform webhooks.refuse_field('event_types', 'must have 1 to 100 entries');
  end if;
  if replay.filter is not null then
    perform webhooks.check_filter(replay.filter, endpoint -> 'metadata');
  end if;
  replay.after_time := '-infinity';
  replay.after_ref := 0;
  replay.looked_at := 0;
  replay.replayed := 0;
  replay.erased := 0;
  replay.status := 'running';
  if dry_run then
    scan := webhooks.scan_replay(10000, clock_timestamp() + interval '1 second', replay);
    return webhooks.replay_object(scan.replay);
  end if;
  insert into webhooks.replays as r (endpoint_id, user_id, since, until, event_types, filter, which, new_ids)
  values (replay.endpoint_id, replay.user_id, replay.since, replay.until, replay.event_types, replay.filter,
    replay.which, replay.new_ids)
  on conflict do nothing
  returning r.* into replay;
  if not found then
    raise sqlstate 'PT409' using message = 'A replay to the endpoint is under way', hint = 'replay_running';
  end if;
  -- The first step at once: a small replay is done with this call.
  perform webhooks.step_replay(replay);
  select r.* into replay from webhooks.replays r where r.id = replay.id;
  return webhooks.replay_object(replay);
end
$$;

-- Carries out a step of a replay: up to 500 events, in 300 ms.
create or replace function webhooks.step_replay(replay webhooks.replays) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  scan constant record := webhooks.scan_replay(500, clock_timestamp() + interval '300 milliseconds', replay);
  after constant webhooks.replays := scan.replay;
begin
  perform webhooks.deliver_to(replay.endpoint_id, case when replay.new_ids
    then webhooks.copy_events(scan.refs, replay.user_id) else scan.refs end, true);
  perform webhooks.make_due(scan.ids, array[replay.endpoint_id], true);
  update webhooks.replays r set status = after.status, after_time = after.after_time,
    after_ref = after.after_ref, looked_at = after.looked_at, replayed = after.replayed, erased = after.erased,
    stepped_at = clock_timestamp(), finished_at = case when after.status = 'done' then now() end
  where r.id = replay.id;
end
$$;

-- Stores copies of events under ids of their own, for this owner, and answers the copies' rows in their order.
create or replace function webhooks.copy_events(refs bigint[], owner uuid) returns bigint[]
language plpgsql volatile
set search_path = ''
as $$
declare
  copies bigint[] := '{}';
  event public.webhook_events;
  id text;
begin
  for event in
    select e.* from unnest(refs) with ordinality as r (ref, nth)
    join public.webhook_events e on e.id = r.ref order by r.nth
  loop
    id := 'replay_' || gen_random_uuid();
    copies := copies || (webhooks.store_event(row(id, event.event_type, owner, event.max_attempts, null,
      event.expires_at, jsonb_set(event.payload::jsonb, '{id}', to_jsonb(id))::text, null))).ref;
  end loop;
  return copies;
end
$$;

-- Makes deliveries of events to an endpoint, which are due now.
create or replace function webhooks.deliver_to(endpoint_id uuid, refs bigint[], is_replay boolean) returns void
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_column
begin
  with made as (
    insert into public.webhook_deliveries as d
      (endpoint_id, event_type, event_id, event_ref, max_attempts, is_replay, order_key, next_retry_at)
    select f.endpoint_id, f.event_type, f.event_id, f.id, f.max_attempts, deliver_to.is_replay, f.order_key,
      -- The first of an order leaves, unless another has not ended.
      case when f.order_key is null then now()
        when row_number() over (partition by f.order_key order by f.id) > 1 then 'infinity'
        else webhooks.ordered_due_at(f.endpoint_id, f.user_id, f.order_key, f.id, now()) end
    from (
      select o.id as endpoint_id, o.user_id, e.event_type, e.event_id, e.id,
        coalesce(e.max_attempts, o.max_attempts, 5) as max_attempts,
        case when o.ordering is not null then webhooks.order_key(o.ordering, e.payload::jsonb) end as order_key
      from unnest(refs) as r (ref)
      cross join lateral (
        select e.id, e.event_type, e.event_id, e.max_attempts, e.payload from public.webhook_events e
        where e.id = r.ref and e.erased_at is null limit 1
      ) e
      cross join lateral (
        select o.id, o.user_id, o.max_attempts, o.ordering from public.webhook_endpoints o
        where o.id = deliver_to.endpoint_id limit 1
      ) o
    ) f
    order by f.id
    on conflict (event_id, endpoint_id) do nothing
    returning d.id
  ),
  tallied as (
    insert into webhooks.tally (endpoint_id, deliveries)
    select deliver_to.endpoint_id, count(*) from made having count(*) > 0
  )
  insert into webhooks.due_log (endpoint_id, due_at)
  select deliver_to.endpoint_id, now() from made having count(*) > 0;
end
$$;

-- A replay of the caller's, or a 404. Backfills are none.
create or replace function webhooks.require_replay(replay_id uuid, scope text) returns webhooks.replays
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller(scope);
  replay webhooks.replays;
begin
  select r.* into replay from webhooks.replays r
  where r.id = replay_id and r.user_id = caller and r.query is null;
  if not found then
    raise sqlstate 'PT404' using message = 'Replay not found', hint = 'not_found';
  end if;
  return replay;
end
$$;

-- One replay. This and the next two run as their owner: users touch no table of them.
create or replace function public.get_webhook_replay(replay_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  return webhooks.replay_object(webhooks.require_replay(replay_id, 'read'));
end
$$;

-- The caller's 100 newest replays.
create or replace function public.list_webhook_replays() returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('read');
begin
  return coalesce((
    select jsonb_agg(webhooks.replay_object(l.replay) order by l.created_at desc)
    from (
      select r as replay, r.created_at from webhooks.replays r
      where r.user_id = caller and r.query is null order by r.created_at desc limit 100
    ) l), '[]');
end
$$;

-- Ends a replay that is under way. What is due already is sent.
create or replace function public.cancel_webhook_replay(replay_id uuid) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  replay constant webhooks.replays := webhooks.require_replay(replay_id, 'write');
begin
  update webhooks.replays r set status = 'cancelled', finished_at = now()
  where r.id = replay.id and r.status = 'running';
  return webhooks.replay_object(webhooks.require_replay(replay_id, 'write'));
end
$$;

-- Sends the rows of a query to one endpoint as events, in steps: the answer is the backfill's id. For the operator.
--
-- `query` is a select with a column `id`, unique and not null, by which the rows are read in order; a row is the event's
-- `data`. It runs with the rights of the service role, in each step anew, for rows with a higher id. An event's id is made
-- of the backfill's and the row's, so that none is sent twice.
create or replace function public.webhook_backfill(endpoint_id uuid, query text, event_type text)
returns uuid
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_variable
declare
  owner uuid;
  key_type text;
  made uuid;
  refusal jsonb;
begin
  select e.user_id into owner from public.webhook_endpoints e where e.id = endpoint_id and e.is_active;
  if not found then
    raise invalid_parameter_value using message = 'there is no active endpoint of this id';
  end if;
  refusal := webhooks.event_refusal('backfill', event_type, '{}', null, 0);
  if refusal is not null then
    raise invalid_parameter_value using message = refusal ->> 'error';
  end if;
  begin
    execute format('select pg_typeof(q.id)::text from (select null as n) n left join lateral (%s) q on false', query)
      into key_type;
  exception when syntax_error_or_access_rule_violation then
    raise invalid_parameter_value using
      message = 'query must be a select with a column id: ' || sqlerrm;
  end;
  insert into webhooks.replays as r (endpoint_id, user_id, query, event_type, key_type)
  values (endpoint_id, owner, query, event_type, key_type)
  on conflict do nothing
  returning r.id into made;
  if made is null then
    raise unique_violation using message = 'a replay or backfill to the endpoint is under way';
  end if;
  return made;
end
$$;

-- Carries out a step of a backfill: up to 500 rows.
create or replace function webhooks.step_backfill(backfill webhooks.replays) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  item record;
  event webhooks.new_event;
  count integer := 0;
  last_key text := backfill.after_key;
  refused integer := 0;
  refs bigint[] := '{}';
begin
  for item in execute format(
    'select q.id::text as key, to_jsonb(q) as data from (%s) q where $1 is null or q.id > $1::%s order by q.id limit 500',
    backfill.query, backfill.key_type) using backfill.after_key
  loop
    exit when count > 0 and clock_timestamp() > now() + interval '800 milliseconds';
    count := count + 1;
    last_key := item.key;
    event := row('backfill_' || backfill.id || '_' || item.key, backfill.event_type, backfill.user_id, null, null,
      null, null, webhooks.number_refusal(item.data));
    if event.refusal is null then
      event := webhooks.with_payload(event, item.data);
    end if;
    if event.refusal is null then
      refs := refs || (webhooks.store_event(event)).ref;
    else
      refused := refused + 1;
      insert into webhooks.refused_events (event_id, event_type, user_id, code, error)
      values (left(event.event_id, 255), event.event_type, event.user_id, event.refusal ->> 'code',
        event.refusal ->> 'error');
    end if;
  end loop;
  perform webhooks.deliver_to(backfill.endpoint_id, refs, false);
  update webhooks.replays r set after_key = last_key, looked_at = r.looked_at + count,
    replayed = r.replayed + count - refused, stepped_at = clock_timestamp(),
    status = case when count = 0 then 'done' else 'running' end,
    finished_at = case when count = 0 then now() end
  where r.id = backfill.id;
end
$$;

-- The backfills, newest first: what they send, how far they are. For the operator.
create or replace function public.list_webhook_backfills() returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'endpoint_id', r.endpoint_id, 'query', r.query,
    'event_type', r.event_type, 'status', r.status, 'looked_at', r.looked_at, 'sent', r.replayed,
    'after_id', r.after_key, 'last_error', r.last_error, 'created_at', webhooks.utc(r.created_at),
    'finished_at', webhooks.utc(r.finished_at)) order by r.created_at desc), '[]')
  from webhooks.replays r
  where r.query is not null
$$;

-- Ends a backfill, or lets one that failed or was ended go on where it was. Answers whether it changed anything.
create or replace function public.webhook_backfill_set(backfill_id uuid, is_running boolean) returns boolean
language plpgsql volatile
set search_path = ''
as $$
begin
  update webhooks.replays r set
    status = case when is_running then 'running' else 'cancelled' end,
    finished_at = case when not is_running then now() end,
    last_error = null
  where r.id = backfill_id and r.query is not null
    and case when is_running then r.status in ('cancelled', 'failed') else r.status = 'running' end;
  return found;
end
$$;

-- Carries out steps of replays and backfills whose endpoint has fewer than 1,000 deliveries waiting, up to ten. One that fails
-- ends. Answers whether there is more to do.
create or replace function webhooks.run_replays() returns boolean
language plpgsql volatile
set search_path = ''
as $$
declare
  replay webhooks.replays;
  is_more boolean := false;
  is_active boolean;
begin
  for replay in
    select r.* from webhooks.replays r where r.status = 'running' and r.stepped_at <= now()
    order by r.stepped_at limit 10 for update skip locked
  loop
    exit when clock_timestamp() > now() + interval '1 second';
    select e.is_active into is_active from public.webhook_endpoints e where e.id = replay.endpoint_id;
    if is_active is not true then
      update webhooks.replays r set status = 'failed', finished_at = now(),
        last_error = case when is_active is null then 'The endpoint was deleted' else 'Endpoint was disabled' end
      where r.id = replay.id;
      continue;
    end if;
    if webhooks.is_waiting(replay.endpoint_id, 1000) then
      update webhooks.replays r set stepped_at = clock_timestamp() where r.id = replay.id;
      continue;
    end if;
    begin
      if replay.query is null then
        perform webhooks.step_replay(replay);
      else
        perform webhooks.step_backfill(replay);
      end if;
      is_more := true;
    exception when others or query_canceled then
      update webhooks.replays r set status = 'failed', finished_at = now(), last_error = sqlerrm
      where r.id = replay.id;
    end;
  end loop;
  return is_more;
end
$$;

-- Whether an endpoint has at least `most` deliveries waiting.
create or replace function webhooks.is_waiting(endpoint_id uuid, most integer) returns boolean
language sql stable
set search_path = ''
as $$
  select most <= (
    select count(*) from (
      select from public.webhook_deliveries d
      where d.endpoint_id = is_waiting.endpoint_id and d.status in ('pending', 'retrying')
        and (d.next_retry_at <= now() or d.next_retry_at = 'infinity')
      limit most) d)
$$;

-- Deletes up to `most` replays that ended before `before`. Answers how many.
create or replace function webhooks.purge_replays(before timestamptz, most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.replays r
  where r.id = any (array(
    select o.id from webhooks.replays o where o.finished_at < before
    order by o.finished_at limit most for update skip locked));
  get diagnostics purged = row_count;
  return purged;
end
$$;

revoke all on function
  webhooks.replay_object(webhooks.replays),
  webhooks.scan_replay(integer, timestamptz, webhooks.replays), webhooks.passes(text, bigint, jsonb),
  webhooks.step_replay(webhooks.replays), webhooks.copy_events(bigint[], uuid),
  webhooks.deliver_to(uuid, bigint[], boolean), webhooks.require_replay(uuid, text),
  webhooks.step_backfill(webhooks.replays), webhooks.run_replays(), webhooks.is_waiting(uuid, integer),
  webhooks.purge_replays(timestamptz, integer)
  from public;
revoke all on function
  public.replay_webhook_events(uuid, text, text, text[], text, text, boolean, boolean),
  public.get_webhook_replay(uuid), public.list_webhook_replays(), public.cancel_webhook_replay(uuid)
  from public, service_role;
revoke all on function
  public.webhook_backfill(uuid, text, text), public.list_webhook_backfills(),
  public.webhook_backfill_set(uuid, boolean)
  from public, anon, authenticated;
grant execute on function
  webhooks.scan_replay(integer, timestamptz, webhooks.replays), webhooks.passes(text, bigint, jsonb),
  webhooks.step_replay(webhooks.replays), webhooks.copy_events(bigint[], uuid),
  webhooks.deliver_to(uuid, bigint[], boolean),
  webhooks.step_backfill(webhooks.replays), webhooks.run_replays(), webhooks.is_waiting(uuid, integer),
  webhooks.purge_replays(timestamptz, integer),
  public.webhook_backfill(uuid, text, text), public.list_webhook_backfills(),
  public.webhook_backfill_set(uuid, boolean)
  to service_role;
grant execute on function
  public.replay_webhook_events(uuid, text, text, text[], text, text, boolean, boolean),
  public.get_webhook_replay(uuid), public.list_webhook_replays(), public.cancel_webhook_replay(uuid)
  to anon, authenticated;
