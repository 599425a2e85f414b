-- Who is asking.

-- The API key of the request as its hash, or null: `sha256_` and hex, as keys are stored. The prefix
-- `nk_live_` is no part of what is hashed, and may be left out.
create or replace function webhooks.key_hash() returns text
language plpgsql stable
set search_path = ''
as $$
declare
  api_key constant text := webhooks.request_header('x-api-key');
begin
  return 'sha256_' || encode(
    sha256(convert_to(regexp_replace(api_key, '^nk_live_', ''), 'UTF8')), 'hex');
end
$$;

-- The owner and the scopes of an active key in the table `public.api_keys` of another program, as
-- {user_id, scopes}; null where there is no such table or key. The table is only read. Columns it
-- may lack: `scopes` (then the key may read and write), `expires_at` and `is_active`.
create or replace function webhooks.foreign_key(hash text) returns jsonb
language plpgsql stable security definer
set search_path = ''
as $$
declare
  key jsonb;
begin
  if to_regclass('public.api_keys') is null then
    return null;
  end if;
  execute 'select to_jsonb(k) from public.api_keys k where k.key_hash = $1' into key using hash;
  if key is null or key ? 'is_active' and (key ->> 'is_active')::boolean is not true
    or webhooks.parse_time('expires_at', nullif(key ->> 'expires_at', 'infinity')) <= now()
  then
    return null;
  end if;
  return jsonb_build_object('user_id', key -> 'user_id',
    'scopes', coalesce(nullif(key -> 'scopes', 'null'), '["read", "write"]'));
exception when undefined_column or data_exception or sqlstate 'PT400' then
  -- It is no table of API keys that this system knows.
  return null;
end
$$;

-- A header of the request. Null where there is none.
create or replace function webhooks.request_header(name text) returns text
language sql stable
return nullif(current_setting('request.headers', true), '')::json ->> name;

-- Who is behind the request: by the verified token, else by the API key in the header x-api-key. Every policy and
-- every function asks here. By a token it is the user, or, where webhook_use_owners() said so, the owner that the user acts
-- for; of several the one that the header x-webhook-owner names. `owner` is null where there is none, and where `problem`
-- says what is wrong. Runs as its owner: callers may not read keys.
create or replace function webhooks.identify() returns webhooks.identity
language plpgsql stable security definer
set search_path = ''
as $$
declare
  owners_function constant text := (select t.owners_function from webhooks.tenancy t);
  wanted constant text := webhooks.request_header('x-webhook-owner');
  who webhooks.identity;
begin
  if owners_function is null then
    begin
      who.owner := auth.uid();
    exception when invalid_text_representation then
      return null;
    end;
    who.scopes := array['read', 'write'];
  elsif (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'role') <> 'anon' then
    who := webhooks.owner_of_token(owners_function, wanted);
  end if;
  who.by_token := who.owner is not null or who.problem is not null;
  if not who.by_token then
    who := webhooks.owner_of_key();
    who.by_token := false;
  end if;
  if lower(wanted) <> who.owner::text and who.problem is null then
    who.problem := 'wrong_owner';
  end if;
  if who.problem is not null then
    who.owner := null;
  end if;
  return who;
end
$$;

-- The owner that the request's token acts for, of those that the operator's function gives.
create or replace function webhooks.owner_of_token(owners_function text, wanted text)
returns webhooks.identity
language plpgsql stable
set search_path = ''
as $$
declare
  who webhooks.identity;
  -- Where the answer to an ambiguous call would be long, it has some of them.
  most constant integer := 100;
