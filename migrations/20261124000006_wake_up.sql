-- Optional: sends events emitted by SQL at once, instead of at the cron's next minute.
--
-- After a transaction that emitted one commits, `deliver` is called with {"action": "wake"},
-- by the extension pg_net (https://github.com/supabase/pg_net), whose calls leave when the
-- transaction commits and not if it rolls back. Where pg_net is missing, or no row says
-- whom to call, nothing happens, and a call that is lost costs a minute at most.
--
-- To switch it on, with the value of the worker's setting WAKE_UP_KEY, which allows nothing
-- but this:
--
--   insert into webhook_wake_up (url, key) values ('https://webhooks-deliver.….workers.dev', '…');

create table if not exists public.webhook_wake_up (
  id boolean constraint webhook_wake_up_pkey primary key default true
    constraint webhook_wake_up_is_one check (id),
  url text not null constraint webhook_wake_up_url_valid check (url ~ '^https?://'),
  key text not null
);
comment on table public.webhook_wake_up is
  'Whom to call after events were emitted: the URL of `deliver`, and its WAKE_UP_KEY.';

-- For the owner alone: the key is nobody else's business.
revoke all on public.webhook_wake_up from public, anon, authenticated, service_role;
alter table public.webhook_wake_up enable row level security;

-- Calls `deliver`, once a transaction. Runs as the owner, who alone may read the key.
create or replace function public.webhook_wake_up_deliver() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  transaction constant text := pg_current_xact_id()::text;
begin
  -- What a fan-out left over is for the worker that is at it.
  if not exists (select from written w where not w.is_wide)
    or current_setting('webhooks.woken_by', true) = transaction
    or to_regproc('net.http_post') is null
  then
    return null;
  end if;
  perform set_config('webhooks.woken_by', transaction, true);
  execute $call$
    select net.http_post(
      url := w.url, body := '{"action": "wake"}',
      headers := jsonb_build_object(
        'Content-Type', 'application/json', 'Authorization', 'Bearer ' || w.key))
    from public.webhook_wake_up w
  $call$;
  return null;
exception when others then
  -- An event is worth more than that it arrives a minute earlier.
  raise warning 'deliver could not be woken: %', sqlerrm;
  return null;
end
$$;
revoke all on function public.webhook_wake_up_deliver()
  from public, anon, authenticated, service_role;

create or replace trigger webhook_outbox_wake_up
  after insert on public.webhook_outbox
  referencing new table as written
  for each statement execute function public.webhook_wake_up_deliver();
