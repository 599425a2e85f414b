-- The pump: the worker that fans out and sends what others have stored.
--
-- Under load many calls store events and one worker sends them in full batches. It holds a lease
-- of 5 seconds in webhooks.pump and renews it with its calls. Where it falls behind, each call that
-- stores sends one batch, too: an invocation may make only so many requests. Where it dies, the next call that
-- stores, or the cron, takes over. They also see to an event that is stored in the moment in which the
-- pump finds nothing and ends its lease. The lease only avoids work done twice: two pumps at a time do
-- no harm, and no delivery is lost by it.

-- Makes the caller the pump if no lease is held; says whether it is. Does not wait.
create or replace function webhooks.become_pump() returns boolean
language plpgsql volatile
set search_path = ''
as $$
begin
  -- Read first: the row is locked only where there is a lease to take.
  if exists (select from webhooks.pump p where p.leased_until > now()) then
    return false;
  end if;
  update webhooks.pump p set leased_until = now() + interval '5 seconds'
  where p.id in (
    select f.id from webhooks.pump f where f.leased_until <= now() for update skip locked);
  return found;
end
$$;

-- Whether the pump falls behind: more than a batch waits.
create or replace function webhooks.is_behind() returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return (select p.is_behind from webhooks.pump p)
    or exists (
      select from unnest(webhooks.live_generations('webhooks.outbox_generation')) as g (generation)
      cross join lateral (
        select from webhooks.outbox o
        where o.generation = g.generation and o.set_aside_at is null
        limit 101
      ) o
      offset 100);
end
$$;

-- Renews the lease, at most once a second, and notes whether the pump is behind, where that changes:
-- the row has few versions even where an open snapshot keeps all of them.
create or replace function webhooks.renew_pump(is_behind boolean) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  update webhooks.pump p
  set leased_until = now() + interval '5 seconds', is_behind = renew_pump.is_behind
  where p.id in (
    select f.id from webhooks.pump f
    where f.leased_until < now() + interval '4 seconds' or f.is_behind <> renew_pump.is_behind
    for update skip locked);
end
$$;

-- Ends the lease: the next call that stores events becomes the pump.
create or replace function webhooks.end_pump() returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  update webhooks.pump p set leased_until = now(), is_behind = false
  where p.id in (
    select f.id from webhooks.pump f where f.leased_until > now() for update skip locked);
end
$$;

revoke all on function webhooks.become_pump(), webhooks.is_behind(),
  webhooks.renew_pump(boolean), webhooks.end_pump()
  from public;
grant execute on function webhooks.become_pump(), webhooks.is_behind(),
  webhooks.renew_pump(boolean), webhooks.end_pump()
  to service_role;
