-- Fan-out: an event becomes deliveries to the endpoints that want it, in steps of at most 1,000
-- endpoints. The payload is not copied, so a step is as quick for 256 KiB as for an empty event.

-- What an endpoint may have subscribed to that wants events of this type: for a.b.c these are
-- *, a.*, a.b.* and a.b.c. The system's own events about endpoints are not meant by *: an endpoint for
-- business events would not know what to do with them.
create or replace function webhooks.event_patterns(event_type text) returns text[]
language plpgsql immutable
set search_path = ''
as $$
declare
  parts constant text[] := string_to_array(event_type, '.');
  patterns text[] := array[event_type];
begin
  if parts[1] <> 'endpoint' then
    patterns := patterns || array['*'];
  end if;
  for n in 1 .. cardinality(parts) - 1 loop
    patterns := patterns || (array_to_string(parts[:n], '.') || '.*');
  end loop;
  return patterns;
end
$$;

-- How many failures in a row make an endpoint back off: from then on one delivery a minute
-- probes it, and the others wait, until one succeeds.
create or replace function webhooks.back_off_after() returns integer
language sql immutable return 10;

-- The endpoints that want an event, at most 1,001 of them: ids, in one of four ways, each by its
-- own index. An event for all owners is first looked up by its type. Where that finds too many,
-- fan-out goes through all endpoints by id, from `after` to `upto`.
create or replace function webhooks.wanting_endpoints(
  event_type text, user_id uuid, after uuid, upto uuid, only_endpoint uuid
) returns setof public.webhook_endpoints
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_variable
declare
  patterns constant text[] := webhooks.event_patterns(event_type);
begin
  if only_endpoint is not null then
    return query select e.* from public.webhook_endpoints e where e.id = only_endpoint;
  elsif user_id is not null then
    return query
      select e.*
      from (
        -- By owner, whatever the order asked for below.
        select o.* from public.webhook_endpoints o where o.user_id = user_id offset 0
      ) e
      where e.events && patterns and (after is null or e.id > after)
      order by e.id
      limit 1001;
  elsif after is null then
    return query
      select e.* from public.webhook_endpoints e where e.events && patterns limit 1001;
  else
    return query
      select e.* from public.webhook_endpoints e
      where e.id > after and (upto is null or e.id <= upto) and e.events && patterns
      order by e.id
      limit 1001;
  end if;
end
$$;

-- One step of an event's fan-out: makes deliveries and claims the first `claim_limit` of them for
-- `lease_seconds`, unless they are for later. For an inactive endpoint a failed delivery is recorded, which can be
-- recovered. An endpoint with a rate limit, one that backs off and one whose last attempt timed out are left to
-- their turn in the queue, and where deliveries are ordered, one that waits for another to its end. The filter of `only_endpoint` does not count. Nothing is made of an erased event.
-- Locks no endpoint: one that is deleted meanwhile leaves deliveries that are purged.
create or replace function webhooks.fan_out(
  event webhooks.stored_event, after uuid, only_endpoint uuid, except_endpoint uuid,
  claim_limit integer, lease_seconds integer
) returns webhooks.fanned_out
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  most constant integer := 1000;
  -- How many endpoints a step through all of them looks at.
  stride constant integer := 10000;
  -- What filters with a wildcard may cost in a step, in bytes of the payload times characters: 0.3 s.
  most_filter_cost constant bigint := 80000000;
  due_at constant timestamptz := greatest(now(), event.deliver_at);
  may_claim constant boolean := due_at = now() and (event.expires_at is null or event.expires_at > now());
  upto uuid;
  found integer;
  is_cut boolean;
  last_id uuid;
  done webhooks.fanned_out;
