-- The event log: the events that were for an owner, and what became of each at the owner's endpoints.

-- The caller's endpoints.
create or replace function webhooks.endpoints_of(caller uuid) returns uuid[]
language sql stable
set search_path = ''
as $$
  select array(select e.id from public.webhook_endpoints e where e.user_id = caller)
$$;

-- Whether an event for all owners reached one of these endpoints.
create or replace function webhooks.has_reached(event_id text, event_ref bigint, endpoints uuid[])
returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select from public.webhook_deliveries d
    where d.event_id = has_reached.event_id and d.endpoint_id = any (endpoints)
      and d.event_ref = has_reached.event_ref)
$$;

-- The events addressed to an owner or to all owners, newest first, from `from_time` until before `to_time`, after the
-- one of `last_time` and `last_id`. Put in the place of its call, so that no more are read than are wanted.
create or replace function webhooks.logged_events(
  owner uuid, from_time timestamptz, to_time timestamptz, last_time timestamptz, last_id bigint
) returns table (
  id bigint, event_id text, event_type text, user_id uuid, created_at timestamptz, deliver_at timestamptz,
  expires_at timestamptz, erased_at timestamptz)
language sql stable
begin atomic
  -- Each part in its index's order, so that both are merged.
  (select e.id, e.event_id, e.event_type, e.user_id, e.created_at, e.deliver_at, e.expires_at, e.erased_at
   from public.webhook_events e
   where e.user_id = owner and e.created_at >= from_time and e.created_at < to_time
     and (e.created_at, e.id) < (last_time, last_id)
   order by e.created_at desc, e.id desc)
  union all
  (select e.id, e.event_id, e.event_type, e.user_id, e.created_at, e.deliver_at, e.expires_at, e.erased_at
   from public.webhook_events e
   where e.user_id is null and e.created_at >= from_time and e.created_at < to_time
     and (e.created_at, e.id) < (last_time, last_id)
   order by e.created_at desc, e.id desc)
  order by created_at desc, id desc;
end;

