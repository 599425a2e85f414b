-- The operator's people: who is calling, what they did, and what they do to owners' things.
--
-- Each call of the operator's has `session_hash`, the hash of a session of the console. It is null for holders of the service
-- key, who need none: no other role may call these functions.

-- The name of who is calling, for the audit log: `service key` without a session. Raises 401 for a session that has ended, and
-- 403 for one without the scope.
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
  select l.* into link from webhooks.page_links l
  where l.session_hash = require_operator.session_hash and l.user_id is null
    and l.revoked_at is null and l.expires_at > now();
  if not found then
    raise sqlstate 'PT401' using message = 'Invalid or missing authentication', hint = 'unauthorized';
  end if;
  if not scope = any (link.scopes) then
    raise sqlstate 'PT403' using message = format('The session has not the scope %s', scope),
      hint = 'insufficient_scope';
  end if;
  return link.operator;
end
$$;

-- Notes what was done. `owner` is whose things it was done to, if they are of one.
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
    select jsonb_build_object(
      'data', coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'at', webhooks.utc(l.at), 'operator', l.operator,
        'action', l.action, 'owner', l.owner, 'details', l.details) order by l.id desc), '[]'),
      'next_before', case when count(*) = most then min(l.id) end)
    from (
      select l.* from webhooks.audit_log l
      where l.id < coalesce(before::bigint, 9223372036854775807)
      order by l.id desc
      limit most
    ) l
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

-- The endpoints of an owner, or of all; this one of them, where it is given; active ones alone where `must_be_active`.
create or replace function webhooks.endpoints_of_owner(owner uuid, endpoint_id uuid, must_be_active boolean) returns uuid[]
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_variable
declare
  ids constant uuid[] := array(
    select e.id from public.webhook_endpoints e
    where (owner is null or e.user_id = owner) and (endpoint_id is null or e.id = endpoint_id)
      and (e.is_active or not must_be_active)
    order by e.id);
begin
  if endpoint_id is not null and ids = '{}' then
    perform webhooks.refuse_field('endpoint_id',
      case when must_be_active then 'is no active endpoint' else 'is no endpoint' end);
  end if;
  return ids;
end
$$;

-- What resend and cancel may be told: a JSON object as text with owner, endpoint_id, event_type, since, until and dry_run, each of
-- which may be left out or null.
create or replace function webhooks.read_deliveries(call text) returns jsonb
language sql stable
set search_path = ''
as $$
  select '{"dry_run": false}' || webhooks.read_fields(call, '{"owner": "uuid", "endpoint_id": "uuid", "event_type": "text",
    "since": "text", "until": "text", "dry_run": "boolean"}')
$$;

-- Notes what was done to deliveries or endpoints, unless it was only counted. Gives the answer of the call.
create or replace function webhooks.note_batch(operator text, action text, which jsonb, answer jsonb) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
begin
  if not (which ->> 'dry_run')::boolean then
    perform webhooks.note_action(operator, action, (which ->> 'owner')::uuid, which - 'owner' - 'dry_run' || answer);
  end if;
  return answer;
end
$$;

-- Has failed deliveries sent again, of any owner: see webhooks.read_deliveries() and webhooks.resend().
create or replace function public.resend_webhook_deliveries_of(call text, session_hash text default null) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'write');
  which constant jsonb := webhooks.read_deliveries(call);
begin
  return webhooks.note_batch(operator, 'resend_deliveries', which, webhooks.resend(
    webhooks.endpoints_of_owner((which ->> 'owner')::uuid, (which ->> 'endpoint_id')::uuid, true),
    which ->> 'event_type', which ->> 'since', which ->> 'until', (which ->> 'dry_run')::boolean));
end
$$;

-- Ends deliveries that wait, of any owner: see webhooks.read_deliveries() and webhooks.cancel().
create or replace function public.cancel_webhook_deliveries_of(call text, session_hash text default null) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'write');
  which constant jsonb := webhooks.read_deliveries(call);
