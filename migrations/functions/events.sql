-- Events: taken by SQL or over HTTP, and stored once.

-- The most a payload may be, and the most that a worker is given at a time, in bytes.
create or replace function webhooks.max_payload_bytes() returns integer
language sql immutable return 262144;
create or replace function webhooks.max_batch_bytes() returns integer
language sql immutable return 4194304;

-- The body that receivers get.
create or replace function webhooks.payload(event_id text, event_type text, data jsonb)
returns text
language sql stable
return jsonb_build_object(
  'id', event_id, 'type', event_type, 'created', floor(extract(epoch from now()))::bigint,
  'data', data, 'livemode', true)::text;

-- Why a payload of so many bytes, or more, is not taken.
create or replace function webhooks.too_large(bytes bigint) returns jsonb
language sql immutable
return jsonb_build_object('status', 413, 'code', 'payload_too_large',
  'error', format('The payload would be %s bytes, more than %s', bytes,
    webhooks.max_payload_bytes()),
  'max_bytes', webhooks.max_payload_bytes());

-- Why an event cannot be taken, or null: {status, code, error, max_bytes?}, as the API answers
-- it. `bytes` is the size of its payload. An event type need not be in the catalogue: refusing
-- it would lose the event.
create or replace function webhooks.event_refusal(
  event_id text, event_type text, data jsonb, max_attempts integer, bytes integer
) returns jsonb
language sql stable
return case
  when event_type is null or length(event_type) > 100
    or event_type !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$'
    then jsonb_build_object('status', 400, 'code', 'invalid_field',
      'error', 'event_type must be letters, digits, _ and - in parts joined by dots, '
        'at most 100 characters')
  when jsonb_typeof(data) is distinct from 'object'
    then jsonb_build_object('status', 400, 'code', 'invalid_field',
      'error', 'data must be a JSON object')
  when event_id is null or event_id !~ '^[\x21-\x7e]{1,255}$'
    then jsonb_build_object('status', 400, 'code', 'invalid_field',
      'error', 'event_id must be 1 to 255 visible ASCII characters')
  when max_attempts not between 1 and 100
    then jsonb_build_object('status', 400, 'code', 'invalid_field',
      'error', 'max_attempts must be a whole number from 1 to 100')
  when bytes > webhooks.max_payload_bytes()
    then webhooks.too_large(bytes)
end;

-- Why the numbers in `data` cannot be taken, or null: one is beyond a double, which receivers could not
-- read, or has more than 1,000 digits after the point, or all together are too long for a payload.
-- jsonb keeps 1e-16000 in a few bytes and writes it with 16,002: this comes before a payload is made.
create or replace function webhooks.number_refusal(data jsonb) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  -- In one piece: jsonb_path_query() takes longer and longer for each.
  numbers constant jsonb := jsonb_path_query_array(data, 'strict $.** ? (@.type() == "number")');
  is_odd boolean;
  characters bigint := jsonb_array_length(numbers);
begin
  if characters <= webhooks.max_payload_bytes() then
    select bool_or(scale(n.number) > 1000 or abs(n.number) >= 1.8e308) into is_odd
    from (select v::numeric as number from jsonb_array_elements(numbers) as v) n;
    if is_odd then
      return jsonb_build_object('status', 400, 'code', 'invalid_field', 'error',
        'data must have numbers within the range of a double, with at most 1000 digits after the point');
    end if;
    select sum(length(v::text)) into characters from jsonb_array_elements(numbers) as v;
  end if;
  if characters > webhooks.max_payload_bytes() then
    return webhooks.too_large(characters);
  end if;
  return null;
end
$$;

-- Stores an event. The same event_id for the same audience is the same event: where it is known, what
-- is answered is what was stored first, and that is what is sent.
create or replace function webhooks.store_event(event webhooks.new_event) returns webhooks.stored_event
language plpgsql volatile
set search_path = ''
as $$
declare
  stored webhooks.stored_event;
