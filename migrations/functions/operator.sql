-- What operators do: who is calling, the audit log, and actions on deliveries and endpoints of any owner.
--
-- Each call of the operator's has `session_hash`, the hash of a session of the console. It is null for holders of the service
-- key, who need none: no other role may call these functions.

-- The name of who is calling, for the audit log: `service key` without a session. Every session may read. Raises 401 for one
-- that has ended, and 403 for one without the scope.
create or replace function webhooks.require_operator(session_hash text, scope text) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  link webhooks.page_links;
begin
  if session_hash is null then
    return 'service key';
  end if;
  link := webhooks.require_page_session(true, session_hash);
  if scope = 'write' and not scope = any (link.scopes) then
    raise sqlstate 'PT403' using message = 'The session may read only: the scope write is missing',
      hint = 'insufficient_scope';
  end if;
  return link.operator;
end
$$;

-- Notes what was done. `owner` is the owner whom it concerned, if it is one.
create or replace function webhooks.note_action(operator text, action text, owner uuid, details jsonb) returns void
language sql volatile
set search_path = ''
as $$
  insert into webhooks.audit_log (operator, action, owner, details)
  values (note_action.operator, note_action.action, note_action.owner, jsonb_strip_nulls(note_action.details))
$$;

-- What was done, newest first: {data, next_before}. `call`: a JSON object as text, with `before`, the next_before of the page
-- before, or nothing.
create or replace function public.list_webhook_audit_log(call text, session_hash text default null) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  most constant integer := 100;
  operator constant text := webhooks.require_operator(session_hash, 'read');
  before constant text := webhooks.read_fields(call, '{"before": "text"}') ->> 'before';
begin
  if before !~ '^[1-9][0-9]{0,8}$' then
    perform webhooks.refuse_field('before', 'must be a whole number');
  end if;
  return (
    with page as materialized (
      select l.* from webhooks.audit_log l
      where l.id < coalesce(before::bigint, 9223372036854775807)
      order by l.id desc
      limit most + 1
    ),
    shown as (
      select p.* from page p order by p.id desc limit most
    )
    select jsonb_build_object(
      'data', coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'at', webhooks.utc(l.at), 'operator', l.operator,
        'action', l.action, 'owner', l.owner, 'details', l.details) order by l.id desc), '[]'),
      'next_before', case when (select count(*) from page) > most then min(l.id) end)
    from shown l
  );
end
$$;

-- Deletes up to `most` lines of the audit log that are older than `before`. Answers how many.
create or replace function webhooks.purge_audit_log(before timestamptz, most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.audit_log l
  where l.id = any (array(
    select o.id from (
      select o.id, o.at from webhooks.audit_log o order by o.id limit most
    ) o
    where o.at < before));
  get diagnostics purged = row_count;
  return purged;
end
$$;

-- The endpoints of an owner, or of all, by id: up to 1,000 from `cursor` on, and in `next_cursor` where those after them begin,
-- if there may be any. This one of them, where `endpoint_id` is given; active ones alone where `must_be_active`.
create or replace function webhooks.endpoints_from(
  owner uuid, endpoint_id uuid, must_be_active boolean, cursor uuid, out ids uuid[], out next_cursor uuid
)
language plpgsql stable
set search_path = ''
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_variable
declare
  most constant integer := 1000;
begin
  ids := array(
    select e.id from public.webhook_endpoints e
    where e.user_id is not null and (owner is null or e.user_id = owner) and (endpoint_id is null or e.id = endpoint_id)
      and (cursor is null or e.id > cursor) and (e.is_active or not must_be_active)
    order by e.id
    limit most);
  if endpoint_id is not null and ids = '{}' and cursor is null then
    perform webhooks.refuse_field('endpoint_id',
      case when must_be_active then 'is no active endpoint' else 'is no endpoint' end);
  end if;
  next_cursor := ids[most];
end
$$;

-- Has failed deliveries sent again (`action` is resend_deliveries), or ends deliveries that wait (cancel_deliveries). Answers
-- {matched, resent, more, next_cursor} or {matched, cancelled, more, next_cursor}. `call` is a JSON object as text: one of owner,
-- endpoint_id and all, and any of event_type, since, until, dry_run and cursor. One call looks at 1,000 endpoints and finds up to
-- 10,000 of their deliveries. The next call goes on at `next_cursor`: with the same endpoints, if they had more.
create or replace function webhooks.act_on_deliveries(action text, call text, session_hash text) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'write');
  which constant jsonb := webhooks.read_fields(call, '{"owner": "uuid", "endpoint_id": "uuid", "all": "boolean",
    "event_type": "text", "since": "text", "until": "text", "dry_run": "boolean", "cursor": "uuid"}');
  is_dry_run constant boolean := coalesce((which ->> 'dry_run')::boolean, false);
  endpoint_id constant uuid := which ->> 'endpoint_id';
  start constant uuid := which ->> 'cursor';
  endpoints record;
  next_cursor uuid;
  answer jsonb;
