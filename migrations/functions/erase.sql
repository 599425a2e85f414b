-- Erasing: what events say, and what receivers answered to them, is deleted; rows, times and counts stay. An attempt that
-- is under way is the delivery's last.

-- Who is asking, for the trace.
create or replace function webhooks.actor() returns text
language plpgsql stable security definer
set search_path = ''
as $$
declare
  claims constant json := nullif(current_setting('request.jwt.claims', true), '')::json;
begin
  return case
    when (webhooks.identify()).by_token then 'user ' || coalesce(claims ->> 'sub', 'unknown')
    else coalesce(
      (select 'api key ' || k.id from public.webhook_api_keys k where k.key_hash = webhooks.key_hash()),
      'role ' || coalesce(claims ->> 'role', current_setting('role')))
  end;
end
$$;

-- The events to be erased: {ids, next_cursor}. Of `owner`, or, where that is null, of all owners and those for all. By
-- their ids, or by what their data contains, newest first: then a call looks at 10,000 events at most, begins no other
-- after a second, and finds up to 1,000.
create or replace function webhooks.find_erasable(
  owner uuid, event_ids text[], contains jsonb, cursor text, out ids bigint[], out next_cursor text
)
language plpgsql stable
set search_path = ''
as $$
declare
  most constant integer := 1000;
  events refcursor;
  event record;
  -- Where the call before ended.
  last constant record := webhooks.parse_event_cursor(cursor);
  looked_at integer := 0;
begin
  if event_ids is not null then
    ids := array(
      select e.id from unnest(event_ids) as i (event_id)
      cross join lateral (
        -- By each id: a join may be planned as a look at all events.
        select v.id, v.user_id from public.webhook_events v
        where v.event_id = i.event_id and v.erased_at is null offset 0
      ) e
      where owner is null or e.user_id = owner
      order by e.id);
    return;
  end if;
  ids := '{}';
  if owner is not null then
    open events for
      select e.id, e.created_at from public.webhook_events e
      where e.user_id = owner and (e.created_at, e.id) < (last.last_time, last.last_id)
      order by e.created_at desc, e.id desc;
  else
    open events for
      select e.id, e.created_at from public.webhook_events e where e.id < last.last_id order by e.id desc;
  end if;
  loop
    fetch events into event;
    exit when not found;
    if cardinality(ids) = most or looked_at = 10000
      or looked_at > 0 and clock_timestamp() > now() + interval '1 second'
    then
      return;
    end if;
    looked_at := looked_at + 1;
    next_cursor := webhooks.event_cursor(event.created_at, event.id);
    if (select e.erased_at is null from public.webhook_events e where e.id = event.id)
      and webhooks.is_in_payload(event.id, null, contains)
    then
      ids := array_append(ids, event.id);
    end if;
  end loop;
  next_cursor := null;
end
$$;

-- Erases events: their payloads at once, and what is said of up to 5,000 deliveries. Upkeep goes on with the rest.
create or replace function webhooks.erase(ids bigint[], owner uuid, actor text) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  erased integer;
begin
  -- In one order, as all that lock events.
  perform from public.webhook_events e where e.id = any (ids) order by e.id for no key update;
  with event as (
    update public.webhook_events e set
      erased_at = now(),
      payload = (jsonb_build_object('id', e.event_id, 'type', e.event_type,
        'created', e.payload::jsonb -> 'created', 'data', '{}'::jsonb, 'livemode', true, 'erased', true))::text
    where e.id = any (ids) and e.erased_at is null
    returning e.id
  ),
  unsent as (
    delete from webhooks.outbox o where o.event_ref = any (ids)
  ),
  noted as (
    insert into webhooks.erased_events (event_ref) select e.id from event e on conflict do nothing
  )
  select count(*) into erased from event e;
  if erased > 0 then
    insert into webhooks.erasures (user_id, actor, events) values (owner, erase.actor, erased);
    perform webhooks.erase_answers(5000);
  end if;
  return erased;