-- The events that were for the caller, newest first: {events, next_cursor}. They are those addressed to the
-- caller and, of those for all owners, those that reached one of the caller's endpoints.
--
-- `since` is included, `until` is not. `search` is a text in the payload, in any case; `contains` a JSON object, as
-- text, that `data` has. Looks at 10,000 events at most, and begins no other after a second: a page may be short,
-- or empty, and still have a cursor to go on with. Runs as its owner: row-level security would look each event for
-- all owners up by a join.
create or replace function public.list_webhook_events(
  event_type text default null, since text default null, until text default null,
  search text default null, contains text default null, cursor text default null,
  page_size integer default 50
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  most constant integer := 10000;
  caller constant uuid := webhooks.require_caller('read');
  endpoints constant uuid[] := webhooks.endpoints_of(caller);
  from_time constant timestamptz := coalesce(webhooks.parse_time('since', since), '-infinity');
  to_time constant timestamptz := coalesce(webhooks.parse_time('until', until), 'infinity');
  part constant jsonb := webhooks.parse_json('contains', list_webhook_events.contains);
  -- Where the page before ended.
  last_time timestamptz;
  last_id bigint;
  event record;
  found_events jsonb[] := '{}';
  looked_at integer := 0;
  is_more boolean := false;
begin
  if (page_size between 1 and 100) is not true then
    perform webhooks.refuse_field('limit', 'must be a whole number from 1 to 100');
  end if;
  if char_length(search) not between 1 and 200 then
    perform webhooks.refuse_field('search', 'must be 1 to 200 characters');
  end if;
  if jsonb_typeof(part) <> 'object' then
    perform webhooks.refuse_field('contains', 'must be a JSON object');
  end if;
  select c.last_time, c.last_id into last_time, last_id from webhooks.parse_event_cursor(cursor) c;
  for event in
    select * from webhooks.logged_events(caller, from_time, to_time, last_time, last_id)
  loop
    -- One at least, so that the next call goes on.
    if cardinality(found_events) = page_size or looked_at = most
      or looked_at > 0 and clock_timestamp() > now() + interval '1 second'
    then
      is_more := true;
      exit;
    end if;
    looked_at := looked_at + 1;
    last_time := event.created_at;
    last_id := event.id;
    continue when event.event_type <> list_webhook_events.event_type
      or event.user_id is null and not webhooks.has_reached(event.event_id, event.id, endpoints)
      or not webhooks.is_in_payload(event.id, search, part);
    found_events := array_append(found_events, webhooks.event_object(
        event.event_id, event.event_type, event.user_id, event.created_at, event.deliver_at, event.expires_at,
        event.erased_at)
      || jsonb_build_object('deliveries', webhooks.count_deliveries(event.event_id, endpoints)));
  end loop;
  return jsonb_build_object(
    'events', to_jsonb(found_events),
    'next_cursor', case when is_more then webhooks.event_cursor(last_time, last_id) end);
end
$$;

-- Where a page of events ended: its last event's time, in microseconds since 1970, and its row's id.
create or replace function webhooks.event_cursor(last_time timestamptz, last_id bigint) returns text
language sql immutable
return (extract(epoch from last_time) * 1000000)::bigint || '_' || last_id;

-- What event_cursor() was made of. Null is before the first event.
create or replace function webhooks.parse_event_cursor(cursor text, out last_time timestamptz, out last_id bigint)
language plpgsql stable
set search_path = ''
as $$
begin
  if cursor !~ '^\d{1,16}_\d{1,18}$' then
    perform webhooks.refuse_field('cursor', 'must be the next_cursor of the page before');
  end if;
  last_time := coalesce(
    'epoch'::timestamptz + split_part(cursor, '_', 1)::bigint * interval '1 microsecond', 'infinity');
  last_id := coalesce(split_part(cursor, '_', 2)::bigint, 9223372036854775807);
end
$$;

-- An event as lists show it.
create or replace function webhooks.event_object(
  event_id text, event_type text, user_id uuid, created_at timestamptz, deliver_at timestamptz,
  expires_at timestamptz, erased_at timestamptz
) returns jsonb
language sql stable
return jsonb_build_object(
  'event_id', event_id, 'event_type', event_type, 'created_at', webhooks.utc(created_at),
  'deliver_at', webhooks.utc(deliver_at), 'expires_at', webhooks.utc(expires_at), 'erased_at', webhooks.utc(erased_at),
  'audience', case when user_id is null then 'everyone' else 'owner' end);

-- Whether the event's payload has this text, in any case, and its data this object. Null is no condition.
create or replace function webhooks.is_in_payload(event_ref bigint, search text, contains jsonb)
returns boolean
language sql stable
set search_path = ''
as $$
  select search is null and contains is null or (
    select (search is null or position(lower(search) in lower(e.payload)) > 0)
      and (contains is null or (e.payload::jsonb -> 'data') @> contains)
    from public.webhook_events e where e.id = event_ref)
$$;

-- How many of the event's deliveries to these endpoints have which status.
create or replace function webhooks.count_deliveries(event_id text, endpoints uuid[]) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'pending', count(*) filter (where d.status = 'pending'),
    'retrying', count(*) filter (where d.status = 'retrying'),
    'success', count(*) filter (where d.status = 'success'),
    'failed', count(*) filter (where d.status = 'failed'))
  from public.webhook_deliveries d
  where d.event_id = count_deliveries.event_id and d.endpoint_id = any (endpoints)
$$;

-- One event that was for the caller, as JSON text: its payload, and of each of the caller's endpoints the delivery, or
-- why there is none: `pending` (it is being fanned out), `registered_later`, `not_subscribed`, or
-- `filtered`, or
-- `subscribed_later`: in this order, by what the endpoint is now. Where an event for the caller and one for all owners have the same id, it is the caller's.
-- Runs as its owner, as list_webhook_events().
create or replace function public.get_webhook_event(event_id text) returns text
language plpgsql volatile security definer
set search_path = ''
set jit = off
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  caller constant uuid := webhooks.require_caller('read');
  endpoints constant uuid[] := webhooks.endpoints_of(caller);
  event public.webhook_events;
  is_pending boolean;
begin
  select e.* into event from public.webhook_events e
  where e.event_id = get_webhook_event.event_id and (e.user_id = caller
    or e.user_id is null and webhooks.has_reached(e.event_id, e.id, endpoints))
  order by e.user_id nulls last
  limit 1;
  if not found then
    raise sqlstate 'PT404' using message = 'Event not found', hint = 'not_found';
  end if;
  is_pending := exists (select from webhooks.outbox o where o.event_ref = event.id);
  return webhooks.event_object(event.event_id, event.event_type, event.user_id, event.created_at,
      event.deliver_at, event.expires_at, event.erased_at)
    || jsonb_build_object('payload', event.payload::jsonb, 'endpoints', coalesce((
      select jsonb_agg(jsonb_build_object(
        'endpoint_id', o.id, 'url', o.url,
        'delivery', case when d.id is not null then webhooks.delivery_object(d) end,
        'reason', case
          when d.id is not null then null
          when is_pending then 'pending'
          when o.created_at > event.created_at then 'registered_later'
          when not o.events && webhooks.event_patterns(event.event_type) then 'not_subscribed'
          when not coalesce(webhooks.filter_result(o.filter, event.payload::jsonb, o.metadata), o.filter is null)
            then 'filtered'
          else 'subscribed_later' end)
        order by o.created_at, o.id)
      from public.webhook_endpoints o
      left join public.webhook_deliveries d on d.event_id = event.event_id and d.endpoint_id = o.id
      where o.user_id = caller
    ), '[]'));
