-- Deliveries: what owners see of them and have sent again.

-- Notes that a delivery is due, and counts one that another program wrote or a change of its
-- outcome. Run by the triggers for every write that is neither a claim nor a recording.

-- Trigger: a delivery that another program inserted, such as the edge functions before.
create or replace function webhooks.delivery_inserted() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  insert into webhooks.tally (endpoint_id, deliveries, failed)
  values (new.endpoint_id, 1, (new.status = 'failed')::integer);
  if new.status in ('pending', 'retrying') then
    insert into webhooks.due_log (endpoint_id, due_at) values (new.endpoint_id, new.next_retry_at);
  end if;
  return null;
end
$$;

-- Trigger: a delivery that was given back, sent again, ended without an attempt, or changed by hand. Where it was ordered
-- and has ended, the next leaves.
create or replace function webhooks.delivery_updated() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  if (new.status = 'failed') <> (old.status = 'failed') then
    insert into webhooks.tally (endpoint_id, failed)
    values (new.endpoint_id, (new.status = 'failed')::integer - (old.status = 'failed')::integer);
  end if;
  if new.status in ('pending', 'retrying') then
    if new.next_retry_at < 'infinity' then
      insert into webhooks.due_log (endpoint_id, due_at) values (new.endpoint_id, new.next_retry_at);
    end if;
  elsif new.order_key is not null and old.status in ('pending', 'retrying') then
    perform webhooks.release_next(new.endpoint_id, new.order_key);
  end if;
  return null;
end
$$;

-- Trigger: attempts go with their delivery. No foreign key: it would look the delivery up again
-- for each attempt that is recorded.
create or replace function webhooks.deliveries_deleted() returns trigger
language plpgsql volatile security definer
set search_path = ''
set enable_seqscan = off
as $$
begin
  delete from public.webhook_delivery_attempts a
  where a.delivery_id = any (array(select r.id from removed r));
  return null;
end
$$;

-- A delivery as lists show it.
create or replace function webhooks.delivery_object(delivery public.webhook_deliveries)
returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  is_waiting constant boolean := delivery.order_key is not null and delivery.status in ('pending', 'retrying')
    and webhooks.is_behind_another(delivery.endpoint_id, delivery.order_key, delivery.event_ref);
begin
  return jsonb_build_object(
    'id', delivery.id, 'event_type', delivery.event_type, 'event_id', delivery.event_id,
    'status', delivery.status, 'attempts', delivery.attempts,
    'max_attempts', delivery.max_attempts, 'response_status', delivery.response_status,
    'response_time_ms', delivery.response_time_ms,
    'created_at', webhooks.utc(delivery.created_at),
    'delivered_at', webhooks.utc(delivery.delivered_at),
    'next_retry_at', case when not is_waiting then webhooks.utc(nullif(delivery.next_retry_at, 'infinity')) end,
    'is_waiting', is_waiting, 'passed_over_at', webhooks.utc(delivery.passed_over_at),
    'last_error', delivery.last_error);
end
$$;