begin
  loop
    insert into public.webhook_events as e
      (event_id, event_type, user_id, max_attempts, deliver_at, expires_at, payload)
    values (event.event_id, event.event_type, event.user_id, event.max_attempts, event.deliver_at,
      event.expires_at, event.payload)
    on conflict (event_id, user_id) do nothing
    returning e.id, event.event_id, event.event_type, event.user_id, event.max_attempts, event.deliver_at,
      event.expires_at, octet_length(event.payload), true
    into stored;
    exit when found;
    select e.id, e.event_id, e.event_type, e.user_id, e.max_attempts, e.deliver_at, e.expires_at,
      octet_length(e.payload), false
    into stored
    from public.webhook_events e
    where e.event_id = event.event_id
      and (e.user_id = event.user_id or e.user_id is null and event.user_id is null)
    -- Retention, which skips locked events, must not delete it before this is committed.
    for key share;
    -- Else it was deleted in between.
    exit when found;
  end loop;
  return stored;
end
$$;

-- Locks an event for its fan-out, unless another call is fanning it out; says whether it did. Two
-- fan-outs of the same event would wait for each other's deliveries.
create or replace function webhooks.lock_event(ref bigint) returns boolean
language plpgsql volatile
set search_path = ''
as $$
begin
  perform from public.webhook_events e where e.id = ref for no key update skip locked;
  return found;
end
$$;

-- Stores an event, for the pump to fan out after the commit.
create or replace function webhooks.store_for_pump(event webhooks.new_event) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into webhooks.outbox (owner, event_ref)
  values (coalesce(event.user_id, webhooks.no_owner()), (webhooks.store_event(event)).ref)
  on conflict do nothing;
end
$$;

-- Stores an event that SQL emits, to be fanned out after the commit. One that `deliver` would refuse is
-- refused as `on_refusal` says: with 'raise' by the error 22023 (invalid_parameter_value), with
-- 'count' by a row in webhooks.refused_events and the answer null.
create or replace function webhooks.emit(
  event_type text, data jsonb, user_id uuid, event_id text, on_refusal text, max_attempts integer,
  deliver_at timestamptz, expires_at timestamptz
) returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  body jsonb := data;
  event webhooks.new_event := row(coalesce(event_id, gen_random_uuid()::text), event_type, user_id, max_attempts,
    deliver_at, expires_at, null, null);