end
$$;

-- Which of the caller's newest events a filter would have had sent to an endpoint: {tested, matched, events}, of
-- each event {event_id, event_type, created_at, matches, conditions: [{condition, matches}]}. `matches` is null where
-- the event has not what is asked about, or what cannot be compared. Tested are up to `newest` events of types that
-- the endpoint is subscribed to, of the last 1,000, as far as a second goes; or `event`, an object as text with any of
-- what receivers get. Runs as its owner, as list_webhook_events().
create or replace function public.test_webhook_filter(
  endpoint_id uuid, filter text, event text default null, newest integer default null
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
#variable_conflict use_column
declare
  endpoint constant jsonb := webhooks.require_endpoint(endpoint_id, 'read');
  metadata constant jsonb := endpoint -> 'metadata';
  caller constant uuid := webhooks.caller('read');
  endpoints constant uuid[] := webhooks.endpoints_of(caller);
  subscribed constant text[] := array(select jsonb_array_elements_text(endpoint -> 'events'));
  given constant jsonb := webhooks.parse_json('event', test_webhook_filter.event);
  most constant integer := coalesce(newest, 20);
  logged record;
  results jsonb[] := '{}';
begin
  if test_webhook_filter.filter is null then
    perform webhooks.refuse_field('filter', 'is required');
  end if;
  perform webhooks.check_filter(test_webhook_filter.filter, metadata);
  if jsonb_typeof(given) <> 'object' or given is not null and newest is not null then
    perform webhooks.refuse_field('event', 'must be an object, and come without last');
  end if;
  if most not between 1 and 100 then
    perform webhooks.refuse_field('last', 'must be a whole number from 1 to 100');
  end if;
  if given is not null then
    results := array[webhooks.filter_report(test_webhook_filter.filter, given, metadata)];
  else
    for logged in
      select l.*, p.payload
      from (
        select * from webhooks.logged_events(caller, '-infinity', 'infinity', 'infinity', 9223372036854775807)
        limit 1000
      ) l
      cross join lateral (select e.payload from public.webhook_events e where e.id = l.id) p
      where webhooks.event_patterns(l.event_type) && subscribed
        and (l.user_id is not null or webhooks.has_reached(l.event_id, l.id, endpoints))
    loop
      exit when cardinality(results) = most
        or cardinality(results) > 0 and clock_timestamp() > now() + interval '1 second';
      results := array_append(results, jsonb_build_object('event_id', logged.event_id,
          'event_type', logged.event_type, 'created_at', webhooks.utc(logged.created_at))
        || webhooks.filter_report(test_webhook_filter.filter, logged.payload::jsonb, metadata));
    end loop;
  end if;
  return jsonb_build_object('tested', cardinality(results),
    'matched', (select count(*) from unnest(results) as r (result) where r.result -> 'matches' = 'true'),
    'events', to_jsonb(results));
end
$$;

revoke all on function
  webhooks.logged_events(uuid, timestamptz, timestamptz, timestamptz, bigint),
  webhooks.event_cursor(timestamptz, bigint), webhooks.parse_event_cursor(text),
  webhooks.endpoints_of(uuid), webhooks.has_reached(text, bigint, uuid[]),
  webhooks.event_object(text, text, uuid, timestamptz, timestamptz, timestamptz, timestamptz), webhooks.is_in_payload(bigint, text, jsonb),
  webhooks.count_deliveries(text, uuid[])
  from public;
revoke all on function
  public.list_webhook_events(text, text, text, text, text, text, integer), public.get_webhook_event(text),
  public.test_webhook_filter(uuid, text, text, integer)
  from public, service_role;
grant execute on function
  public.list_webhook_events(text, text, text, text, text, text, integer), public.get_webhook_event(text),
  public.test_webhook_filter(uuid, text, text, integer)
  to anon, authenticated;
-- Replays and erasures look through the log, too.
grant execute on function
  webhooks.endpoints_of(uuid), webhooks.has_reached(text, bigint, uuid[]),
  webhooks.is_in_payload(bigint, text, jsonb), webhooks.event_cursor(timestamptz, bigint),
  webhooks.parse_event_cursor(text)
  to service_role;
