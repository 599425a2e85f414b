-- Optional: has events that SQL emits sent at once, instead of at the cron's next minute.
--
-- To switch it on, with the value of the worker's setting WAKE_UP_KEY, which allows nothing
-- but this:
--
--   insert into webhooks.wake_up (url, key) values ('https://webhooks-deliver.….workers.dev', '…');

-- Calls `deliver` with {"action": "wake"}, once a transaction, by the extension pg_net
-- (https://github.com/supabase/pg_net), whose calls leave when the transaction commits. Does
-- nothing where pg_net is missing or no row says whom to call. A call that is lost costs a
-- minute at most.
create or replace function webhooks.wake_up_deliver() returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  transaction constant text := pg_current_xact_id()::text;
begin
  if current_setting('webhooks.woken_by', true) = transaction
    or to_regproc('net.http_post') is null
  then
    return;
  end if;
  perform set_config('webhooks.woken_by', transaction, true);
  execute $call$
    select net.http_post(
      url := w.url, body := '{"action": "wake"}',
      headers := jsonb_build_object(
        'Content-Type', 'application/json', 'Authorization', 'Bearer ' || w.key))
    from webhooks.wake_up w
  $call$;
exception when others then
  -- The event is stored whatever becomes of the call.
  raise warning 'deliver could not be woken: %', sqlerrm;
end
$$;
revoke all on function webhooks.wake_up_deliver() from public;