begin
  if not which ?| array['owner', 'endpoint_id'] and which -> 'all' is distinct from 'true' then
    perform webhooks.refuse_field('owner', 'or endpoint_id must be there, or all, which is true');
  end if;
  if which ->> 'event_type' !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' or length(which ->> 'event_type') > 100 then
    perform webhooks.refuse_field('event_type', 'must be the name of an event type');
  end if;
  endpoints := webhooks.endpoints_from((which ->> 'owner')::uuid, endpoint_id, action = 'resend_deliveries', start);
  if action = 'resend_deliveries' then
    answer := webhooks.resend(
      endpoints.ids, which ->> 'event_type', which ->> 'since', which ->> 'until', is_dry_run);
  else
    answer := webhooks.cancel(endpoints.ids, which ->> 'event_type', which ->> 'since', which ->> 'until', is_dry_run,
      'Cancelled by the operator');
  end if;
  -- What a dry run found is still there.
  next_cursor := case when (answer ->> 'more')::boolean and not is_dry_run
    then coalesce(start, '00000000-0000-0000-0000-000000000000') else endpoints.next_cursor end;
  answer := answer || jsonb_build_object('more', next_cursor is not null, 'next_cursor', next_cursor);
  if not is_dry_run then
    perform webhooks.note_action(operator, action, coalesce((which ->> 'owner')::uuid, (
        select e.user_id from public.webhook_endpoints e where e.id = endpoint_id)),
      which - 'owner' - 'dry_run' - 'cursor' || answer - 'more' - 'next_cursor');
  end if;
  return answer;
end
$$;

-- Has failed deliveries of active endpoints sent again: see webhooks.act_on_deliveries().
create or replace function public.resend_webhook_deliveries_of(call text, session_hash text default null) returns jsonb
language sql volatile
set search_path = ''
as $$
  select webhooks.act_on_deliveries('resend_deliveries', call, session_hash)
$$;

-- Ends deliveries that wait: see webhooks.act_on_deliveries().
create or replace function public.cancel_webhook_deliveries_of(call text, session_hash text default null) returns jsonb
language sql volatile
set search_path = ''
as $$
  select webhooks.act_on_deliveries('cancel_deliveries', call, session_hash)
$$;

-- Switches endpoints off or on, of an owner or by their ids: {matched, changed}. `call`: a JSON object as text with owner or
-- endpoint_ids, and dry_run. What an owner switched off is left out.
create or replace function webhooks.switch_endpoints_of(is_active boolean, call text, session_hash text) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_variable
declare
  operator constant text := webhooks.require_operator(session_hash, 'write');
  which constant jsonb := webhooks.read_fields(call, '{"owner": "uuid", "endpoint_ids": "texts", "dry_run": "boolean"}');
  owner constant uuid := which ->> 'owner';
  named constant uuid[] := array(
    select webhooks.parse_uuid(i.id) from jsonb_array_elements_text(which -> 'endpoint_ids') as i (id));
  ids uuid[];
  changed uuid[] := '{}';