end
$$;

-- Erases the payloads and answers of deliveries that other programs wrote, which have no event, by their event ids: of
-- an owner's endpoints, or of all. Answers how many.
create or replace function webhooks.erase_foreign(owner uuid, event_ids text[]) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  ids uuid[];
begin
  ids := array(
    select d.id from unnest(event_ids) as i (event_id)
    cross join lateral (
      select d.id, d.endpoint_id from public.webhook_deliveries d
      where d.event_id = i.event_id and d.event_ref is null and not d.is_erased offset 0
    ) d
    where owner is null
      or (select e.user_id from public.webhook_endpoints e where e.id = d.endpoint_id limit 1) = owner
    order by d.id);
  perform from public.webhook_deliveries d where d.id = any (ids) order by d.id for no key update;
  update public.webhook_deliveries d set
    is_erased = true,
    payload = '{}',
    response_body = null,
    status = case when d.status in ('pending', 'retrying') and d.leased_until is null then 'failed' else d.status end,
    last_error = case when d.status in ('pending', 'retrying') and d.leased_until is null
      then 'The event was erased' else d.last_error end,
    next_retry_at = case when d.leased_until is not null then d.next_retry_at end
  where d.id = any (ids);
  update public.webhook_delivery_attempts a set response_body = null
  where a.delivery_id = any (ids) and a.response_body is not null;
  return cardinality(ids);
end
$$;