-- An endpoint's deliveries, newest first: {deliveries, next_cursor}. `cursor` is the
-- next_cursor of the page before; null means that there is no more. `since` is included,
-- `until` is not; both are about created_at.
create or replace function public.list_webhook_deliveries(
  endpoint_id uuid, status text default null, event_type text default null,
  since text default null, until text default null, cursor text default null,
  page_size integer default 50
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set enable_seqscan = off
as $$
declare
  endpoint constant jsonb := webhooks.require_endpoint(endpoint_id, 'read');
  from_time constant timestamptz := coalesce(webhooks.parse_time('since', since), '-infinity');
  to_time constant timestamptz := coalesce(webhooks.parse_time('until', until), 'infinity');
  last_time timestamptz;
  last_id uuid;
  answer jsonb;
begin
  if status not in ('pending', 'retrying', 'success', 'failed') then
    perform webhooks.refuse_field('status', 'must be pending, retrying, success or failed');
  end if;
  if (page_size between 1 and 100) is not true then
    perform webhooks.refuse_field('limit', 'must be a whole number from 1 to 100');
  end if;
  begin
    -- The last delivery's time, in microseconds since 1970, and its id.
    if cursor !~ '^\d{1,16}_[0-9a-f-]{36}$' then
      raise invalid_text_representation;
    end if;
    last_time := 'epoch'::timestamptz + split_part(cursor, '_', 1)::bigint * interval '1 microsecond';
    last_id := split_part(cursor, '_', 2)::uuid;
  exception when data_exception then
    perform webhooks.refuse_field('cursor', 'must be the next_cursor of the page before');
  end;

  -- The condition on the status is written out, so that the index of that status is used.
  execute format($query$
    with page as (
      select d as delivery, d.created_at, d.id from public.webhook_deliveries d
      where d.endpoint_id = $1 and d.created_at >= $2 and d.created_at < $3
        and d.created_at <= coalesce($4, 'infinity')
        and ($4 is null or d.created_at < $4 or d.id > $5)
        %s %s
      order by d.created_at desc, d.id
      limit $6 + 1
    ),
    numbered as (
      select p.*, row_number() over (order by p.created_at desc, p.id) as nth from page p
    )
    select jsonb_build_object(
      'deliveries', coalesce(jsonb_agg(webhooks.delivery_object(n.delivery)
        order by n.nth) filter (where n.nth <= $6), '[]'),
      'next_cursor', (
        select (extract(epoch from l.created_at) * 1000000)::bigint || '_' || l.id
        from numbered l where l.nth = $6 and exists (select from numbered m where m.nth > $6)
      ))
    from numbered n
  $query$,
    case when status is not null then format('and d.status = %L', status) end,
    case when event_type is not null then 'and d.event_type = $7' end)
  into answer
  using endpoint_id, from_time, to_time, last_time, last_id, page_size, event_type;
  return answer;
end
$$;

-- The caller's delivery, or a 404.
create or replace function webhooks.require_delivery(
  endpoint_id uuid, delivery_id uuid, scope text
) returns public.webhook_deliveries
language plpgsql volatile
set search_path = ''
as $$
declare
  endpoint constant jsonb := webhooks.require_endpoint(endpoint_id, scope);
  delivery public.webhook_deliveries;
begin
  select d.* into delivery
  from public.webhook_deliveries d
  where d.id = delivery_id and d.endpoint_id = require_delivery.endpoint_id;
  if not found then
    raise sqlstate 'PT404' using message = 'Delivery not found', hint = 'not_found';
  end if;
  return delivery;
end
$$;

-- One delivery with its payload and every attempt, as JSON text: what was sent is shown with
-- the digits it was sent with.
create or replace function public.get_webhook_delivery(endpoint_id uuid, delivery_id uuid)
returns text
language plpgsql volatile
set search_path = ''
set jit = off
as $$
declare
  delivery constant public.webhook_deliveries :=
    webhooks.require_delivery(endpoint_id, delivery_id, 'read');
begin
  return webhooks.delivery_object(delivery) || jsonb_build_object(
    'response_body', delivery.response_body,
    'payload', coalesce(delivery.payload, (
      select e.payload::jsonb from public.webhook_events e where e.id = delivery.event_ref)),
    'attempt_log', coalesce((
      select jsonb_agg(jsonb_build_object(
        'attempt', a.attempt, 'attempted_at', webhooks.utc(a.attempted_at),
        'response_status', a.response_status, 'response_time_ms', a.response_time_ms,
        'response_body', a.response_body, 'error', a.error) order by a.attempt)
      from public.webhook_delivery_attempts a
      where a.delivery_id = get_webhook_delivery.delivery_id
    ), '[]'));
end
$$;

-- Refuses what an inactive endpoint cannot be sent.
create or replace function webhooks.require_active(endpoint jsonb) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not (endpoint ->> 'is_active')::boolean then
    raise sqlstate 'PT409' using
      message = 'The endpoint is switched off: switch it on first', hint = 'endpoint_disabled';
  end if;
end
$$;

-- Makes deliveries due now, of these endpoints, with as many attempts as they had at first, and answers how many. One that
-- is due already, claimed just now, waiting for another, or erased stays as it is.
create or replace function webhooks.make_due(ids uuid[], endpoints uuid[], as_replay boolean) returns integer
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  count integer;
begin
  -- In the order of their ids, as all who lock deliveries.
  perform from public.webhook_deliveries d
  where d.id = any (ids) and d.endpoint_id = any (endpoints)
  order by d.id
  for no key update;
  update public.webhook_deliveries d set
    status = case when d.attempts > 0 then 'retrying' else 'pending' end,
    attempts_before_resend =
      case when d.status in ('success', 'failed') then d.attempts else d.attempts_before_resend end,
    unrecorded_claims = 0,
    is_replay = as_replay,
    next_retry_at = now()
  where d.id = any (ids) and d.endpoint_id = any (endpoints) and not d.is_erased
    and (d.status in ('success', 'failed')
      or d.next_retry_at > now() and d.next_retry_at < 'infinity' and d.leased_until is null);
  get diagnostics count = row_count;
  return count;
end
$$;

-- The same of one of the caller's endpoints. Runs as its owner: users may not write the table.
create or replace function webhooks.send_again(endpoint_id uuid, ids uuid[]) returns integer
language plpgsql volatile security definer
set search_path = ''
set jit = off
set enable_seqscan = off
as $$
declare
  owned constant jsonb := webhooks.require_endpoint(send_again.endpoint_id, 'write');
begin
  return webhooks.make_due(ids, array[send_again.endpoint_id], false);
end
$$;

-- Has one delivery sent again, whatever its state.
create or replace function public.resend_webhook_delivery(endpoint_id uuid, delivery_id uuid)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  delivery public.webhook_deliveries :=
    webhooks.require_delivery(endpoint_id, delivery_id, 'write');
begin
  perform webhooks.require_active(webhooks.require_endpoint(endpoint_id, 'write'));
  if delivery.is_erased then
    raise sqlstate 'PT409' using message = 'The event was erased', hint = 'event_erased';
  end if;
  perform webhooks.send_again(endpoint_id, array[delivery_id]);
  delivery := webhooks.require_delivery(endpoint_id, delivery_id, 'write');
  return webhooks.delivery_object(delivery);
end
$$;

-- Has an endpoint's failed deliveries sent again that were created in a window of at most 14
-- days: {recovered, more}. Up to 10,000 at a time, oldest first; `more` says that there are
-- others, for another call.
create or replace function public.recover_webhook_deliveries(
  endpoint_id uuid, since text, until text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set enable_seqscan = off
as $$
declare
  most constant integer := 10000;
  endpoint constant jsonb := webhooks.require_endpoint(endpoint_id, 'write');
  from_time constant timestamptz := webhooks.parse_time('since', since);
  to_time constant timestamptz := coalesce(webhooks.parse_time('until', until), now());
  ids uuid[];
begin
  if from_time is null then
    perform webhooks.refuse_field('since', 'is required');
  end if;
  if to_time <= from_time or to_time - from_time > interval '14 days' then
    perform webhooks.refuse_field('until', 'must be later than since, by at most 14 days');
  end if;
  perform webhooks.require_active(endpoint);
  select array_agg(f.id) into ids
  from (
    select d.id from public.webhook_deliveries d
    where d.endpoint_id = recover_webhook_deliveries.endpoint_id and d.status = 'failed'
      and d.created_at >= from_time and d.created_at < to_time
    order by d.created_at
    limit most + 1
  ) f;
  return jsonb_build_object(
    'recovered', webhooks.send_again(endpoint_id, coalesce(ids[:most], '{}')),
    'more', coalesce(cardinality(ids), 0) > most);
end
$$;

-- Makes an example event for this endpoint only: the catalogue's example of `event_type`, or of
-- the first type the endpoint is subscribed to, or `data` (a JSON object, as text). Answers the delivery.
create or replace function public.test_webhook_endpoint(
  endpoint_id uuid, event_type text default null, data text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  endpoint constant jsonb := webhooks.require_endpoint(endpoint_id, 'write');
  example constant jsonb := webhooks.parse_json('data', data);
  type public.webhook_event_types;
begin
  if jsonb_typeof(example) <> 'object' then
    perform webhooks.refuse_field('data', 'must be a JSON object');
  end if;
  perform webhooks.require_active(endpoint);
  select t.* into type
  from public.webhook_event_types t
  where t.name <> '*' and t.archived_at is null and case when event_type is null
    then webhooks.event_patterns(t.name)
      && array(select jsonb_array_elements_text(endpoint -> 'events'))
    else t.name = event_type end
  order by t.created_at, t.name
  limit 1;
  if not found then
    raise sqlstate 'PT400' using
      message = format('Invalid event type: %s', left(coalesce(event_type, 'none'), 100)),
      hint = 'unknown_event_type',
      detail = jsonb_build_object('field', 'event_type', 'valid_events', (
        select jsonb_agg(t.name order by t.name) from public.webhook_event_types t
        where t.name <> '*' and t.archived_at is null));
  end if;
  return webhooks.make_test(endpoint_id, type.name, coalesce(example, type.example, '{}'));
end
$$;

-- Stores a test event and its delivery to one of the caller's endpoints, and answers the delivery.
-- Runs as its owner: users may not write the tables.
create or replace function webhooks.make_test(endpoint_id uuid, event_type text, data jsonb)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  owned constant jsonb := webhooks.require_endpoint(endpoint_id, 'write');
  caller constant uuid := webhooks.caller('write');
  test_id constant text := 'test_' || gen_random_uuid();
  event webhooks.new_event := row(test_id, event_type, caller, 1, null, null, null, webhooks.number_refusal(data));
  delivery public.webhook_deliveries;
begin
  if event.refusal is null then
    event := webhooks.with_payload(event, data);
  end if;
  if event.refusal is not null then
    raise exception using errcode = 'PT' || (event.refusal ->> 'status'), message = event.refusal ->> 'error',
      hint = event.refusal ->> 'code', detail = event.refusal - array['status', 'code', 'error'];
  end if;
  perform webhooks.fan_out(webhooks.store_event(event), null, endpoint_id, null, 0, 0);
  select d.* into delivery
  from public.webhook_deliveries d
  where d.event_id = test_id and d.endpoint_id = make_test.endpoint_id;
  return webhooks.delivery_object(delivery);
end
$$;

revoke all on function
  webhooks.delivery_inserted(), webhooks.delivery_updated(), webhooks.deliveries_deleted(),
  webhooks.delivery_object(public.webhook_deliveries),
  webhooks.require_delivery(uuid, uuid, text), webhooks.require_active(jsonb),
  webhooks.make_due(uuid[], uuid[], boolean), webhooks.send_again(uuid, uuid[]),
  webhooks.make_test(uuid, text, jsonb)
  from public;
revoke all on function
  public.list_webhook_deliveries(uuid, text, text, text, text, text, integer),
  public.get_webhook_delivery(uuid, uuid), public.resend_webhook_delivery(uuid, uuid),
  public.recover_webhook_deliveries(uuid, text, text), public.test_webhook_endpoint(uuid, text, text)
  from public, service_role;
grant execute on function
  webhooks.delivery_object(public.webhook_deliveries),
  webhooks.require_delivery(uuid, uuid, text), webhooks.require_active(jsonb),
  webhooks.send_again(uuid, uuid[]), webhooks.make_test(uuid, text, jsonb),
  public.list_webhook_deliveries(uuid, text, text, text, text, text, integer),
  public.get_webhook_delivery(uuid, uuid), public.resend_webhook_delivery(uuid, uuid),
  public.recover_webhook_deliveries(uuid, text, text), public.test_webhook_endpoint(uuid, text, text)
  to anon, authenticated;
grant execute on function webhooks.make_due(uuid[], uuid[], boolean) to service_role;
