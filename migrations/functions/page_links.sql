-- Links that open a page: the portal of an owner, or the console.
--
-- `deliver` makes the token of a link; the session that it opens is made by the worker that has the page. The database has their
-- hashes only. A link opens one session, once.

-- A link as the API shows it: without hashes.
create or replace function webhooks.page_link_object(link webhooks.page_links) returns jsonb
language sql stable
return jsonb_build_object(
    'id', link.id, 'operator', link.operator, 'scopes', link.scopes,
    'created_at', webhooks.utc(link.created_at), 'expires_at', webhooks.utc(link.expires_at),
    'opened_at', webhooks.utc(link.opened_at))
  || case when link.user_id is null then '{}'
    else jsonb_build_object('owner', link.user_id, 'endpoint_id', link.endpoint_id) end;

-- The session with this hash that has not ended: of the console, or of a portal. Null where there is none.
create or replace function webhooks.page_session(is_console boolean, hash text) returns webhooks.page_links
language sql stable
set search_path = ''
as $$
  select l from webhooks.page_links l
  where l.session_hash = hash and (l.user_id is null) = is_console and l.revoked_at is null and l.expires_at > now()
$$;

-- The same, which there has to be: raises 401 where there is none.
create or replace function webhooks.require_page_session(is_console boolean, hash text) returns webhooks.page_links
language plpgsql stable
set search_path = ''
as $$
declare
  link constant webhooks.page_links := webhooks.page_session(is_console, hash);
begin
  if link.id is null then
    raise sqlstate 'PT401' using message = 'Invalid or missing authentication', hint = 'unauthorized';
  end if;
  return link;
end
$$;

-- Stores a link, of which the fields scopes (both) and expires_in (`most_seconds` or an hour, whichever is less) are checked here.
create or replace function webhooks.add_page_link(
  fields jsonb, owner uuid, operator text, made_by uuid, first_endpoint uuid, token_hash text, most_seconds integer
) returns webhooks.page_links
language plpgsql volatile
set search_path = ''
as $$
declare
  seconds constant integer := coalesce((fields ->> 'expires_in')::integer, least(most_seconds, 3600));
  scopes constant text[] := array(
    select distinct s from jsonb_array_elements_text(coalesce(fields -> 'scopes', '["read", "write"]')) as s order by s);
  made webhooks.page_links;
begin
  perform webhooks.check_hash('token_hash', token_hash);
  if seconds not between 60 and most_seconds then
    perform webhooks.refuse_field('expires_in', 'must be a whole number of seconds from 60 to ' || most_seconds);
  end if;
  if not (scopes <@ array['read', 'write'] and cardinality(scopes) > 0) then
    perform webhooks.refuse_field('scopes', 'must be a list of read, write or both');
  end if;
  insert into webhooks.page_links as l
    (user_id, operator, made_by, scopes, endpoint_id, token_hash, seconds, expires_at)
  values (owner, add_page_link.operator, add_page_link.made_by, scopes, first_endpoint, add_page_link.token_hash, seconds,
    now() + make_interval(secs => seconds))
  returning l.* into made;
  return made;
end
$$;

-- Stores a link to the portal of an owner. `link`: a JSON object as text with owner, scopes, expires_in and endpoint_id, the
-- endpoint of the owner's that the page begins with. With the `session_hash` of a session of the console the link is for the
-- operator, who may only read, for a quarter of an hour, and no longer once that session is revoked.
create or replace function public.create_webhook_portal_link(
  link text, token_hash text, session_hash text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'read');
  is_view constant boolean := session_hash is not null;
  new jsonb := webhooks.read_fields(link,
    '{"owner": "uuid", "scopes": "texts", "expires_in": "whole", "endpoint_id": "uuid"}');
  owner constant uuid := (new ->> 'owner')::uuid;
  first_endpoint constant uuid := (new ->> 'endpoint_id')::uuid;
  made webhooks.page_links;
begin
  if owner is null then
    perform webhooks.refuse_field('owner', 'is required');
  end if;
  if first_endpoint is not null and not exists (
    select from public.webhook_endpoints e
    where e.id = first_endpoint and e.user_id = owner)
  then
    perform webhooks.refuse_field('endpoint_id', 'is no endpoint of this owner');
  end if;
  if is_view then
    new := '{"scopes": ["read"]}' || new;
    if new -> 'scopes' <> '["read"]' then
      perform webhooks.refuse_field('scopes', 'must be read alone: the operator looks, and changes nothing');
    end if;
  end if;
  made := webhooks.add_page_link(new, owner, case when is_view then operator end,
    (webhooks.page_session(true, session_hash)).id, first_endpoint, token_hash, case when is_view then 900 else 86400 end);
  if is_view then
    perform webhooks.note_action(operator, 'view_owner', owner, jsonb_build_object('endpoint_id', first_endpoint));
  end if;
  return webhooks.page_link_object(made);
