-- Who is asking.

-- The API key of the request as its hash, or null: `sha256_` and hex, as keys are stored. The prefix
-- `nk_live_` is no part of what is hashed, and may be left out.
create or replace function webhooks.key_hash() returns text
language plpgsql stable
set search_path = ''
as $$
declare
  -- An empty string where the API server sets none.
  api_key constant text :=
    nullif(current_setting('request.headers', true), '')::json ->> 'x-api-key';
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

-- The user behind the request who may do what `scope` (read or write) says: of the verified
-- token, else of the API key in the header x-api-key. Null for anonymous requests, for a key
-- that is unknown, revoked, expired or lacks the scope, and for a token whose subject is no
-- user id. Every policy and every function asks here. Runs as its owner: callers may not read
-- keys.
create or replace function webhooks.caller(scope text default 'read') returns uuid
language plpgsql stable security definer
set search_path = ''
as $$
declare
  caller uuid;
  hash text;
  foreign_key jsonb;
begin
  begin
    caller := auth.uid();
  exception when invalid_text_representation then
    return null;
  end;
  if caller is not null then
    return caller;
  end if;
  hash := webhooks.key_hash();
  if hash is null then
    return null;
  end if;
  select k.user_id into caller
  from public.webhook_api_keys k
  where k.key_hash = hash and k.is_active and (k.expires_at > now() or k.expires_at is null)
    and scope = any (k.scopes);
  if found then
    return caller;
  end if;
  foreign_key := webhooks.foreign_key(hash);
  if foreign_key -> 'scopes' ? scope then
    return (foreign_key ->> 'user_id')::uuid;
  end if;
  return null;
end
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
  if hash is not null and auth.uid() is null then
    update public.webhook_api_keys k set last_used_at = now()
    where k.id in (
      select u.id from public.webhook_api_keys u
      where u.key_hash = hash
        and (u.last_used_at is null or u.last_used_at < now() - interval '1 minute')
      -- A request beside this one notes it as well.
      for update skip locked
    );
  end if;
end
$$;

-- The caller with this scope. Raises 401, which says the same whatever was wrong, or 403 for a
-- valid key without the scope.
create or replace function webhooks.require_caller(scope text default 'read') returns uuid
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.caller(scope);
begin
  if caller is null then
    if scope = 'write' and webhooks.caller('read') is not null then
      raise sqlstate 'PT403' using
        message = 'The API key may read only: it lacks the scope write', hint = 'insufficient_scope';
    end if;
    raise sqlstate 'PT401' using
      message = 'Invalid or missing authentication', hint = 'unauthorized';
  end if;
  perform webhooks.note_key_use();
  return caller;
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
  webhooks.key_hash(), webhooks.foreign_key(text), webhooks.caller(text), webhooks.note_key_use(),
  webhooks.require_caller(text), webhooks.setting(text, integer), webhooks.no_owner()
  from public;
grant execute on function
  webhooks.key_hash(), webhooks.caller(text), webhooks.note_key_use(),
  webhooks.require_caller(text), webhooks.setting(text, integer)
  to anon, authenticated, service_role;
grant execute on function webhooks.no_owner() to service_role;
