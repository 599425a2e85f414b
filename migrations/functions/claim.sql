-- Claims: due deliveries are leased to a worker, fairly between owners and then endpoints.
--
-- Rows are looked up one by one in lateral subqueries and changed by their ctid, which their locks keep
-- in place: joins would be planned by what the tables held when the session began.
--
-- A claim is five steps: the lines of due_log are read, endpoints whose wait is over are read, further
-- endpoints are taken from the queue owner by owner, deliveries are picked of all of these, and their next
-- turns are set. As long as they are few, endpoints of the first two steps have their turn at once, and
-- what is left of them is written to the queue: an endpoint with a delivery now and then has no row there.
-- A claim waits for no lock that anything but a claim holds for longer than its own statement.

-- Reads up to 50,000 lines of due_log: which endpoints have a turn in this claim, if they are `most`
-- at most. The others are noted in the queue. One claim at a time; the rest leave it to that one.
create or replace function webhooks.take_noted(most integer) returns webhooks.queue[]
language plpgsql volatile
set search_path = ''
as $$
declare
  live constant integer[] := webhooks.live_generations('webhooks.due_log_generation');
  ids uuid[];
  times timestamptz[];
  turns webhooks.queue[] := '{}';
begin
  if not exists (select from webhooks.due_log l where l.generation = any (live))
    or not pg_try_advisory_xact_lock(hashtextextended('webhooks.due_log', 0))
  then
    return turns;
  end if;
  with taken as (
    delete from webhooks.due_log l
    where l.ctid = any (array(
      select n.ctid from webhooks.due_log n where n.generation = any (live) limit 50000))
    returning l.endpoint_id, l.due_at
  ),
  noted as (
    select t.endpoint_id, min(t.due_at) as due_at from taken t group by t.endpoint_id
  )
  select array_agg(n.endpoint_id order by n.endpoint_id),
    array_agg(n.due_at order by n.endpoint_id)
  into ids, times
  from noted n;
  if cardinality(ids) <= most then
    turns := webhooks.turns_of(ids, times);
  end if;
  if cardinality(ids) > cardinality(turns) then
    perform webhooks.note_in_queue(ids, times, turns);
  end if;
  return turns;
end
$$;

-- The turns of endpoints with a delivery that is due since the time given, if the endpoint has no row
-- in the queue, or one that waits and is not held by a limit. Locks such rows.
create or replace function webhooks.turns_of(ids uuid[], times timestamptz[])
returns webhooks.queue[]
language plpgsql volatile
set search_path = ''
as $$
begin
  return array(
    select jsonb_populate_record(null::webhooks.queue, jsonb_build_object(
      'endpoint_id', n.endpoint_id, 'owner', coalesce(e.user_id, webhooks.no_owner()),
      'due_from', n.due_at, 'minute_claims', 0))
    from unnest(ids, times) as n (endpoint_id, due_at)
    cross join lateral (
      select p.user_id from public.webhook_endpoints p where p.id = n.endpoint_id limit 1
    ) e
    left join lateral (
      select q.endpoint_id from webhooks.queue q where q.endpoint_id = n.endpoint_id limit 1
    ) q on true
    where n.due_at <= now() and q.endpoint_id is null
    union all
    select jsonb_populate_record(q.turn,
      jsonb_build_object('due_from', least(n.due_at, (q.turn).due_from)))
    from unnest(ids, times) as n (endpoint_id, due_at)
    cross join lateral (
      select q as turn from webhooks.queue q
      where q.endpoint_id = n.endpoint_id and q.waits_until is not null
        and ((q.held_until > now()) is not true or n.due_at = '-infinity')
      for update skip locked
    ) q
    where n.due_at <= now());
end
$$;