begin
  if not event.is_new and (select e.erased_at from public.webhook_events e where e.id = event.ref) is not null then
    return row(0, 0, '{}'::uuid[], null::uuid);
  end if;
  if after is not null and event.user_id is null and only_endpoint is null then
    select e.id into upto from public.webhook_endpoints e
    where e.id > after order by e.id offset stride - 1 limit 1;
  end if;
  with wanting as materialized (
    select e.id, e.user_id, e.is_active, e.max_attempts, e.filter, e.metadata, e.ordering,
      row_number() over (order by e.id) as nth,
      may_claim and e.is_active and e.rate_limit_per_minute is null and coalesce((
        select h.consecutive_failures < webhooks.back_off_after() and not h.is_slow
        from webhooks.endpoint_health h where h.endpoint_id = e.id
      ), true) as is_free
    from webhooks.wanting_endpoints(event.event_type, event.user_id, after, upto, only_endpoint) e
    where e.id is distinct from except_endpoint
  ),
  -- The excluded endpoint counts among those that were looked up.
  counted as (
    select count(*) + coalesce((except_endpoint is not null)::integer, 0) as found from wanting
  ),
  -- Too many for one step, in no order: none, and then by id.
  step as materialized (
    select w.*
    from (
      select w.*, coalesce(sum(case when w.filter ~ '[*,]|to|keyvalue'
          then event.bytes::bigint * char_length(w.filter) end)
        over (order by w.nth rows between unbounded preceding and 1 preceding), 0) as cost_before
      from wanting w
    ) w, counted c
    where w.nth <= most and w.cost_before <= most_filter_cost
      and (c.found <= most or after is not null or event.user_id is not null)
  ),
  passing as materialized (
    select s.*, k.order_key, case when k.order_key is null or not s.is_active then due_at
      else webhooks.ordered_due_at(s.id, s.user_id, k.order_key, event.ref, due_at) end as due
    from step s
    -- What it is ordered by, and when it is due of its order.
    cross join lateral (
      select case when s.ordering is not null then webhooks.order_key(s.ordering, (
        select v.payload::jsonb from public.webhook_events v where v.id = event.ref)) end as order_key
    ) k
    where s.filter is null or only_endpoint is not null or webhooks.filter_result(s.filter, (
      select v.payload::jsonb from public.webhook_events v where v.id = event.ref), s.metadata)
  ),
  chosen as (
    select t.*, t.is_free and t.due = due_at
      and count(*) filter (where t.is_free and t.due = due_at) over (order by t.nth) <= claim_limit as claim
    from passing t
  ),
  made as (
    insert into public.webhook_deliveries as d (endpoint_id, event_type, event_id, event_ref, order_key,
      max_attempts, claims, unrecorded_claims, status, last_error, next_retry_at, leased_until)
    select s.id, event.event_type, event.event_id, event.ref, s.order_key,
      coalesce(event.max_attempts, s.max_attempts, 5), s.claim::integer, s.claim::integer,
      case when s.is_active then 'pending' else 'failed' end,
      case when not s.is_active then 'Endpoint was disabled' end,
      case when s.is_active then s.due end,
      case when s.claim then now() + make_interval(secs => lease_seconds) end
    from chosen s
    order by s.id
    on conflict (event_id, endpoint_id) do nothing
    returning d.id, d.endpoint_id, d.status, d.leased_until, d.next_retry_at
  ),
  tallied as (
    insert into webhooks.tally (endpoint_id, deliveries, failed)
    select m.endpoint_id, 1, (m.status = 'failed')::integer from made m
  ),
  noted as (
    insert into webhooks.due_log (endpoint_id, due_at)
    select m.endpoint_id, m.next_retry_at from made m
    where m.status = 'pending' and m.leased_until is null and m.next_retry_at < 'infinity'
  )
  select
    (select c.found from counted c),
    (select count(*) from step s) < (select count(*) from wanting w),
    (select s.id from step s order by s.nth desc limit 1),
    (select count(*) from passing s where s.is_active),
    (select count(*) from made m where m.status = 'pending'),
    array(select m.id from made m where m.leased_until is not null)
  into found, is_cut, last_id, done.wanted, done.made, done.claimed;
  done.next_after := case
    when only_endpoint is not null then null
    when found > most and after is null and event.user_id is null then webhooks.no_owner()
    when found > most or is_cut then last_id
    else upto
  end;
  return done;
end
$$;

-- The nth place where a ring of UUIDs is begun: multiples of `step` modulo 2^32. Where `step` is 2^32 times
-- an irrational number, they visit every part of the ring equally often (Knuth, The Art of Computer
-- Programming, volume 3, 6.4).
create or replace function webhooks.ring_point(nth bigint, step bigint) returns uuid
language sql immutable
return (lpad(to_hex((nth * step) & 4294967295), 8, '0') || '-0000-0000-0000-000000000000')::uuid;

-- Where a claim or fan-out begins in the ring of owners: its step is 2^32 divided by the golden ratio. A
-- sequence is changed in place, whatever snapshots are open.
create or replace function webhooks.next_turn() returns uuid
language sql volatile
return webhooks.ring_point(nextval('webhooks.turns'), 2654435769);