exception when foreign_key_violation then
  perform webhooks.refuse_field('owner', 'is no owner of webhooks');
end
$$;

-- Stores a link to the console. `link`: a JSON object as text with operator, scopes and expires_in.
create or replace function public.create_webhook_console_link(link text, token_hash text) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  new constant jsonb := webhooks.read_fields(link,
    '{"operator": "text", "scopes": "texts", "expires_in": "whole"}');
  made webhooks.page_links;
begin
  -- Nothing that the audit log would show as something else.
  if (char_length(new ->> 'operator') between 1 and 100) is not true or new ->> 'operator' <> btrim(new ->> 'operator')
    or new ->> 'operator' ~ '[\x01-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]'
    or lower(new ->> 'operator') = webhooks.require_operator(null, 'read')
  then
    perform webhooks.refuse_field('operator', 'must be a name of 1 to 100 visible characters');
  end if;
  made := webhooks.add_page_link(new, null, new ->> 'operator', null, null, token_hash, 86400);
  perform webhooks.note_action(webhooks.require_operator(null, 'write'), 'create_console_link', null,
    jsonb_build_object('id', made.id, 'operator', made.operator, 'scopes', made.scopes));
  return webhooks.page_link_object(made);
end
$$;

-- Links to portals, and their sessions, that have not ended: the newest 100. `which`: a JSON object as text, with the `owner`
-- that they are of, or nothing.
create or replace function public.list_webhook_portal_links(which text, session_hash text default null) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'read');
  owner constant uuid := webhooks.read_fields(which, '{"owner": "uuid"}') ->> 'owner';
begin
  return (
    select coalesce(jsonb_agg(webhooks.page_link_object(l) order by l.created_at desc, l.id), '[]')
    from (
      select l.* from webhooks.page_links l
      where l.user_id = coalesce(owner, l.user_id)
        and l.expires_at > now() and l.revoked_at is null
      order by l.created_at desc, l.id
      limit 100
    ) l
  );
end
$$;

-- The same of links to the console.
create or replace function public.list_webhook_console_links(which text) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  fields constant jsonb := webhooks.read_fields(which, '{}');
begin
  return (
    select coalesce(jsonb_agg(webhooks.page_link_object(l) order by l.created_at desc, l.id), '[]')
    from (
      select l.* from webhooks.page_links l
      where l.user_id is null and l.expires_at > now() and l.revoked_at is null
      order by l.created_at desc, l.id
      limit 100
    ) l
  );
end
$$;

-- Ends a link and the session that it opened, and what was made with that session.
create or replace function webhooks.end_page_link(ended uuid) returns void
language sql volatile
set search_path = ''
as $$
  update webhooks.page_links l set revoked_at = now()
  where (l.id = ended or l.made_by = ended) and l.revoked_at is null
$$;

-- Ends a link to the console or to a portal.
create or replace function webhooks.revoke_page_link(id text, is_console boolean, operator text) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  revoked webhooks.page_links;
begin
  select l.* into revoked from webhooks.page_links l
  where l.id = webhooks.parse_uuid(revoke_page_link.id) and (l.user_id is null) = is_console;
  if revoked.id is null then
    raise sqlstate 'PT404' using hint = 'not_found',
      message = case when is_console then 'Console link not found' else 'Portal link not found' end;
  end if;
  perform webhooks.end_page_link(revoked.id);
  perform webhooks.note_action(operator,
    case when is_console then 'revoke_console_link' else 'revoke_portal_link' end, revoked.user_id,
    jsonb_build_object('id', revoked.id));
end
$$;

-- Ends a link to a portal and the session that it opened.
create or replace function public.revoke_webhook_portal_link(portal_link_id text, session_hash text default null) returns void
language sql volatile
set search_path = ''
as $$
  select webhooks.revoke_page_link(portal_link_id, false, webhooks.require_operator(session_hash, 'write'))
$$;

-- Ends a link to the console and the session that it opened.
create or replace function public.revoke_webhook_console_link(console_link_id text) returns void
language sql volatile
set search_path = ''
as $$
  select webhooks.revoke_page_link(console_link_id, true, webhooks.require_operator(null, 'write'))
$$;

-- Opens a session by the token of a link, or finds the one that has this hash where there is no token. Both hashes are
-- `sha256_` and hex.
create or replace function webhooks.open_page_link(is_console boolean, session_hash text, token_hash text)
returns webhooks.page_links
language plpgsql volatile
set search_path = ''
as $$
begin
  perform webhooks.check_hash('session_hash', session_hash);
  if token_hash is not null then
    update webhooks.page_links l
    set session_hash = open_page_link.session_hash, opened_at = now(),
      expires_at = now() + make_interval(secs => l.seconds)
    where l.token_hash = open_page_link.token_hash and (l.user_id is null) = is_console
      and l.opened_at is null and l.revoked_at is null and l.expires_at > now();
  end if;
  -- A token that opens nothing is refused, also where a session has this hash.
  return webhooks.require_page_session(is_console, case when token_hash is null or found then session_hash end);