-- Notes in the queue that endpoints have a delivery due at the times given. Endpoints that have
-- their turn in this claim are left out.
create or replace function webhooks.note_in_queue(
  ids uuid[], times timestamptz[], turns webhooks.queue[]
) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into webhooks.queue as q (endpoint_id, owner, due_from, waits_until)
  select n.endpoint_id, coalesce(e.user_id, webhooks.no_owner()), n.due_at,
    case when n.due_at > now() then n.due_at end
  from unnest(ids, times) as n (endpoint_id, due_at)
  cross join lateral (
    select p.user_id from public.webhook_endpoints p where p.id = n.endpoint_id limit 1
  ) e
  where n.endpoint_id <> all (array(select t.endpoint_id from unnest(turns) as t))
  order by n.endpoint_id
  on conflict (endpoint_id) do update set
    due_from = least(q.due_from, excluded.due_from),
    held_until = case when excluded.due_from > '-infinity' then q.held_until end,
    waits_until = case
      when excluded.due_from = '-infinity' then null
      when q.held_until > now() then q.held_until
      when q.waits_until is not null and excluded.waits_until is not null
        then least(q.waits_until, excluded.waits_until)
    end
  -- Rows that say it already stay as they are.
  where excluded.due_from < q.due_from
    or q.waits_until is not null and coalesce(excluded.waits_until, '-infinity') < q.waits_until
      and (q.held_until > now()) is not true;
end
$$;

-- Where the waits in the queue begin: none ended earlier.
create or replace function webhooks.waits_from() returns timestamptz
language plpgsql volatile
set search_path = ''
as $$
begin
  return to_timestamp(coalesce(pg_sequence_last_value('webhooks.waits_from'), 0));
end
$$;

-- Moves waits_from() on, to the first wait that has not ended. It stays ten seconds behind, in which
-- a claim that notes a wait has long been committed. Must not see this transaction's changes: they
-- may be rolled back, and a sequence is not. From `since` on, or where that is null, once in ten
-- seconds, from where it is.
create or replace function webhooks.move_waits_from(since timestamptz default null) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  start constant timestamptz := coalesce(since, webhooks.waits_from());
  first timestamptz;
begin
  if start > now() - interval '20 seconds' then
    return;
  end if;
  select w.waits_until into first from webhooks.queue w
  where w.waits_until >= start order by w.waits_until limit 1;
  perform setval('webhooks.waits_from', floor(extract(epoch from
    least(first, now() - interval '10 seconds')))::bigint);
end
$$;

-- Endpoints whose wait is over, if they are `most` at most: they have a turn in this claim. If they
-- are more, 1,000 of them become due. Endpoints that have a turn already are left out.
create or replace function webhooks.take_waiting(most integer, turns webhooks.queue[])
returns webhooks.queue[]
language plpgsql volatile
set search_path = ''
as $$
declare
  have_turn constant uuid[] := array(select t.endpoint_id from unnest(turns) as t);
  start constant timestamptz := webhooks.waits_from();
  waiting constant webhooks.queue[] := array(
    select w from webhooks.queue w
    where w.waits_until >= start and w.waits_until <= now() and w.endpoint_id <> all (have_turn)
    order by w.waits_until
    limit most + 1
    for update skip locked);
begin
  if cardinality(waiting) <= most then
    return waiting;
  end if;
  update webhooks.queue q set waits_until = null, held_until = null
  where q.endpoint_id = any (array(
    select w.endpoint_id from webhooks.queue w
    where w.waits_until >= start and w.waits_until <= now() and w.endpoint_id <> all (have_turn)
    order by w.waits_until
    limit 1000
    for update skip locked));
  return '{}';
end
$$;

-- Owners with something due, at most `most`, from `start` on around the ring. One look at the index
-- per owner.
create or replace function webhooks.due_owners(start uuid, most integer) returns uuid[]
language plpgsql stable
set search_path = ''
as $$
declare
  owners uuid[] := '{}';
  next uuid;
begin
  select q.owner into next from webhooks.queue q
  where q.waits_until is null and q.owner >= start
  order by q.owner, q.endpoint_id limit 1;
  while next is not null and cardinality(owners) < most loop
    owners := owners || next;
    select q.owner into next from webhooks.queue q
    where q.waits_until is null and q.owner > next
    order by q.owner, q.endpoint_id limit 1;
  end loop;
  select q.owner into next from webhooks.queue q
  where q.waits_until is null
  order by q.owner, q.endpoint_id limit 1;
  while next < start and cardinality(owners) < most loop
    owners := owners || next;
    select q.owner into next from webhooks.queue q
    where q.waits_until is null and q.owner > next
    order by q.owner, q.endpoint_id limit 1;
  end loop;
  return owners;
end
$$;