-- The first owner after `after` (null: of all) with events to be fanned out in these generations.
create or replace function webhooks.next_outbox_owner(live integer[], after uuid) returns uuid
language plpgsql stable
set search_path = ''
as $$
begin
  return (
    select o.owner
    from unnest(live) as g (generation)
    cross join lateral (
      select o.owner from webhooks.outbox o
      where o.generation = g.generation and o.set_aside_at is null
        and o.owner >= coalesce(after, webhooks.no_owner()) and o.owner is distinct from after
      order by o.owner
      limit 1
    ) o
    order by o.owner
    limit 1);
end
$$;

-- Owners with events to be fanned out, at most `most`, the one at `start` or next to it last. A few looks
-- at the index per owner, however many events an owner has waiting.
create or replace function webhooks.outbox_owners(live integer[], start uuid, most integer)
returns uuid[]
language plpgsql stable
set search_path = ''
as $$
declare
  owners uuid[] := '{}';
  next uuid := webhooks.next_outbox_owner(live, start);
begin
  while next is not null and cardinality(owners) < most loop
    owners := owners || next;
    next := webhooks.next_outbox_owner(live, next);
  end loop;
  next := webhooks.next_outbox_owner(live, null);
  while next <= start and cardinality(owners) < most loop
    owners := owners || next;
    next := webhooks.next_outbox_owner(live, next);
  end loop;
  return owners;
end
$$;

-- Up to `most` events of the outbox, an equal share of each owner, oldest first. Locks none: another
-- worker may take the events that this one does not come to.
create or replace function webhooks.pick_from_outbox(most integer)
returns setof webhooks.outbox
language plpgsql volatile
set search_path = ''
as $$
declare
  live constant integer[] := webhooks.live_generations('webhooks.outbox_generation');
  owners constant uuid[] := webhooks.outbox_owners(live, webhooks.next_turn(), most);
  share constant integer := ceil(most::numeric / greatest(cardinality(owners), 1));
begin
  return query
    select t.*
    from unnest(owners) with ordinality as r (owner, nth)
    cross join lateral (
      select o.*
      from unnest(live) as g (generation)
      cross join lateral (
        select o.* from webhooks.outbox o
        where o.generation = g.generation and o.owner = r.owner and o.set_aside_at is null
        order by o.event_ref
        limit share
      ) o
      order by o.event_ref
      limit share
    ) t
    order by r.nth, t.event_ref;
end
$$;

-- What is said of an event whose fan-out failed. After three failures it is set aside: metrics
-- show it, and nothing else waits for it.
create or replace function webhooks.note_fan_out_failure(event webhooks.outbox, problem text)
returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  update webhooks.outbox o set
    failures = o.failures + 1,
    last_error = problem,
    set_aside_at = case when o.failures + 1 >= 3 then now() end
  where o.event_ref = event.event_ref;
end
$$;

-- Has events that were set aside tried again, and answers how many. For the operator.
create or replace function webhooks.retry_set_aside_events() returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  events integer;
begin
  update webhooks.outbox o
  set set_aside_at = null, failures = 0,
    generation = webhooks.written_generation('webhooks.outbox_generation')
  where o.set_aside_at is not null;
  get diagnostics events = row_count;
  return events;
end
$$;

-- How many of `room` deliveries of an event may be claimed, if its payload has `bytes` and `left_bytes`
-- (null: any) may still be sent. The first of a batch always may.
create or replace function webhooks.claims_of(
  room integer, bytes integer, left_bytes integer, is_first boolean
) returns integer
language sql immutable
return case when left_bytes is null then room
  else least(room, greatest(left_bytes / greatest(bytes, 1), is_first::integer)) end;