begin
  if which ? 'endpoint_ids' and (cardinality(named) not between 1 and 1000 or array_position(named, null) is not null) then
    perform webhooks.refuse_field('endpoint_ids', 'must be a list of 1 to 1000 ids');
  elsif owner is null and named = '{}' then
    perform webhooks.refuse_field('owner', 'or endpoint_ids must be there');
  end if;
  ids := array(
    select e.id from public.webhook_endpoints e
    where e.user_id is not null and (owner is null or e.user_id = owner)
      and (named = '{}' or e.id = any (named))
      and case when is_active then not e.is_active and e.disabled_reason is not null else e.is_active end
    order by e.id);
  if not coalesce((which ->> 'dry_run')::boolean, false) then
    -- In the order of their ids, as an owner's switch.
    perform e.id from public.webhook_endpoints e where e.id = any (ids) order by e.id for no key update;
    with switched as (
      update public.webhook_endpoints e set
        is_active = switch_endpoints_of.is_active,
        disabled_reason = case when not switch_endpoints_of.is_active then 'Paused by the operator' end
      where e.id = any (ids) and e.is_active <> switch_endpoints_of.is_active
        and (e.is_active or e.disabled_reason is not null)
      returning e.id
    )
    select coalesce(array_agg(s.id order by s.id), '{}') into changed from switched s;
    perform webhooks.note_action(operator, case when is_active then 'resume_endpoints' else 'pause_endpoints' end,
      coalesce(owner, (
        select min(e.user_id::text)::uuid from public.webhook_endpoints e
        where e.id = any (changed) having count(distinct e.user_id) = 1)),
      jsonb_build_object('endpoint_ids', changed[:100], 'changed', cardinality(changed)));
  end if;
  return jsonb_build_object('matched', cardinality(ids), 'changed', cardinality(changed));
end
$$;

-- Switches active endpoints off. Their owners see why, and can switch them on.
create or replace function public.pause_webhook_endpoints_of(call text, session_hash text default null) returns jsonb
language sql volatile
set search_path = ''
as $$
  select webhooks.switch_endpoints_of(false, call, session_hash)
$$;

-- Switches endpoints on that the operator paused, or that were disabled because they failed.
create or replace function public.resume_webhook_endpoints_of(call text, session_hash text default null) returns jsonb
language sql volatile
set search_path = ''
as $$
  select webhooks.switch_endpoints_of(true, call, session_hash)
$$;

revoke all on function
  webhooks.require_operator(text, text), webhooks.note_action(text, text, uuid, jsonb),
  webhooks.purge_audit_log(timestamptz, integer), webhooks.endpoints_from(uuid, uuid, boolean, uuid),
  webhooks.act_on_deliveries(text, text, text),
  webhooks.switch_endpoints_of(boolean, text, text)
  from public;
revoke all on function
  public.list_webhook_audit_log(text, text), public.resend_webhook_deliveries_of(text, text),
  public.cancel_webhook_deliveries_of(text, text), public.pause_webhook_endpoints_of(text, text),
  public.resume_webhook_endpoints_of(text, text)
  from public, anon, authenticated;
grant execute on function
  webhooks.require_operator(text, text), webhooks.note_action(text, text, uuid, jsonb),
  webhooks.purge_audit_log(timestamptz, integer), webhooks.endpoints_from(uuid, uuid, boolean, uuid),
  webhooks.act_on_deliveries(text, text, text),
  webhooks.switch_endpoints_of(boolean, text, text),
  public.list_webhook_audit_log(text, text), public.resend_webhook_deliveries_of(text, text),
  public.cancel_webhook_deliveries_of(text, text), public.pause_webhook_endpoints_of(text, text),
  public.resume_webhook_endpoints_of(text, text)
  to service_role;
