-- The triggers, and defaults that are functions. The functions stand in migrations/functions/, by
-- concern.

-- generations.sql
alter table webhooks.outbox alter column generation
  set default webhooks.written_generation('webhooks.outbox_generation');
alter table webhooks.due_log alter column generation
  set default webhooks.written_generation('webhooks.due_log_generation');

-- endpoints.sql. The names of the first and the last are the original deployment's.
create or replace trigger webhook_endpoint_secret_trigger
  before insert on public.webhook_endpoints
  for each row execute function public.webhook_endpoint_before_insert();
create trigger webhook_endpoint_check_trigger
  before insert or update on public.webhook_endpoints
  for each row execute function webhooks.check_endpoint();
create or replace trigger webhook_endpoint_updated_at
  before update on public.webhook_endpoints
  for each row
  when ((old.url, old.description, old.events, old.is_active, old.secret,
      old.rate_limit_per_minute, old.max_attempts, old.headers, old.signature_headers, old.retry_schedule,
      old.metadata, old.filter, old.ordering)
    is distinct from (new.url, new.description, new.events, new.is_active, new.secret,
      new.rate_limit_per_minute, new.max_attempts, new.headers, new.signature_headers, new.retry_schedule,
      new.metadata, new.filter, new.ordering))
  execute function public.update_webhook_endpoint_timestamp();
create trigger webhook_endpoint_changed
  after update of is_active, url, rate_limit_per_minute on public.webhook_endpoints
  for each row
  when (new.is_active and not old.is_active or new.url <> old.url
    or new.rate_limit_per_minute is distinct from old.rate_limit_per_minute)
  execute function webhooks.endpoint_changed();
create trigger webhook_endpoints_deleted
  after delete on public.webhook_endpoints
  referencing old table as removed
  for each statement execute function webhooks.endpoints_deleted();

-- deliveries.sql. Rows that other programs insert have no event_ref, those of this system have.
create trigger webhook_delivery_inserted
  after insert on public.webhook_deliveries
  for each row when (new.event_ref is null)
  execute function webhooks.delivery_inserted();
-- Claims and recordings keep the queue and the counts themselves: a claim raises `claims`, a
-- recording raises `attempts` of a delivery that was leased or is this system's own. Any other update
-- is seen to here.
create trigger webhook_delivery_updated
  after update on public.webhook_deliveries
  for each row
  when (new.claims = old.claims
    and (new.attempts = old.attempts or old.leased_until is null and old.event_ref is null)
    and (new.status, new.next_retry_at, new.leased_until)
      is distinct from (old.status, old.next_retry_at, old.leased_until))
  execute function webhooks.delivery_updated();
create trigger webhook_deliveries_deleted
  after delete on public.webhook_deliveries
  referencing old table as removed
  for each statement execute function webhooks.deliveries_deleted();
