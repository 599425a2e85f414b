-- API keys: made, listed and deleted with a token, never with a key.

-- The caller by a token with this scope, or an error: a key makes no keys.
create or replace function webhooks.require_token(scope text) returns uuid
language plpgsql volatile
set search_path = ''
as $$
begin
  if (webhooks.identify()).by_token is false then
    perform webhooks.require_caller('read');
    raise sqlstate 'PT403' using message = 'API keys are managed with a user token',
      hint = 'token_required';
  end if;
  return webhooks.require_caller(scope);
end
$$;

-- A key as the API shows it: never its hash.
create or replace function webhooks.key_object(key public.webhook_api_keys) returns jsonb
language sql stable
return jsonb_build_object('id', key.id, 'name', key.name, 'scopes', key.scopes,
    'is_active', key.is_active, 'expires_at', webhooks.utc(key.expires_at),
    'last_used_at', webhooks.utc(key.last_used_at), 'created_at', webhooks.utc(key.created_at));

-- Stores an API key by its hash: `sha256_` and the hex SHA-256 of what follows `nk_live_` in the key.
-- The key itself is in no statement. `scopes` are read, write or both. For the hashes of the call see
-- webhooks.begin_idempotent(): the answer has the `seed` of its first time, from which and the
-- Idempotency-Key, which is not here, the key is made again. This and the next two run as their
-- owner: users may not write the table, or read hashes.
create or replace function public.create_webhook_api_key(
  name text, key_hash text, expires_at text default null,
  scopes text[] default array['read', 'write'],
  seed text default null, call_key_hash text default null, request_hash text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_token('write');
  earlier constant jsonb := webhooks.begin_idempotent(caller, call_key_hash, request_hash);
  most constant integer := webhooks.setting('MAX_API_KEYS_PER_USER', 100);
  expiry constant timestamptz := webhooks.parse_time('expires_at', create_webhook_api_key.expires_at);
  key public.webhook_api_keys;
begin
  if earlier is not null then
    return earlier;
  end if;
  if name is null or char_length(name) not between 1 and 100 or name ~ '[\x01-\x1f\x7f-\x9f]' then
    perform webhooks.refuse_field('name', 'must be 1 to 100 characters, without control characters');
  end if;
  if octet_length(seed) > 100 then
    perform webhooks.refuse_field('seed', 'must be at most 100 bytes');
  end if;
  perform webhooks.check_hash('key_hash', key_hash);
  if expiry <= now() then
    perform webhooks.refuse_field('expires_at', 'must be in the future');
  end if;
  if (scopes <@ array['read', 'write'] and cardinality(scopes) > 0) is not true then
    perform webhooks.refuse_field('scopes', 'must be a list of read, write or both');
  end if;
  -- One after the other, so that two at once do not both find the last place.
  perform pg_advisory_xact_lock(hashtextextended('webhook_api_keys ' || caller, 0));
  if (select count(*) from public.webhook_api_keys k where k.user_id = caller) >= most then
    raise sqlstate 'PT400' using message = format('There may be no more than %s API keys', most),
      hint = 'too_many_api_keys', detail = jsonb_build_object('max_api_keys', most);
  end if;
  insert into public.webhook_api_keys as k (user_id, name, key_hash, scopes, expires_at)
  values (caller, create_webhook_api_key.name,
    create_webhook_api_key.key_hash,
    array(select distinct s from unnest(create_webhook_api_key.scopes) as s order by s), expiry)
  returning k.* into key;
  return webhooks.end_idempotent(
    caller, call_key_hash, webhooks.key_object(key) || jsonb_build_object('seed', seed));
exception when foreign_key_violation then
  raise sqlstate 'PT401' using
    message = 'Invalid or missing authentication', hint = 'unauthorized';
end
$$;

-- The caller's API keys, newest first.
create or replace function public.list_webhook_api_keys() returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_token('read');
begin
  return (
    select coalesce(jsonb_agg(webhooks.key_object(k) order by k.created_at desc, k.id), '[]')
    from public.webhook_api_keys k
    where k.user_id = caller
  );
end
$$;

-- Deletes an API key: from now on it opens nothing.
create or replace function public.delete_webhook_api_key(id uuid) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_token('write');
begin
  delete from public.webhook_api_keys k
  where k.id = delete_webhook_api_key.id and k.user_id = caller;
  if not found then
    raise sqlstate 'PT404' using message = 'API key not found', hint = 'not_found';
  end if;
end
$$;

revoke all on function webhooks.require_token(text), webhooks.key_object(public.webhook_api_keys)
  from public;
revoke all on function
  public.create_webhook_api_key(text, text, text, text[], text, text, text), public.list_webhook_api_keys(),
  public.delete_webhook_api_key(uuid)
  from public, service_role;
grant execute on function
  public.create_webhook_api_key(text, text, text, text[], text, text, text), public.list_webhook_api_keys(),
  public.delete_webhook_api_key(uuid)
  to anon, authenticated;