end
$$;

-- Opens a session of the portal: {owner, scopes, endpoint_id, operator, expires_at}. See webhooks.open_page_link(). Runs as its
-- owner: the caller has no rights yet.
create or replace function public.open_webhook_portal(session_hash text, token_hash text default null) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  link constant webhooks.page_links := webhooks.open_page_link(false, session_hash, token_hash);
begin
  return jsonb_build_object('owner', link.user_id, 'scopes', link.scopes, 'endpoint_id', link.endpoint_id,
    'operator', link.operator, 'expires_at', webhooks.utc(link.expires_at));
end
$$;

-- Opens a session of the console: {operator, scopes, expires_at}.
create or replace function public.open_webhook_console(session_hash text, token_hash text default null) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  link constant webhooks.page_links := webhooks.open_page_link(true, session_hash, token_hash);
begin
  if token_hash is not null then
    perform webhooks.note_action(link.operator, 'open_console', null, jsonb_build_object('scopes', link.scopes));
  end if;
  return jsonb_build_object('operator', link.operator, 'scopes', link.scopes,
    'expires_at', webhooks.utc(link.expires_at));
end
$$;

-- Ends the session with this hash, of the console or of a portal, and gives its link.
create or replace function webhooks.close_page_link(is_console boolean, session_hash text) returns webhooks.page_links
language plpgsql volatile
set search_path = ''
as $$
declare
  link constant webhooks.page_links := webhooks.require_page_session(is_console, session_hash);
begin
  perform webhooks.end_page_link(link.id);
  return link;
end
$$;

-- Ends a session of the portal. Runs as its owner: the caller may not change links.
create or replace function public.close_webhook_portal(session_hash text) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  perform webhooks.close_page_link(false, session_hash);
end
$$;

-- Ends a session of the console.
create or replace function public.close_webhook_console(session_hash text) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  link constant webhooks.page_links := webhooks.close_page_link(true, session_hash);
begin
  perform webhooks.note_action(link.operator, 'close_console', null, '{}');
end
$$;

-- Deletes up to `most` links that ended a day ago. Answers how many.
create or replace function webhooks.purge_page_links(most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.page_links l
  where l.ctid = any (array(
    select o.ctid from webhooks.page_links o where o.expires_at < now() - interval '1 day'
    order by o.expires_at limit most for update skip locked));
  get diagnostics purged = row_count;
  return purged;
end
$$;

revoke all on function
  webhooks.page_link_object(webhooks.page_links), webhooks.add_page_link(jsonb, uuid, text, uuid, uuid, text, integer),
  webhooks.page_session(boolean, text), webhooks.require_page_session(boolean, text),
  webhooks.end_page_link(uuid), webhooks.revoke_page_link(text, boolean, text),
  webhooks.open_page_link(boolean, text, text), webhooks.close_page_link(boolean, text),
  webhooks.purge_page_links(integer)
  from public;
revoke all on function
  public.create_webhook_portal_link(text, text, text), public.create_webhook_console_link(text, text),
  public.list_webhook_portal_links(text, text), public.list_webhook_console_links(text),
  public.revoke_webhook_portal_link(text, text), public.revoke_webhook_console_link(text),
  public.open_webhook_console(text, text), public.close_webhook_console(text)
  from public, anon, authenticated;
revoke all on function public.open_webhook_portal(text, text), public.close_webhook_portal(text) from public, service_role;
grant execute on function
  webhooks.page_link_object(webhooks.page_links), webhooks.add_page_link(jsonb, uuid, text, uuid, uuid, text, integer),
  webhooks.page_session(boolean, text), webhooks.require_page_session(boolean, text),
  webhooks.end_page_link(uuid), webhooks.revoke_page_link(text, boolean, text),
  webhooks.open_page_link(boolean, text, text), webhooks.close_page_link(boolean, text),
  webhooks.purge_page_links(integer),
  public.create_webhook_portal_link(text, text, text), public.create_webhook_console_link(text, text),
  public.list_webhook_portal_links(text, text), public.list_webhook_console_links(text),
  public.revoke_webhook_portal_link(text, text), public.revoke_webhook_console_link(text),
  public.open_webhook_console(text, text), public.close_webhook_console(text)
  to service_role;
grant execute on function public.open_webhook_portal(text, text), public.close_webhook_portal(text) to anon, authenticated;