-- Takes and locks about `most` due endpoints: an equal share of each owner. Owners and each owner's
-- endpoints are rings, which every claim begins at another point. Endpoints that another claim has are skipped.
create or replace function webhooks.take_turns(most integer) returns webhooks.queue[]
language plpgsql volatile
set search_path = ''
as $$
declare
  owners constant uuid[] := webhooks.due_owners(webhooks.next_turn(), most);
  -- A step of its own, 2^32 times the fraction of the square root of 2: with that of the owners, an
  -- owner's turn would always begin at the same endpoint.
  start constant uuid := webhooks.ring_point(currval('webhooks.turns'), 1779033703);
  share constant integer := ceil(most::numeric / greatest(cardinality(owners), 1));
begin
  return array(
    select t::webhooks.queue
    from unnest(owners) as o (owner)
    cross join lateral (
      select a.* from (
        select q.* from webhooks.queue q
        where q.waits_until is null and q.owner = o.owner and q.endpoint_id >= start
        order by q.endpoint_id
        limit share
        for update skip locked
      ) a
      union all
      select b.* from (
        select q.* from webhooks.queue q
        where q.waits_until is null and q.owner = o.owner and q.endpoint_id < start
        order by q.endpoint_id
        limit share
        for update skip locked
      ) b
      limit share
    ) t);
end
$$;

-- How many deliveries each of these endpoints may be sent in this minute: {endpoint_id, room,
-- is_limited, is_slow, is_gone}. An endpoint that backs off has room for one, one that is deleted
-- for none.
create or replace function webhooks.rooms(turns webhooks.queue[], most integer)
returns table (
  endpoint_id uuid, room integer, is_limited boolean, is_slow boolean, is_gone boolean)
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    select t.endpoint_id,
      case when e.id is null then 0
        when l.per_minute is null then most
        else greatest(l.per_minute - case
          when t.minute = date_bin('1 minute', now(), 'epoch') then t.minute_claims else 0 end, 0) end,
      l.per_minute is not null, coalesce(h.is_slow, false), e.id is null
    from unnest(turns) as t
    left join lateral (
      select e.id, e.rate_limit_per_minute, e.is_active from public.webhook_endpoints e
      where e.id = t.endpoint_id limit 1
    ) e on true
    left join lateral (
      select h.consecutive_failures, h.is_slow from webhooks.endpoint_health h
      where h.endpoint_id = t.endpoint_id limit 1
    ) h on true
    cross join lateral (
      -- What an inactive endpoint has waiting is not sent, so that no limit applies.
      select case when e.is_active then least(e.rate_limit_per_minute,
        case when h.consecutive_failures >= webhooks.back_off_after() then 1 end) end as per_minute
    ) l;
end
$$;

-- Picks and locks due deliveries of the endpoints, at most `most` of them, of which at most
-- `most_slow` go to endpoints whose last attempt timed out. They are in the order in which they
-- are to be sent: the first of each owner, then the second of each, and so on.
create or replace function webhooks.pick_deliveries(
  turns webhooks.queue[], most integer, most_slow integer
) returns setof webhooks.picked
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_column
begin
  return query
    with turn as materialized (
      select t.endpoint_id, t.owner, t.due_from, r.room, r.is_slow,
        -- An equal share of each owner, and of that for each of the owner's endpoints.
        ceil(most::numeric / o.owners / count(*) over (partition by t.owner))::integer as share
      from unnest(turns) as t
      join webhooks.rooms(turns, most) r using (endpoint_id)
      cross join (select count(distinct a.owner) as owners from unnest(turns) as a) o
    ),
    shares as materialized (
      select t.endpoint_id, t.owner, t.due_from, t.room, t.is_slow, t.share,
        d.id, d.next_retry_at, d.is_ordered, d.nth
      from turn t
      cross join lateral (
        select l.*, row_number() over (order by l.next_retry_at, l.id) as nth
        from (
          select d.id, d.next_retry_at, d.order_key is not null as is_ordered
          from public.webhook_deliveries d
          where d.endpoint_id = t.endpoint_id and d.status in ('pending', 'retrying')
            and d.next_retry_at >= t.due_from and d.next_retry_at <= now()
            and d.leased_until is null
          order by d.next_retry_at
          limit least(t.share, t.room)
          for update skip locked
        ) l
      ) d
    ),
    -- What some owners leave of their share is not left unused.
    rest as materialized (
      select s.endpoint_id, s.owner, s.is_slow, d.id, d.next_retry_at, d.is_ordered, d.nth + s.share as nth
      from shares s
      cross join lateral (
        select l.*, row_number() over (order by l.next_retry_at, l.id) as nth
        from (
          select d.id, d.next_retry_at, d.order_key is not null as is_ordered
          from public.webhook_deliveries d
          where d.endpoint_id = s.endpoint_id and d.status in ('pending', 'retrying')
            and d.next_retry_at >= s.due_from and d.next_retry_at <= now()
            and d.leased_until is null
          order by d.next_retry_at
          offset s.share
          limit s.room - s.share
          for update skip locked
        ) l
      ) d
      where s.nth = s.share and s.room > s.share and not s.is_slow
        and (select count(*) filter (where not c.is_slow)
          + least(count(*) filter (where c.is_slow), most_slow) from shares c) < most
    ),
    due as (
      select s.endpoint_id, s.owner, s.is_slow, s.id, s.next_retry_at, s.is_ordered, s.nth from shares s
      union all
      select r.endpoint_id, r.owner, r.is_slow, r.id, r.next_retry_at, r.is_ordered, r.nth from rest r
    ),
    rounds as (
      select d.*,
        row_number() over (partition by d.owner order by d.nth, d.is_slow, d.lot, d.next_retry_at,
          d.id) as round
      from (
        -- Slow endpoints have few places: which of them get one is drawn by lot, so that each does.
        select u.*, case when u.is_slow then random() end as lot from due u
      ) d
    ),
    placed as (
      select r.id, r.endpoint_id, r.is_slow, r.is_ordered,
        row_number() over (order by r.round, r.next_retry_at, r.id) as place,
        row_number() over (partition by r.is_slow order by r.round, r.lot, r.next_retry_at, r.id)
          as place_of_kind
      from rounds r
    )
    select p.id, p.endpoint_id, p.place, p.is_ordered
    from placed p
    where not p.is_slow or p.place_of_kind <= most_slow
    order by p.place
    limit most;
