-- Batch operations: on all of an owner's endpoints, or of their deliveries, that fit. With `dry_run` what fits is counted, and
-- nothing is changed.

-- Up to `most` deliveries of these endpoints, with these states, of this type and window, the oldest
-- of each endpoint first. Those under way are left out where `must_wait`.
create or replace function webhooks.find_deliveries(
  endpoints uuid[], states text[], event_type text, since text, until text, must_wait boolean, most integer
) returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_variable
declare
  from_time constant timestamptz := coalesce(webhooks.parse_time('since', since), '-infinity');
  to_time constant timestamptz := coalesce(webhooks.parse_time('until', until), 'infinity');
begin
  return array(
    select d.id
    from unnest(endpoints) as e (id)
    cross join unnest(states) as s (status)
    cross join lateral (
      select d.id from public.webhook_deliveries d
      where d.endpoint_id = e.id and d.status = s.status and d.status <> 'success'
        and d.created_at >= from_time and d.created_at < to_time
        and (event_type is null or d.event_type = event_type)
        and not d.is_erased and not (must_wait and d.leased_until is not null)
      order by d.created_at
      limit most
    ) d
    limit most);
end
$$;

-- The caller's endpoints, or this one of them; of active ones alone where `must_be_active`.
create or replace function webhooks.endpoints_for(endpoint_id uuid, must_be_active boolean) returns uuid[]
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('write');
begin
  if endpoint_id is not null then
    perform webhooks.require_endpoint(endpoint_id, 'write');
  end if;
  return array(
    select e.id from public.webhook_endpoints e
    where e.user_id = caller and (endpoint_id is null or e.id = endpoint_id)
      and (e.is_active or not must_be_active)
    order by e.id);
end
$$;

-- Has failed deliveries of these endpoints sent again: {matched, resent, more}, up to 10,000 at a time.
create or replace function webhooks.resend(
  endpoints uuid[], event_type text, since text, until text, dry_run boolean
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set enable_seqscan = off
as $$
declare
  most constant integer := 10000;
  ids constant uuid[] := webhooks.find_deliveries(
    endpoints, array['failed'], event_type, since, until, false, most + 1);
begin
  return jsonb_build_object('matched', least(cardinality(ids), most),
    'resent', case when dry_run then 0 else webhooks.make_due(ids[:most], endpoints, false) end,
    'more', cardinality(ids) > most);
end
$$;

-- Ends deliveries of these endpoints that wait, pending and retrying, as failed: {matched, cancelled, more}, up to 10,000 at a
-- time. One that is under way goes on. They can be sent again.
create or replace function webhooks.cancel(
  endpoints uuid[], event_type text, since text, until text, dry_run boolean, reason text
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set enable_seqscan = off
as $$
#variable_conflict use_variable
declare
  most constant integer := 10000;
  ids constant uuid[] := webhooks.find_deliveries(
    endpoints, array['pending', 'retrying'], event_type, since, until, true, most + 1);
  cancelled integer := 0;
begin
  if not dry_run then
    perform from public.webhook_deliveries d where d.id = any (ids[:most]) order by d.id for no key update;
    update public.webhook_deliveries d set
      status = 'failed', last_error = reason, next_retry_at = null
    where d.id = any (ids[:most]) and d.status in ('pending', 'retrying') and d.leased_until is null;
    get diagnostics cancelled = row_count;
  end if;
  return jsonb_build_object('matched', least(cardinality(ids), most), 'cancelled', cancelled,
    'more', cardinality(ids) > most);
end
$$;

-- Has the caller's failed deliveries sent again, of active endpoints: see webhooks.resend(). This and the next run as their owner:
-- users may not write the table.
create or replace function public.resend_webhook_deliveries(
  endpoint_id uuid default null, event_type text default null, since text default null,
  until text default null, dry_run boolean default false
) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  select webhooks.resend(webhooks.endpoints_for(endpoint_id, true), event_type, since, until, dry_run)
$$;

-- Ends the caller's deliveries that wait: see webhooks.cancel().
create or replace function public.cancel_webhook_deliveries(
  endpoint_id uuid default null, event_type text default null, since text default null,
  until text default null, dry_run boolean default false
) returns jsonb
language sql volatile security definer
set search_path = ''
as $$
  select webhooks.cancel(webhooks.endpoints_for(endpoint_id, false), event_type, since, until, dry_run,
    'Cancelled by its owner')
$$;

-- Switches the caller's endpoints off or on: those named, those whose metadata has `metadata` (a JSON object, as text), or
-- all. {matched, changed}: `matched` counts those that fit, `changed` those whose state changed.
create or replace function public.switch_webhook_endpoints(
  is_active boolean, endpoint_ids uuid[] default null, metadata text default null, dry_run boolean default false
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_variable
declare
  caller constant uuid := webhooks.require_caller('write');
  part constant jsonb := webhooks.parse_json('metadata', metadata);
  ids uuid[];
  changed integer := 0;
begin
  if part is not null and webhooks.metadata_problem(part) is not null then
    perform webhooks.refuse_field('metadata', webhooks.metadata_problem(part));
  end if;
  if cardinality(endpoint_ids) not between 1 and 1000 then
    perform webhooks.refuse_field('endpoint_ids', 'must be a list of 1 to 1000 ids');
  end if;
  ids := array(
    select e.id from public.webhook_endpoints e
    where e.user_id = caller and (endpoint_ids is null or e.id = any (endpoint_ids))
      and (part is null or e.metadata @> part)
    order by e.id);
  if not dry_run then
    -- In the order of their ids, as the operator's switch.
    perform e.id from public.webhook_endpoints e where e.id = any (ids) order by e.id for no key update;
    update public.webhook_endpoints e set is_active = switch_webhook_endpoints.is_active
    where e.id = any (ids) and e.user_id = caller and e.is_active <> switch_webhook_endpoints.is_active;
    get diagnostics changed = row_count;
    if not is_active then
      perform webhooks.forget_reasons(ids);
    end if;
  end if;
  return jsonb_build_object('matched', cardinality(ids), 'changed', changed);
end
$$;

revoke all on function
  webhooks.find_deliveries(uuid[], text[], text, text, text, boolean, integer),
  webhooks.endpoints_for(uuid, boolean), webhooks.resend(uuid[], text, text, text, boolean),
  webhooks.cancel(uuid[], text, text, text, boolean, text)
  from public;
grant execute on function
  webhooks.find_deliveries(uuid[], text[], text, text, text, boolean, integer),
  webhooks.resend(uuid[], text, text, text, boolean), webhooks.cancel(uuid[], text, text, text, boolean, text)
  to service_role;
revoke all on function
  public.resend_webhook_deliveries(uuid, text, text, text, boolean),
  public.cancel_webhook_deliveries(uuid, text, text, text, boolean),
  public.switch_webhook_endpoints(boolean, uuid[], text, boolean)
  from public, service_role;
grant execute on function
  public.resend_webhook_deliveries(uuid, text, text, text, boolean),
  public.cancel_webhook_deliveries(uuid, text, text, text, boolean),
  public.switch_webhook_endpoints(boolean, uuid[], text, boolean)
  to anon, authenticated;