begin
  return webhooks.note_batch(operator, 'cancel_deliveries', which, webhooks.cancel(
    webhooks.endpoints_of_owner((which ->> 'owner')::uuid, (which ->> 'endpoint_id')::uuid, false),
    which ->> 'event_type', which ->> 'since', which ->> 'until', (which ->> 'dry_run')::boolean,
    'Cancelled by the operator'));
end
$$;

-- Switches endpoints off or on, of an owner or by their ids: {matched, changed}. `call`: a JSON object as text with owner or
-- endpoint_ids, and dry_run. Of inactive ones, those that an owner switched off are left out.
create or replace function webhooks.switch_endpoints_of(is_active boolean, call text, session_hash text) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_variable
declare
  operator constant text := webhooks.require_operator(session_hash, 'write');
  which constant jsonb := '{"dry_run": false}' || webhooks.read_fields(call,
    '{"owner": "uuid", "endpoint_ids": "texts", "dry_run": "boolean"}');
  owner constant uuid := (which ->> 'owner')::uuid;
  endpoint_ids uuid[];
  ids uuid[];
  changed integer := 0;
begin
  if jsonb_array_length(which -> 'endpoint_ids') not between 1 and 1000 or exists (
    select from jsonb_array_elements_text(which -> 'endpoint_ids') as i (id)
    where i.id !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
  then
    perform webhooks.refuse_field('endpoint_ids', 'must be a list of 1 to 1000 ids');
  end if;
  if which ? 'endpoint_ids' then
    endpoint_ids := array(select jsonb_array_elements_text(which -> 'endpoint_ids')::uuid);
  elsif owner is null then
    perform webhooks.refuse_field('owner', 'or endpoint_ids must be there');
  end if;
  ids := array(
    select e.id from public.webhook_endpoints e
    where e.user_id is not null and (owner is null or e.user_id = owner)
      and (endpoint_ids is null or e.id = any (endpoint_ids))
      and case when is_active then not e.is_active and e.disabled_reason is not null else e.is_active end
    order by e.id);
  if not (which ->> 'dry_run')::boolean then
    -- In one order, as all that lock endpoints.
    perform from public.webhook_endpoints e where e.id = any (ids) order by e.id for no key update;
    update public.webhook_endpoints e set
      is_active = switch_endpoints_of.is_active,
      disabled_reason = case when not switch_endpoints_of.is_active then 'Paused by the operator' end
    where e.id = any (ids) and e.is_active <> switch_endpoints_of.is_active;
    get diagnostics changed = row_count;
  end if;
  return webhooks.note_batch(operator, case when is_active then 'resume_endpoints' else 'pause_endpoints' end, which,
    jsonb_build_object('matched', cardinality(ids), 'changed', changed));
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
  webhooks.purge_audit_log(timestamptz, integer), webhooks.endpoints_of_owner(uuid, uuid, boolean),
  webhooks.read_deliveries(text), webhooks.note_batch(text, text, jsonb, jsonb),
  webhooks.switch_endpoints_of(boolean, text, text)
  from public;
revoke all on function
  public.list_webhook_audit_log(text, text), public.resend_webhook_deliveries_of(text, text),
  public.cancel_webhook_deliveries_of(text, text), public.pause_webhook_endpoints_of(text, text),
  public.resume_webhook_endpoints_of(text, text)
  from public, anon, authenticated;
grant execute on function
  webhooks.require_operator(text, text), webhooks.note_action(text, text, uuid, jsonb),
  webhooks.purge_audit_log(timestamptz, integer), webhooks.endpoints_of_owner(uuid, uuid, boolean),
  webhooks.read_deliveries(text), webhooks.note_batch(text, text, jsonb, jsonb),
  webhooks.switch_endpoints_of(boolean, text, text),
  public.list_webhook_audit_log(text, text), public.resend_webhook_deliveries_of(text, text),
  public.cancel_webhook_deliveries_of(text, text), public.pause_webhook_endpoints_of(text, text),
  public.resume_webhook_endpoints_of(text, text)
  to service_role;