end
$$;

-- Ends the deliveries among the picked that can no longer be sent, and answers them: [{id,
-- endpoint_id, status, error}]. Their endpoint is inactive, their event expired, or 20 claims in a row ended
-- without a result.
create or replace function webhooks.settle(picked webhooks.picked[]) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  settled jsonb;
begin
  with judged as (
    select d.row_id, case
        when not e.is_active then 'Endpoint was disabled'
        when d.payload is null and v.id is null then 'The event is gone'
        when v.expires_at <= now() then 'The event expired'
        when d.is_erased then 'The event was erased'
        when d.unrecorded_claims >= 20
          then format('Given up: %s claims in a row ended without a result', d.unrecorded_claims)
      end as problem
    from unnest(picked) as p
    cross join lateral (
      select d.ctid as row_id, d.unrecorded_claims, d.event_ref, d.payload, d.is_erased
      from public.webhook_deliveries d
      where d.id = p.delivery_id limit 1
    ) d
    left join lateral (
      select e.id, e.is_active from public.webhook_endpoints e where e.id = p.endpoint_id limit 1
    ) e on true
    left join lateral (
      select v.id, v.expires_at from public.webhook_events v where v.id = d.event_ref limit 1
    ) v on true
  ),
  ended as (
    update public.webhook_deliveries d
    set status = 'failed', last_error = j.problem, next_retry_at = null
    from judged j
    where d.ctid = j.row_id and j.problem is not null
    returning d.id, d.endpoint_id, d.status, d.last_error
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', e.id, 'endpoint_id', e.endpoint_id, 'status', e.status, 'error', e.last_error)), '[]')
  into settled
  from ended e;
  return settled;
end
$$;

-- Whether fewer than `most_leased` deliveries (null: any) are leased: so many workers are at work.
create or replace function webhooks.has_room(most_leased integer) returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return most_leased is null or most_leased > (
    select count(*) from (
      select from public.webhook_deliveries d where d.leased_until > now() limit most_leased) l);
end
$$;

-- Leases the picked deliveries that are still to be sent, as many as fit into max_batch_bytes(), where
-- each payload counts once, and into `max_bytes` (null: any), where it counts for each delivery,
-- and answers their ids in the order of sending. Each claim in a row without a result is leased
-- twice as long as the one before, up to 8 hours.
create or replace function webhooks.lease(
  picked webhooks.picked[], lease_seconds integer, max_bytes integer
) returns uuid[]
language plpgsql volatile
set search_path = ''
as $$
declare
  leased_ids uuid[];
begin
  with wanted as materialized (
    select d.row_id, p.place, octet_length(v.payload) as bytes,
      row_number() over (partition by coalesce(d.event_ref::text, d.id::text) order by p.place) = 1
        as is_first
    from unnest(picked) as p
    cross join lateral (
      select d.ctid as row_id, d.id, d.event_ref, d.payload, d.status
      from public.webhook_deliveries d
      where d.id = p.delivery_id limit 1
    ) d
    left join lateral (
      select e.payload from public.webhook_events e where e.id = d.event_ref limit 1
    ) e on true
    cross join lateral (select coalesce(e.payload, d.payload::text) as payload) v
    -- What settle() ended is not sent.
    where d.status in ('pending', 'retrying')
  ),
  fitting as (
    select w.row_id, w.place
    from (
      select w.*, sum(w.bytes) filter (where w.is_first) over (order by w.place) as total,
        sum(w.bytes) over (order by w.place) as sent, min(w.place) over () as first_place
      from wanted w
    ) w
    where w.total <= webhooks.max_batch_bytes() and (w.sent <= max_bytes or max_bytes is null)
      or w.place = w.first_place
  ),
  leased as (
    update public.webhook_deliveries d set
      claims = d.claims + 1,
      unrecorded_claims = d.unrecorded_claims + 1,
      leased_until = now() + make_interval(secs => least(
        lease_seconds * 2.0 ^ d.unrecorded_claims, greatest(lease_seconds, 28800)))
    from fitting f
    where d.ctid = f.row_id
    returning d.id, f.place
  )
  select coalesce(array_agg(l.id order by l.place), '{}')
  into leased_ids
  from leased l;
  return leased_ids;
end
$$;

-- Sets the next turn of the endpoints that a claim took, `claimed` of whose deliveries it leased.
create or replace function webhooks.set_next_turns(turns webhooks.queue[], claimed uuid[])
returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  this_minute constant timestamptz := date_bin('1 minute', now(), 'epoch');
begin
  with used as materialized (
    select d.endpoint_id, count(*)::integer as claims
    from unnest(claimed) as c (id)
    cross join lateral (
      select d.endpoint_id from public.webhook_deliveries d where d.id = c.id limit 1
    ) d
    group by d.endpoint_id
  ),
  found as materialized (
    select t.endpoint_id, t.owner, t.due_from, case when not r.is_gone then n.due_at end as due_at,
      r.is_limited, r.is_limited and r.room <= coalesce(u.claims, 0) as is_used_up,
      case when t.minute = this_minute then t.minute_claims else 0 end + coalesce(u.claims, 0)
        as minute_claims
    from unnest(turns) as t
    join webhooks.rooms(turns, 2147483647) r using (endpoint_id)
    left join used u using (endpoint_id)
    left join lateral (
      select d.next_retry_at as due_at from public.webhook_deliveries d
      where d.endpoint_id = t.endpoint_id and d.status in ('pending', 'retrying')
        and d.next_retry_at >= t.due_from and d.next_retry_at < 'infinity' and d.leased_until is null
      order by d.next_retry_at
      limit 1
    ) n on true
  ),
  next as materialized (
    select f.endpoint_id, f.owner, coalesce(f.due_at, f.due_from) as due_from,
      case when f.is_used_up then this_minute + interval '1 minute' end as held_until,
      case
        when f.is_used_up or f.due_at is null
          then greatest(f.due_at, this_minute + interval '1 minute')
        when f.due_at > now() then f.due_at
      end as waits_until,
      case when f.is_limited then this_minute end as minute,
      case when f.is_limited then f.minute_claims else 0 end as minute_claims,
      -- A limited endpoint's row stays until the minute is over: it holds what is used of the limit.
      f.due_at is not null or f.is_limited and f.minute_claims > 0 as stays,
      q.row_id, q.row
    from found f
    left join lateral (
      select q.ctid as row_id, q as row from webhooks.queue q
      where q.endpoint_id = f.endpoint_id limit 1
    ) q on true
  ),
  added as (
    insert into webhooks.queue (
      endpoint_id, owner, due_from, held_until, waits_until, minute, minute_claims)
    select n.endpoint_id, n.owner, n.due_from, n.held_until, n.waits_until, n.minute, n.minute_claims
    from next n
    where n.row_id is null and n.stays
  ),
  gone as (
    delete from webhooks.queue q using next n
    where q.ctid = n.row_id and not n.stays
  )
  update webhooks.queue q set due_from = n.due_from, held_until = n.held_until,
    waits_until = n.waits_until, minute = n.minute, minute_claims = n.minute_claims
  from next n
  where q.ctid = n.row_id and n.stays
    -- A row is written only if it changes, for a later due_from once a second at most: an open
    -- snapshot keeps all versions.
    and ((n.held_until, n.waits_until, n.minute, n.minute_claims)
        is distinct from
        ((n.row).held_until, (n.row).waits_until, (n.row).minute, (n.row).minute_claims)
      or n.due_from < (n.row).due_from or n.due_from > (n.row).due_from + interval '1 second');
end
$$;

-- Whether a claim may find something.
create or replace function webhooks.is_due() returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return exists (select from webhooks.queue q where q.waits_until is null)
    or exists (
      select from webhooks.due_log l
      where l.generation = any (webhooks.live_generations('webhooks.due_log_generation'))
        and l.due_at <= now());
end
$$;

-- Deliveries as a worker needs them, in the order of sending: {payloads: [text], claimed: [{id,
-- endpoint_id, event_id, claim, attempts, url, secrets, payload, headers?, signature_headers?, is_slow?, is_replay?,
-- is_ordered?}]}.
--
-- `attempts` are those recorded so far, `secrets` newest first, `payload` is the place of the body
-- in `payloads`, where each event's is once, `headers` are the owner's own, `is_slow` says that the
-- endpoint's last attempt timed out, `is_replay` that a replay has it sent, `is_ordered` that another may leave when it has
-- ended.
create or replace function webhooks.batch(ids uuid[]) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  answer jsonb;
begin
  if cardinality(ids) = 0 then
    return '{"payloads": [], "claimed": []}';
  end if;
  with delivery as materialized (
    select c.nth, d.*,
      min(c.nth) over (partition by coalesce(d.event_ref::text, d.id::text)) as first_nth
    from unnest(ids) with ordinality as c (id, nth)
    cross join lateral (
      select d.id, d.endpoint_id, d.event_id, d.event_ref, d.claims, d.attempts, d.payload,
        d.is_replay, d.order_key
      from public.webhook_deliveries d where d.id = c.id limit 1
    ) d
  ),
  -- Before endpoints are joined: one that was deleted meanwhile must not shift the places.
  numbered as materialized (
    select d.*, dense_rank() over (order by d.first_nth) - 1 as place from delivery d
  ),
  claimed as (
    select d.nth, d.place as payload, d.id, d.endpoint_id,
      d.event_id, d.claims, d.attempts, d.is_replay, d.order_key, e.url, e.headers, e.signature_headers, h.is_slow,
      jsonb_build_array(e.secret) || case when e.previous_secrets = '{}' then '[]'::jsonb
        else to_jsonb(array(select s.secret from unnest(webhooks.signing_secrets(e.previous_secrets)) s))
        end as secrets
    from numbered d
    cross join lateral (
      select e.url, e.secret, e.previous_secrets, e.headers, e.signature_headers
      from public.webhook_endpoints e where e.id = d.endpoint_id limit 1
    ) e
    left join lateral (
      select h.is_slow from webhooks.endpoint_health h where h.endpoint_id = d.endpoint_id limit 1
    ) h on true
  )
  select jsonb_build_object(
    'payloads', (
      select jsonb_agg(coalesce(e.payload, d.payload::text) order by d.nth)
      from delivery d
      left join lateral (
        select e.payload from public.webhook_events e where e.id = d.event_ref limit 1
      ) e on true
      where d.nth = d.first_nth
    ),
    'claimed', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', c.id, 'endpoint_id', c.endpoint_id, 'event_id', c.event_id, 'claim', c.claims,
        'attempts', c.attempts, 'url', c.url, 'secrets', c.secrets, 'payload', c.payload)
        || case when c.headers = '{}' then '{}' else jsonb_build_object('headers', c.headers) end
        || case when c.signature_headers is null then '{}'
          else jsonb_build_object('signature_headers', c.signature_headers) end
        || case when c.is_slow then '{"is_slow": true}' else '{}'::jsonb end
        || case when c.is_replay then '{"is_replay": true}' else '{}'::jsonb end
        || case when c.order_key is not null then '{"is_ordered": true}' else '{}'::jsonb end
        order by c.nth), '[]')
      from claimed c
    )) into answer;
  return answer;