begin
  execute format(
    'select o.owners[1], case when o.may_write then array[''read'', ''write''] else array[''read''] end, null,
      case when cardinality(o.owners) > 1 then ''owner_required'' when o.are_others then ''wrong_owner''
        when o.owners is null then ''no_owner'' end, o.owners[:%s]
    from (
      select array_agg(distinct r.owner) filter (where r.is_wanted) as owners,
        bool_or(r.role = ''write'') filter (where r.is_wanted) as may_write, count(*) > 0
          and count(*) filter (where r.is_wanted) = 0 as are_others
      from (
        select a.owner, a.role, $1 is null or a.owner::text = lower($1) as is_wanted
        from %s a where a.owner is not null and a.role in (''read'', ''write'')
      ) r
    ) o', most, owners_function) into who using wanted;
  return who;
end
$$;

-- The owner of the request's API key, or of the session of the portal that is sent in its place. One that is
-- unknown, revoked or expired has none.
create or replace function webhooks.owner_of_key() returns webhooks.identity
language plpgsql stable
set search_path = ''
as $$
declare
  who webhooks.identity;
  hash constant text := webhooks.key_hash();
  foreign_key jsonb;
begin
  if hash is null then
    return who;
  end if;
  select k.user_id, k.scopes into who.owner, who.scopes
  from public.webhook_api_keys k
  where k.key_hash = hash and k.is_active and (k.expires_at > now() or k.expires_at is null);
  if not found then
    select l.user_id, l.scopes into who.owner, who.scopes
    from webhooks.page_links l
    where l.session_hash = hash and l.user_id is not null and l.revoked_at is null and l.expires_at > now();
  end if;
  if not found then
    foreign_key := webhooks.foreign_key(hash);
    who.owner := foreign_key ->> 'user_id';
    who.scopes := array(select jsonb_array_elements_text(foreign_key -> 'scopes'));
  end if;
  return who;
end
$$;

-- The owner behind the request who may do what `scope` (read or write) says, or null.
create or replace function webhooks.caller(scope text default 'read') returns uuid
language sql stable
set search_path = ''
as $$
  select case when scope = any (i.scopes) then i.owner end from webhooks.identify() i
$$;

-- Notes that an API key of this system was used, at most once a minute. Runs as its owner:
-- callers may not write keys.
create or replace function webhooks.note_key_use() returns void
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  hash constant text := webhooks.key_hash();
begin
  update public.webhook_api_keys k set last_used_at = now()
  where k.id in (
    select u.id from public.webhook_api_keys u
    where u.key_hash = hash
      and (u.last_used_at is null or u.last_used_at < now() - interval '1 minute')
    -- A request beside this one notes it as well.
    for update skip locked
  );
end
$$;

-- The caller with this scope. Raises 401, which says the same whatever was wrong; 403 for a valid key or a member
-- without the scope, and for an owner that the caller does not act for; 400 where there are several and none was chosen.
create or replace function webhooks.require_caller(scope text default 'read') returns uuid
language plpgsql volatile
set search_path = ''
as $$
declare
  who constant webhooks.identity := webhooks.identify();
begin
  if who.problem = 'owner_required' then
    raise sqlstate 'PT400' using
      message = 'You act for several owners: say for which in the header X-Webhook-Owner',
      hint = 'owner_required', detail = jsonb_build_object('owners', who.owners);
  elsif who.problem = 'wrong_owner' then
    raise sqlstate 'PT403' using
      message = 'The header X-Webhook-Owner names an owner that you do not act for', hint = 'wrong_owner';
  elsif who.problem = 'no_owner' then
    raise sqlstate 'PT403' using message = 'You act for no owner of webhooks', hint = 'no_owner';
  elsif who.owner is not null and scope = 'write' and who.scopes = array['read'] then
    raise sqlstate 'PT403' using
      message = case when who.by_token then 'You may read only' else 'The API key may read only' end
        || ': the scope write is missing', hint = 'insufficient_scope';
  elsif who.owner is null or not scope = any (who.scopes) then
    raise sqlstate 'PT401' using
      message = 'Invalid or missing authentication', hint = 'unauthorized';
  end if;
  if not who.by_token then
    perform webhooks.note_key_use();
  end if;
  return who.owner;
end
$$;

-- Has owners be what the operator's function gives instead of the users of auth.users: organisations, for example. For
-- the owner of the database.
--
-- `owners` is a function without parameters that gives rows of `owner` (uuid) and `role` ('read' or 'write'): which
-- owners the caller of the request acts for. It runs as the owner of the tables, once for each statement of a request
-- that has a token. `owner_table` has the owners by its primary key: endpoints and API keys of an owner
-- are deleted with it. Without parameters owners are users again.
create or replace function public.webhook_use_owners(
  owners regprocedure default null, owner_table regclass default null
) returns void
language plpgsql volatile
set search_path = ''
set lock_timeout = '5s'
as $$
declare
  refers_to constant regclass := case when owners is null then 'auth.users'::regclass else owner_table end;
  child regclass;
  old record;
begin
  if owners is null and owner_table is not null then
    raise invalid_parameter_value using message = 'owner_table goes with a function';
  end if;
  if owners is not null then
    begin
      execute format('select o.owner::uuid, o.role::text from %s o limit 0', owners);
    exception when undefined_function or undefined_column or syntax_error or cannot_coerce then
      raise invalid_parameter_value using message = format(
        '%s must be a function without parameters that gives rows of owner (uuid) and role (text)', owners);
    end;
  end if;
  -- Links are of owners as they were.
  delete from webhooks.page_links l where l.user_id is not null;
  foreach child in array array['public.webhook_endpoints', 'public.webhook_api_keys', 'webhooks.page_links']::regclass[]
  loop
    for old in
      select c.conname from pg_catalog.pg_constraint c
      join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
      where c.conrelid = child and c.contype = 'f' and a.attname = 'user_id'
    loop
      execute format('alter table %s drop constraint %I', child, old.conname);
    end loop;
    if refers_to is not null then
      execute format('alter table %s add constraint %I foreign key (user_id) references %s on delete cascade',
        child, (select c.relname || '_user_id_fkey' from pg_catalog.pg_class c where c.oid = child), refers_to);
    end if;
  end loop;
  delete from webhooks.tenancy;
  if owners is not null then
    insert into webhooks.tenancy (owners_function) values (owners::text);
  end if;
end
$$;

-- The setting, or the default. Runs as its owner: settings apply to all callers, and only the
-- service role sees the table.
create or replace function webhooks.setting(name text, fallback integer) returns integer
language sql stable security definer
set search_path = ''
as $$
  select coalesce(
    (select s.value from webhooks.settings s where s.name = setting.name), fallback)
$$;

-- The owner that takes turns for events to all owners, and for the operator's endpoint.
create or replace function webhooks.no_owner() returns uuid
language sql immutable
return '00000000-0000-0000-0000-000000000000'::uuid;

revoke all on function
  webhooks.key_hash(), webhooks.foreign_key(text), webhooks.request_header(text), webhooks.identify(),
  webhooks.owner_of_token(text, text), webhooks.owner_of_key(), webhooks.caller(text),
  webhooks.note_key_use(), webhooks.require_caller(text), webhooks.setting(text, integer), webhooks.no_owner()
  from public;
revoke all on function public.webhook_use_owners(regprocedure, regclass)
  from public, anon, authenticated, service_role;
grant execute on function
  webhooks.key_hash(), webhooks.request_header(text), webhooks.identify(), webhooks.caller(text),
  webhooks.note_key_use(), webhooks.require_caller(text), webhooks.setting(text, integer)
  to anon, authenticated, service_role;
grant execute on function webhooks.no_owner() to service_role;
