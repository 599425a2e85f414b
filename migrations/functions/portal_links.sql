-- Links that open the portal for an owner.
--
-- `deliver` makes the token of a link, and `manage` the session that it opens. The database has their hashes only. A link
-- opens one session, once.

-- A link to a portal as the API shows it: without hashes.
create or replace function webhooks.portal_link_object(link webhooks.portal_links) returns jsonb
language sql stable
return jsonb_build_object(
    'id', link.id, 'owner', link.user_id, 'scopes', link.scopes, 'endpoint_id', link.endpoint_id,
    'created_at', webhooks.utc(link.created_at), 'expires_at', webhooks.utc(link.expires_at),
    'opened_at', webhooks.utc(link.opened_at));

-- Stores a link to the portal of an owner. `link`: a JSON object as text with owner, scopes (both), expires_in (3600 seconds) and
-- endpoint_id, the endpoint of the owner's that the page begins with.
create or replace function public.create_webhook_portal_link(link text, token_hash text) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  new constant jsonb := webhooks.read_fields(link,
    '{"owner": "uuid", "scopes": "texts", "expires_in": "whole", "endpoint_id": "uuid"}');
  owner constant uuid := (new ->> 'owner')::uuid;
  first_endpoint constant uuid := (new ->> 'endpoint_id')::uuid;
  seconds constant integer := coalesce((new ->> 'expires_in')::integer, 3600);
  scopes constant text[] := array(
    select distinct s from jsonb_array_elements_text(coalesce(new -> 'scopes', '["read", "write"]')) as s order by s);
  made webhooks.portal_links;
begin
  perform webhooks.check_hash('token_hash', token_hash);
  if owner is null then
    perform webhooks.refuse_field('owner', 'is required');
  end if;
  if seconds not between 60 and 86400 then
    perform webhooks.refuse_field('expires_in', 'must be a whole number of seconds from 60 to 86400');
  end if;
  if not (scopes <@ array['read', 'write'] and cardinality(scopes) > 0) then
    perform webhooks.refuse_field('scopes', 'must be a list of read, write or both');
  end if;
  if first_endpoint is not null and not exists (
    select from public.webhook_endpoints e
    where e.id = first_endpoint and e.user_id = owner)
  then
    perform webhooks.refuse_field('endpoint_id', 'is no endpoint of this owner');
  end if;
  insert into webhooks.portal_links as l (user_id, scopes, endpoint_id, token_hash, seconds, expires_at)
  values (owner, scopes, first_endpoint, create_webhook_portal_link.token_hash, seconds, now() + make_interval(secs => seconds))
  returning l.* into made;
  return webhooks.portal_link_object(made);
exception when foreign_key_violation then
  perform webhooks.refuse_field('owner', 'is no owner of webhooks');
end
$$;

-- Links to portals, and their sessions, that have not ended: the newest 100. `which`: a JSON object as text, with the `owner`
-- that they are of, or nothing.
create or replace function public.list_webhook_portal_links(which text) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  owner constant uuid := webhooks.read_fields(which, '{"owner": "uuid"}') ->> 'owner';
begin
  return (
    select coalesce(jsonb_agg(webhooks.portal_link_object(l) order by l.created_at desc, l.id), '[]')
    from (
      select l.* from webhooks.portal_links l
      where l.user_id = coalesce(owner, l.user_id)
        and l.expires_at > now() and l.revoked_at is null
      order by l.created_at desc, l.id
      limit 100
    ) l
  );
end
$$;

-- Ends a link to a portal and the session that it opened.
create or replace function public.revoke_webhook_portal_link(portal_link_id text) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  update webhooks.portal_links l set revoked_at = coalesce(l.revoked_at, now())
  where l.id = case when portal_link_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then portal_link_id::uuid end;
  if not found then
    raise sqlstate 'PT404' using message = 'Portal link not found', hint = 'not_found';
  end if;
end
$$;

-- Opens a session by the token of a link: {owner, scopes, endpoint_id, expires_at}. Without a token it answers the same of the
-- session that has this hash. Both hashes are `sha256_` and hex. Runs as its owner: the caller has no rights yet.
create or replace function public.open_webhook_portal(session_hash text, token_hash text default null) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  link webhooks.portal_links;
begin
  perform webhooks.check_hash('session_hash', session_hash);
  if token_hash is null then
    select l.* into link from webhooks.portal_links l
    where l.session_hash = open_webhook_portal.session_hash
      and l.revoked_at is null and l.expires_at > now();
  else
    update webhooks.portal_links l
    set session_hash = open_webhook_portal.session_hash, opened_at = now(),
      expires_at = now() + make_interval(secs => l.seconds)
    where l.token_hash = open_webhook_portal.token_hash
      and l.opened_at is null and l.revoked_at is null and l.expires_at > now()
    returning l.* into link;
  end if;
  if link.id is null then
    raise sqlstate 'PT401' using message = 'Invalid or missing authentication', hint = 'unauthorized';
  end if;
  return jsonb_build_object('owner', link.user_id, 'scopes', link.scopes, 'endpoint_id', link.endpoint_id,
    'expires_at', webhooks.utc(link.expires_at));
end
$$;

-- Deletes up to `most` links that ended a day ago. Answers how many.
create or replace function webhooks.purge_portal_links(most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.portal_links l
  where l.ctid = any (array(
    select o.ctid from webhooks.portal_links o where o.expires_at < now() - interval '1 day'
    order by o.expires_at limit most for update skip locked));
  get diagnostics purged = row_count;
  return purged;
end
$$;

revoke all on function
  webhooks.portal_link_object(webhooks.portal_links), webhooks.purge_portal_links(integer)
  from public;
revoke all on function
  public.create_webhook_portal_link(text, text), public.list_webhook_portal_links(text),
  public.revoke_webhook_portal_link(text)
  from public, anon, authenticated;
revoke all on function public.open_webhook_portal(text, text) from public, service_role;
grant execute on function
  webhooks.portal_link_object(webhooks.portal_links), webhooks.purge_portal_links(integer),
  public.create_webhook_portal_link(text, text), public.list_webhook_portal_links(text),
  public.revoke_webhook_portal_link(text)
  to service_role;
grant execute on function public.open_webhook_portal(text, text) to anon, authenticated;