end
$$;

-- Claims up to `claim_limit` due deliveries for `lease_seconds`, of which at most `slow_limit` are
-- to endpoints whose last attempt timed out, and which send `max_bytes` of payloads; none where
-- `most_leased` are leased (each null: no limit).
--
-- Fair between owners, then between an owner's endpoints: each that is due gets an equal share of
-- the claim, oldest first. An endpoint with a limit gets no more than is left of it in this minute
-- of the clock, and its next turn is in the next one: by its owner's rate_limit_per_minute, or one
-- delivery while it backs off (see webhooks.back_off_after()). What can no longer be sent is settled
-- on the way. A claim does not change when a delivery is due: one that is given back keeps its place.
--
-- Answers {batch, settled, due, stored}: for `batch` see webhooks.batch(), for `settled`
-- webhooks.settle(); `due` says that claiming may find more, if only what another claim holds just
-- now, `stored` that fan-out may.
create or replace function public.claim_webhook_deliveries(
  claim_limit integer, lease_seconds integer, slow_limit integer default null,
  max_bytes integer default null, most_leased integer default null
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  turns webhooks.queue[];
  picked webhooks.picked[];
  settled jsonb;
  claimed uuid[];
begin
  if not webhooks.has_room(most_leased) then
    return jsonb_build_object(
      'batch', webhooks.batch('{}'), 'settled', jsonb_build_array(), 'due', true, 'stored', true);
  end if;
  perform webhooks.begin_generation('webhooks.due_log_generation');
  perform webhooks.move_waits_from();
  turns := webhooks.take_noted(claim_limit);
  turns := turns || webhooks.take_waiting(claim_limit, turns);
  turns := turns || webhooks.take_turns(claim_limit);
  picked := array(
    select p::webhooks.picked
    from webhooks.pick_deliveries(turns, claim_limit, coalesce(slow_limit, claim_limit)) p);
  if true = any (array(select p.is_ordered from unnest(picked) as p)) then
    picked := webhooks.keep_order(picked);
  end if;
  settled := webhooks.settle(picked);
  claimed := webhooks.lease(picked, lease_seconds, max_bytes);
  perform webhooks.set_next_turns(turns, claimed);
  return jsonb_build_object('batch', webhooks.batch(claimed), 'settled', settled,
    'due', webhooks.is_due(), 'stored', webhooks.is_stored());
end
$$;

revoke all on function
  webhooks.take_noted(integer), webhooks.turns_of(uuid[], timestamptz[]),
  webhooks.note_in_queue(uuid[], timestamptz[], webhooks.queue[]),
  webhooks.waits_from(), webhooks.move_waits_from(timestamptz),
  webhooks.take_waiting(integer, webhooks.queue[]), webhooks.due_owners(uuid, integer),
  webhooks.take_turns(integer), webhooks.rooms(webhooks.queue[], integer),
  webhooks.pick_deliveries(webhooks.queue[], integer, integer),
  webhooks.settle(webhooks.picked[]), webhooks.has_room(integer), webhooks.lease(webhooks.picked[], integer, integer),
  webhooks.set_next_turns(webhooks.queue[], uuid[]), webhooks.is_due(), webhooks.batch(uuid[])
  from public;
revoke all on function public.claim_webhook_deliveries(integer, integer, integer, integer, integer)
  from public, anon, authenticated;
grant execute on function
  webhooks.take_noted(integer), webhooks.turns_of(uuid[], timestamptz[]),
  webhooks.note_in_queue(uuid[], timestamptz[], webhooks.queue[]),
  webhooks.waits_from(), webhooks.move_waits_from(timestamptz),
  webhooks.take_waiting(integer, webhooks.queue[]), webhooks.due_owners(uuid, integer),
  webhooks.take_turns(integer), webhooks.rooms(webhooks.queue[], integer),
  webhooks.pick_deliveries(webhooks.queue[], integer, integer),
  webhooks.settle(webhooks.picked[]), webhooks.has_room(integer), webhooks.lease(webhooks.picked[], integer, integer),
  webhooks.set_next_turns(webhooks.queue[], uuid[]), webhooks.is_due(), webhooks.batch(uuid[]),
  public.claim_webhook_deliveries(integer, integer, integer, integer, integer)
  to service_role;