begin
  if (on_refusal in ('raise', 'count')) is not true then
    raise invalid_parameter_value using message = 'on_refusal must be raise or count';
  end if;
  -- Some API servers encode a JSON argument twice.
  if jsonb_typeof(data) = 'string' then
    begin
      body := (data #>> '{}')::jsonb;
    exception when data_exception then
      -- It is a string, then, and refused as one.
      null;
    end;
  end if;
  event.refusal := webhooks.number_refusal(body);
  if event.refusal is null then
    event := webhooks.with_payload(event, body);
  end if;
  if event.refusal is null then
    perform webhooks.store_for_pump(event);
    perform webhooks.wake_up_deliver();
    return event.event_id;
  end if;
  if on_refusal = 'raise' then
    raise invalid_parameter_value using message = concat_ws(': ', event.refusal ->> 'error', (
      select string_agg(p, '; ') from jsonb_array_elements_text(event.refusal -> 'problems') as p));
  end if;
  insert into webhooks.refused_events (event_id, event_type, user_id, code, error)
  values (left(event_id, 255), left(event_type, 255), user_id, event.refusal ->> 'code',
    event.refusal ->> 'error');
  return null;
end
$$;

-- Emits an event to one owner's endpoints: if the transaction commits, it is delivered; if it
-- rolls back, the event never existed. Answers the event's id.
--
-- `event_id` (1 to 255 visible ASCII characters, made up where it is null) never becomes a
-- second delivery to the same endpoint. It is sent from `deliver_at` on, to the endpoints there are now, and no attempt
-- begins after `expires_at`. Raises 22023 (invalid_parameter_value) for an event that
-- `deliver` would refuse; with `on_refusal` 'count' it is not raised but counted, and null is answered: the
-- transaction goes on. Raises 22004 (null_value_not_allowed) without an owner: an event for all
-- owners has a function of its own. Runs as its owner, so that its callers need no table:
-- the service role, and triggers that are `security definer`.
create or replace function public.emit_webhook_event(
  event_type text, data jsonb, user_id uuid, event_id text default null,
  on_refusal text default 'raise', max_attempts integer default null,
  deliver_at timestamptz default null, expires_at timestamptz default null
) returns text
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  if user_id is null then
    raise null_value_not_allowed using
      message = 'emit_webhook_event needs a user_id: null would tell every owner of the event',
      hint = 'For an event that is meant for all owners, call broadcast_webhook_event.';
  end if;
  return webhooks.emit(
    event_type, data, user_id, event_id, on_refusal, max_attempts, deliver_at, expires_at);
end
$$;

-- Emits an event to the endpoints of all owners. Otherwise as emit_webhook_event().
create or replace function public.broadcast_webhook_event(
  event_type text, data jsonb, event_id text default null, on_refusal text default 'raise',
  max_attempts integer default null, deliver_at timestamptz default null,
  expires_at timestamptz default null
) returns text
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  return webhooks.emit(
    event_type, data, null, event_id, on_refusal, max_attempts, deliver_at, expires_at);
end
$$;

-- Emits up to 100 events in one statement, each taken or refused by itself: a JSON array as text, of
-- {event_type, data, user_id?, event_id?, max_attempts?, deliver_at?, expires_at?}. As over HTTP, an event without user_id is for all owners,
-- and one whose user_id is null is refused. Answers {events: [{event_id} or {event_id, code, error, …}]} in their
-- order. Otherwise as emit_webhook_event().
create or replace function public.emit_webhook_events(events text) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  list constant jsonb := webhooks.parse_events(events);
  item jsonb;
  nth integer;
  event webhooks.new_event;
  answers jsonb[] := '{}';
begin
  if jsonb_typeof(list) <> 'array' or jsonb_array_length(list) > 100 then
    perform webhooks.refuse_field('events', 'must be a list of at most 100 events');
  end if;
  -- In one order, so that two calls with the same events cannot wait for each other.
  for item, nth in
    select e.item, e.nth
    from jsonb_array_elements(list) with ordinality as e (item, nth)
    order by e.item ->> 'event_id', e.item ->> 'user_id', e.nth
  loop
    event := webhooks.read_emitted(item);
    if event.refusal is null then
      perform webhooks.store_for_pump(event);
    end if;
    answers[nth] := jsonb_build_object('event_id', event.event_id) || coalesce(event.refusal - 'status', '{}');
  end loop;
  perform webhooks.wake_up_deliver();
  return jsonb_build_object('events', to_jsonb(answers));
end
$$;

-- Reads one event of emit_webhook_events(), and what is wrong with it, whatever it is.
create or replace function webhooks.read_emitted(item jsonb) returns webhooks.new_event
language plpgsql volatile
set search_path = ''
as $$
declare
  refused webhooks.new_event;
begin
  refused.event_id := item ->> 'event_id';
  refused.refusal := case
    when jsonb_typeof(item) <> 'object'
      then jsonb_build_object('code', 'invalid_body', 'error', 'The event must be a JSON object')
    -- A misspelt user_id would tell every owner.
    when item - array['event_type', 'data', 'user_id', 'event_id', 'max_attempts', 'deliver_at', 'expires_at'] <> '{}'
      then jsonb_build_object('code', 'invalid_field', 'error', 'There are event_type, data, user_id, event_id, '
        'max_attempts, deliver_at and expires_at, and no other fields')
    when item -> 'user_id' = 'null'
      then jsonb_build_object('code', 'invalid_field', 'error',
        'user_id must not be null: leave it out for an event that is meant for every owner')
    else webhooks.number_refusal(item -> 'data')
  end;
  if refused.refusal is not null then
    return refused;
  end if;
  return webhooks.read_event(item);
exception when data_exception then
  refused.refusal := jsonb_build_object('code', 'invalid_field',
    'error', 'user_id must be a UUID and max_attempts a whole number from 1 to 100');
  return refused;
end
$$;

-- The events of a call as jsonb. Raises 400 for JSON that Postgres cannot hold: U+0000, a lone
-- surrogate, a number beyond numeric, too many levels.
create or replace function webhooks.parse_events(events text) returns jsonb
language plpgsql immutable
set search_path = ''
as $$
begin
  return events::jsonb;
exception when data_exception or statement_too_complex then
  raise sqlstate 'PT400' using
    message = 'event.data cannot be stored: ' || sqlerrm,
    hint = 'invalid_field', detail = '{"field": "event.data"}';
end
$$;

-- Reads one event of a call: {event_type, data, event_id?, user_id?, max_attempts?, deliver_at?, expires_at?}, and
-- what is wrong with it. An event without an id is given one.
create or replace function webhooks.read_event(event jsonb) returns webhooks.new_event
language plpgsql volatile
set search_path = ''
as $$
declare
  new webhooks.new_event;
begin
  new.event_id := coalesce(event ->> 'event_id', gen_random_uuid()::text);
  new.event_type := event ->> 'event_type';
  new.user_id := event ->> 'user_id';
  new.max_attempts := event ->> 'max_attempts';
  if event ?| array['deliver_at', 'expires_at'] then
    begin
      new.deliver_at := webhooks.parse_time('deliver_at', event ->> 'deliver_at');
      new.expires_at := webhooks.parse_time('expires_at', event ->> 'expires_at');
    exception when sqlstate 'PT400' then
      new.refusal := jsonb_build_object('status', 400, 'code', 'invalid_field', 'error', sqlerrm);
      return new;
    end;
  end if;
  return webhooks.with_payload(new, event -> 'data');
end
$$;

-- The event with its payload, and what is wrong with it.
create or replace function webhooks.with_payload(event webhooks.new_event, data jsonb)
returns webhooks.new_event
language plpgsql volatile
set search_path = ''
as $$
begin
  event.payload := webhooks.payload(event.event_id, event.event_type, data);
  event.refusal := webhooks.event_refusal(event.event_id, event.event_type, data, event.max_attempts,
    octet_length(event.payload));
  if event.refusal is null then
    event.refusal := webhooks.schema_refusal(event.event_id, event.event_type, data);
  end if;
  return event;
end
$$;

-- Stores events, makes deliveries for the endpoints that want them, and claims the first
-- `claim_limit` of those, of `max_bytes` of payloads, for `lease_seconds`. Begins no fan-out after 300 ms or 2,000 endpoints: what a
-- call has no room for is left to the pump.
--
-- `events`: a JSON array, see read_event(). Answers {events: [{event_id, duplicates, pending, more, payload?}
-- or {event_id, refused}], batch}: the events in their order, for `batch` see webhooks.batch().
-- `duplicates` endpoints had the event already, `pending` deliveries are stored and not claimed
-- here, `more` says that the fan-out goes on later, `payload` is the place of the event's payload in
-- the batch if something of it is there.
create or replace function public.enqueue_webhook_events(
  events text, claim_limit integer, lease_seconds integer, max_bytes integer default null
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  item jsonb;
  nth integer;
  event webhooks.new_event;
  stored webhooks.stored_event;
  done webhooks.fanned_out;
  -- What is left of claim_limit, of max_batch_bytes(), and of max_bytes.
  room integer := claim_limit;
  bytes integer := webhooks.max_batch_bytes();
  sent_bytes integer := max_bytes;
  endpoints integer := 0;
  payloads integer := 0;
  answers jsonb[];
  claimed uuid[] := '{}';
begin
  -- In one order, so that two calls with the same events cannot wait for each other.
  for item, nth in
    select e.item, e.nth
    from jsonb_array_elements(webhooks.parse_events(events)) with ordinality as e (item, nth)
    order by e.item ->> 'event_id', e.item ->> 'user_id', e.nth
  loop
    event := webhooks.read_event(item);
    if event.refusal is not null then
      answers[nth] :=
        jsonb_build_object('event_id', event.event_id, 'refused', event.refusal);
      continue;
    end if;
    stored := webhooks.store_event(event);
    if endpoints > 2000 or clock_timestamp() > now() + interval '300 milliseconds'
      or not stored.is_new and not webhooks.lock_event(stored.ref)
    then
      insert into webhooks.outbox (owner, event_ref)
      values (coalesce(event.user_id, webhooks.no_owner()), stored.ref)
      on conflict do nothing;
      answers[nth] := jsonb_build_object(
        'event_id', event.event_id, 'duplicates', 0, 'pending', 0, 'more', true);
      continue;
    end if;
    done := webhooks.fan_out(stored, null, null, null,
      case when stored.bytes <= bytes
        then webhooks.claims_of(room, stored.bytes, sent_bytes, claimed = '{}') else 0 end,
      lease_seconds);
    if done.next_after is not null then
      insert into webhooks.outbox (owner, event_ref, after_endpoint)
      values (coalesce(event.user_id, webhooks.no_owner()), stored.ref, done.next_after)
      on conflict do nothing;
    end if;
    endpoints := endpoints + done.wanted;
    answers[nth] := jsonb_build_object(
      'event_id', event.event_id, 'duplicates', done.wanted - done.made,
      'pending', done.made - cardinality(done.claimed), 'more', done.next_after is not null,
      'payload', case when cardinality(done.claimed) > 0 then payloads end);
    if cardinality(done.claimed) > 0 then
      claimed := claimed || done.claimed;
      room := room - cardinality(done.claimed);
      bytes := bytes - stored.bytes;
      sent_bytes := sent_bytes - cardinality(done.claimed) * stored.bytes;
      payloads := payloads + 1;
    end if;
  end loop;
  return jsonb_build_object(
    'events', coalesce(to_jsonb(answers), '[]'), 'batch', webhooks.batch(claimed));
end
$$;

-- Stores events, for the pump to fan out and send.
--
-- `events`: a JSON array, see read_event(). Answers {events: [{event_id, stored} or {event_id, refused}],
-- pump, is_behind}: `pump` says that no worker was at work, and that the caller is the pump from
-- now on; `is_behind` that the pump falls behind, and the caller should send one batch (see
-- pump.sql).
create or replace function public.store_webhook_events(events text) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  item jsonb;
  nth integer;
  event webhooks.new_event;
  answers jsonb[];
begin
  for item, nth in
    select e.item, e.nth
    from jsonb_array_elements(webhooks.parse_events(events)) with ordinality as e (item, nth)
    order by e.item ->> 'event_id', e.item ->> 'user_id', e.nth
  loop
    event := webhooks.read_event(item);
    if event.refusal is not null then
      answers[nth] :=
        jsonb_build_object('event_id', event.event_id, 'refused', event.refusal);
      continue;
    end if;
    perform webhooks.store_for_pump(event);
    answers[nth] := jsonb_build_object('event_id', event.event_id, 'stored', true);
  end loop;
  return jsonb_build_object(
    'events', coalesce(to_jsonb(answers), '[]'), 'pump', webhooks.become_pump(),
    'is_behind', webhooks.is_behind());
end
$$;

revoke all on function
  webhooks.max_payload_bytes(), webhooks.max_batch_bytes(),
  webhooks.payload(text, text, jsonb),
  webhooks.too_large(bigint), webhooks.event_refusal(text, text, jsonb, integer, integer),
  webhooks.number_refusal(jsonb),
  webhooks.store_event(webhooks.new_event),
  webhooks.store_for_pump(webhooks.new_event), webhooks.lock_event(bigint),
  webhooks.emit(text, jsonb, uuid, text, text, integer, timestamptz, timestamptz), webhooks.read_emitted(jsonb),
  webhooks.parse_events(text), webhooks.read_event(jsonb), webhooks.with_payload(webhooks.new_event, jsonb)
  from public;
revoke all on function
  public.emit_webhook_event(text, jsonb, uuid, text, text, integer, timestamptz, timestamptz), public.emit_webhook_events(text),
  public.broadcast_webhook_event(text, jsonb, text, text, integer, timestamptz, timestamptz),
  public.enqueue_webhook_events(text, integer, integer, integer),
  public.store_webhook_events(text)
  from public, anon, authenticated;
grant execute on function
  webhooks.max_payload_bytes(), webhooks.max_batch_bytes(),
  webhooks.payload(text, text, jsonb),
  webhooks.too_large(bigint), webhooks.event_refusal(text, text, jsonb, integer, integer),
  webhooks.number_refusal(jsonb),
  webhooks.store_event(webhooks.new_event),
  webhooks.store_for_pump(webhooks.new_event), webhooks.lock_event(bigint),
  webhooks.parse_events(text), webhooks.read_event(jsonb), webhooks.with_payload(webhooks.new_event, jsonb),
  public.emit_webhook_event(text, jsonb, uuid, text, text, integer, timestamptz, timestamptz), public.emit_webhook_events(text),
  public.broadcast_webhook_event(text, jsonb, text, text, integer, timestamptz, timestamptz),
  public.enqueue_webhook_events(text, integer, integer, integer),
  public.store_webhook_events(text)
  to service_role;
