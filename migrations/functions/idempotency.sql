-- Repeated calls: the same Idempotency-Key with the same call gives the same answer for 24 hours.

-- Begins a call: answers null, or what the same call was answered before. Raises 409 where the key came with
-- another call. The same call that is under way beside this one is waited for. `key_hash` and `request_hash`
-- are hex SHA-256; without `key_hash` no call is the same.
create or replace function webhooks.begin_idempotent(caller uuid, key_hash text, request_hash text)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  earlier webhooks.idempotent_calls;
begin
  if key_hash is null then
    return null;
  end if;
  if (octet_length(key_hash) <= 64 and octet_length(request_hash) <= 64) is not true then
    perform webhooks.refuse_field('request_hash', 'and key_hash must be at most 64 bytes each');
  end if;
  insert into webhooks.idempotent_calls as c (user_id, key_hash, request_hash)
  values (caller, begin_idempotent.key_hash, begin_idempotent.request_hash)
  on conflict on constraint idempotent_calls_pkey do update
    set request_hash = excluded.request_hash, answer = null, created_at = now()
    where c.created_at < now() - interval '24 hours';
  if found then
    return null;
  end if;
  select c.* into earlier from webhooks.idempotent_calls c
  where c.user_id = caller and c.key_hash = begin_idempotent.key_hash;
  if earlier.request_hash <> request_hash then
    raise sqlstate 'PT409' using
      message = 'The Idempotency-Key was sent with another call or body', hint = 'idempotency_key_reused';
  end if;
  return earlier.answer;
end
$$;

-- Ends a call that begin_idempotent() began: keeps its answer, and gives it.
create or replace function webhooks.end_idempotent(caller uuid, key_hash text, answer jsonb)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
begin
  update webhooks.idempotent_calls c set answer = end_idempotent.answer
  where c.user_id = caller and c.key_hash = end_idempotent.key_hash;
  return answer;
end
$$;

-- Deletes up to `most` calls that are older than 24 hours. Answers how many.
create or replace function webhooks.purge_idempotent_calls(most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.idempotent_calls c
  where c.ctid = any (array(
    select o.ctid from webhooks.idempotent_calls o
    where o.created_at < now() - interval '24 hours'
    order by o.created_at
    limit most
    for update skip locked));
  get diagnostics purged = row_count;
  return purged;
end
$$;

revoke all on function
  webhooks.begin_idempotent(uuid, text, text), webhooks.end_idempotent(uuid, text, jsonb),
  webhooks.purge_idempotent_calls(integer)
  from public;
grant execute on function
  webhooks.begin_idempotent(uuid, text, text), webhooks.end_idempotent(uuid, text, jsonb),
  webhooks.purge_idempotent_calls(integer)
  to service_role;