-- Deletes what is said of up to `most` deliveries of erased events, and ends those that wait. Answers how many. One that is
-- being recorded just now is left for the next time.
create or replace function webhooks.erase_answers(most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  ids uuid[];
begin
  with found as materialized (
    select d.id
    from webhooks.erased_events x
    cross join lateral (
      select e.id, e.event_id from public.webhook_events e where e.id = x.event_ref limit 1
    ) e
    cross join lateral (
      select d.id from public.webhook_deliveries d
      where d.event_id = e.event_id and d.event_ref = e.id and not d.is_erased
      limit most
      for no key update skip locked
    ) d
    limit most
  ),
  erased as (
    update public.webhook_deliveries d set
      is_erased = true,
      response_body = null,
      status = case when w.waits then 'failed' else d.status end,
      last_error = case when w.waits then 'The event was erased' else d.last_error end,
      next_retry_at = case when not w.waits then d.next_retry_at end
    from (
      select d.ctid as row_id, d.status in ('pending', 'retrying') and d.leased_until is null as waits
      from found f
      cross join lateral (
        select d.ctid, d.status, d.leased_until from public.webhook_deliveries d where d.id = f.id limit 1
      ) d
    ) w
    where d.ctid = w.row_id
    returning d.id
  )
  select array_agg(e.id) into ids from erased e;
  update public.webhook_delivery_attempts a set response_body = null
  where a.delivery_id = any (ids) and a.response_body is not null;
  if cardinality(ids) is distinct from most then
    -- Looked up one by one, as above.
    delete from webhooks.erased_events x
    where (
      select d.id from public.webhook_events e
      cross join lateral (
        select d.id from public.webhook_deliveries d
        where d.event_id = e.event_id and d.event_ref = e.id and not d.is_erased limit 1
      ) d
      where e.id = x.event_ref
    ) is null;
  end if;
  return coalesce(cardinality(ids), 0);
end
$$;

-- Erases for an owner, or for the operator (null); `actor` is who asks, for the trace. See webhooks.find_erasable() and the two
-- functions below.
create or replace function webhooks.erase_found(
  owner uuid, event_ids text[], contains text, dry_run boolean, cursor text, actor text
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  part constant jsonb := webhooks.parse_json('contains', contains);
  result record;
  erased integer := 0;
begin
  if (event_ids is null) = (part is null) then
    perform webhooks.refuse_field('event_ids', 'or contains must be there, and not both');
  end if;
  if cardinality(event_ids) not between 1 and 1000 then
    perform webhooks.refuse_field('event_ids', 'must be a list of 1 to 1000 ids');
  end if;
  if jsonb_typeof(part) <> 'object' or part = '{}' then
    perform webhooks.refuse_field('contains', 'must be a JSON object that is not empty');
  end if;
  result := webhooks.find_erasable(owner, event_ids, part, cursor);
  if not dry_run then
    erased := webhooks.erase(result.ids, owner, actor);
    perform webhooks.erase_foreign(owner, event_ids);
  end if;
  return jsonb_build_object(
    'matched', cardinality(result.ids), 'erased', erased, 'next_cursor', result.next_cursor);
end
$$;

-- Erases events that are addressed to the caller, by their ids (deliveries of other programs, too) or by what `data` contains,
-- a JSON object as text: {matched,
-- erased, next_cursor}. With a cursor there may be more: call again with it. With `dry_run` they are only counted.
-- Runs as its owner: users may not write the tables.
create or replace function public.erase_webhook_events(
  event_ids text[] default null, contains text default null, dry_run boolean default false, cursor text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
  caller constant uuid := webhooks.require_caller('write');
begin
  return webhooks.erase_found(caller, event_ids, contains, dry_run, cursor, webhooks.actor());
end
$$;

-- The same for the operator, of one owner, or of all, events for all owners included. `call`: a JSON object as text with
-- user_id, event_ids, contains, dry_run and cursor, each of which may be left out or null. `session_hash` as for
-- webhooks.require_operator().
create or replace function public.erase_webhook_events_of(call text, session_hash text default null) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'write');
  parsed constant jsonb := webhooks.read_fields(call,
    '{"user_id": "uuid", "event_ids": "texts", "contains": "object", "dry_run": "boolean", "cursor": "text"}');
  is_dry_run constant boolean := coalesce((parsed ->> 'dry_run')::boolean, false);
  answer jsonb;
begin
  if exists (
    select from jsonb_array_elements_text(parsed -> 'event_ids') as i (id) where i.id !~ '^[\x21-\x7e]{1,255}$')
  then
    perform webhooks.refuse_field('event_ids', 'must be a list of 1 to 255 visible ASCII characters each');
  end if;
  answer := webhooks.erase_found((parsed ->> 'user_id')::uuid,
    case when parsed ? 'event_ids' then array(select jsonb_array_elements_text(parsed -> 'event_ids')) end,
    (parsed -> 'contains')::text, is_dry_run, parsed ->> 'cursor',
    case when session_hash is null then webhooks.actor() else 'operator ' || operator end);
  if not is_dry_run then
    -- Not what the data contained: it is erased.
    perform webhooks.note_action(operator, 'erase_events', (parsed ->> 'user_id')::uuid,
      jsonb_build_object('erased', answer -> 'erased', 'event_ids',
        case when parsed ? 'event_ids' then jsonb_path_query_array(parsed, '$.event_ids[0 to 99]') end));
  end if;
  return answer;
end
$$;

revoke all on function
  webhooks.actor(), webhooks.find_erasable(uuid, text[], jsonb, text), webhooks.erase(bigint[], uuid, text),
  webhooks.erase_foreign(uuid, text[]), webhooks.erase_answers(integer),
  webhooks.erase_found(uuid, text[], text, boolean, text, text)
  from public;
revoke all on function public.erase_webhook_events(text[], text, boolean, text) from public, service_role;
revoke all on function public.erase_webhook_events_of(text, text)
  from public, anon, authenticated;
grant execute on function
  webhooks.actor(), webhooks.find_erasable(uuid, text[], jsonb, text), webhooks.erase(bigint[], uuid, text),
  webhooks.erase_foreign(uuid, text[]), webhooks.erase_answers(integer),
  webhooks.erase_found(uuid, text[], text, boolean, text, text),
  public.erase_webhook_events_of(text, text)
  to service_role;
grant execute on function public.erase_webhook_events(text[], text, boolean, text) to anon, authenticated;