-- Fans out events that are stored, and claims the deliveries made, up to `claim_limit` of them, of
-- `max_bytes` of payloads, for `lease_seconds`; nothing where `most_leased` deliveries are leased. Each event by itself: one that fails is rolled back alone. Begins no event
-- after 300 ms or 2,000 endpoints. Renews the pump's lease, or ends it where nothing is left.
--
-- Answers {batch, due, stored}: for `batch` see webhooks.batch(); `due` says that claiming may find
-- something, `stored` that fan-out may: where it found something now, more may be stored while that
-- is sent.
create or replace function public.fan_out_webhook_events(
  claim_limit integer, lease_seconds integer, max_bytes integer default null,
  most_leased integer default null
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
  picked webhooks.outbox;
  step webhooks.outbox;
  event webhooks.stored_event;
  done webhooks.fanned_out;
  endpoints integer := 0;
  bytes integer := webhooks.max_batch_bytes();
  sent_bytes integer := max_bytes;
  claimed uuid[] := '{}';
  is_more boolean;
begin
  if not webhooks.has_room(most_leased) then
    return jsonb_build_object('batch', webhooks.batch('{}'), 'due', true, 'stored', true);
  end if;
  perform webhooks.begin_generation('webhooks.outbox_generation');
  for picked in select * from webhooks.pick_from_outbox(greatest(claim_limit, 1)) loop
    exit when endpoints > 2000 or clock_timestamp() > now() + interval '300 milliseconds'
      or cardinality(claimed) >= greatest(claim_limit, 1);
    select o.* into step from webhooks.outbox o
    where o.event_ref = picked.event_ref
    for update skip locked;
    continue when not found;
    select e.id, e.event_id, e.event_type, e.user_id, e.max_attempts, e.deliver_at, e.expires_at,
      octet_length(e.payload), false
    into event from public.webhook_events e where e.id = step.event_ref;
    -- One that is gone is set aside below.
    continue when found and not webhooks.lock_event(event.ref);
    begin
      done := webhooks.fan_out(event, step.after_endpoint, step.only_endpoint, step.except_endpoint,
        case when event.bytes <= bytes then webhooks.claims_of(
            claim_limit - cardinality(claimed), event.bytes, sent_bytes, claimed = '{}')
          else 0 end,
        lease_seconds);
      if done.next_after is null then
        delete from webhooks.outbox o
        where o.event_ref = step.event_ref;
      else
        update webhooks.outbox o set after_endpoint = done.next_after
        where o.event_ref = step.event_ref;
      end if;
    exception
      -- No fault of the event: the next fan-out tries it again.
      when deadlock_detected then
        continue;
      when others or query_canceled then
        perform webhooks.note_fan_out_failure(step, sqlerrm);
        continue;
    end;
    endpoints := endpoints + done.wanted;
    if cardinality(done.claimed) > 0 then
      claimed := claimed || done.claimed;
      bytes := bytes - event.bytes;
      sent_bytes := sent_bytes - cardinality(done.claimed) * event.bytes;
    end if;
  end loop;
  is_more := cardinality(claimed) > 0 or webhooks.is_stored();
  if is_more then
    perform webhooks.renew_pump(cardinality(claimed) >= claim_limit and webhooks.is_stored());
  else
    perform webhooks.end_pump();
  end if;
  return jsonb_build_object(
    'batch', webhooks.batch(claimed), 'due', webhooks.is_due(), 'stored', is_more);
end
$$;

-- Whether fan-out may find something.
create or replace function webhooks.is_stored() returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (
    select from unnest(webhooks.live_generations('webhooks.outbox_generation')) as g (generation)
    cross join lateral (
      select from webhooks.outbox o
      where o.generation = g.generation and o.set_aside_at is null
      limit 1
    ) o);
end
$$;

revoke all on function
  webhooks.event_patterns(text), webhooks.back_off_after(),
  webhooks.wanting_endpoints(text, uuid, uuid, uuid, uuid),
  webhooks.fan_out(webhooks.stored_event, uuid, uuid, uuid, integer, integer),
  webhooks.ring_point(bigint, bigint), webhooks.next_turn(), webhooks.next_outbox_owner(integer[], uuid),
  webhooks.outbox_owners(integer[], uuid, integer), webhooks.pick_from_outbox(integer),
  webhooks.note_fan_out_failure(webhooks.outbox, text), webhooks.retry_set_aside_events(),
  webhooks.claims_of(integer, integer, integer, boolean), webhooks.is_stored()
  from public;
revoke all on function public.fan_out_webhook_events(integer, integer, integer, integer)
  from public, anon, authenticated;
grant execute on function
  webhooks.event_patterns(text), webhooks.back_off_after(),
  webhooks.wanting_endpoints(text, uuid, uuid, uuid, uuid),
  webhooks.fan_out(webhooks.stored_event, uuid, uuid, uuid, integer, integer),
  webhooks.ring_point(bigint, bigint), webhooks.next_turn(), webhooks.next_outbox_owner(integer[], uuid),
  webhooks.outbox_owners(integer[], uuid, integer), webhooks.pick_from_outbox(integer),
  webhooks.note_fan_out_failure(webhooks.outbox, text), webhooks.retry_set_aside_events(),
  webhooks.claims_of(integer, integer, integer, boolean), webhooks.is_stored(),
  public.fan_out_webhook_events(integer, integer, integer, integer)
  to service_role;
-- Owners' functions look up what a type is matched by, and whether an endpoint backs off.
grant execute on function webhooks.event_patterns(text), webhooks.back_off_after() to anon, authenticated;
