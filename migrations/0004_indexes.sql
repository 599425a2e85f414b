-- The indexes. Each one costs every event time: none is here without a statement that needs it.

-- An owner's endpoints, newest first.
create index idx_webhook_endpoints_user_id
  on public.webhook_endpoints (user_id, created_at desc);
-- The endpoints that want an event for all owners. Inactive ones too: what they miss is recorded.
-- Without fastupdate: every event would read the list of entries that no vacuum has sorted in yet.
create index idx_webhook_endpoints_active on public.webhook_endpoints using gin (events)
  with (fastupdate = off);
create index idx_webhook_endpoints_secret_expires_at
  on public.webhook_endpoints (secret_expires_at) where secret_expires_at is not null;

-- The same id for the same audience is the same event.
create unique index webhook_events_event_id_user_id_key
  on public.webhook_events (event_id, user_id) nulls not distinct;

-- An owner's events, newest first, and those for all owners: the event log. Two indexes, each event in one of them: an
-- index is not known to be in order behind `user_id is null`.
create index idx_webhook_events_user_id on public.webhook_events (user_id, created_at desc, id desc)
  where user_id is not null;
create index idx_webhook_events_everyone on public.webhook_events (created_at desc, id desc)
  where user_id is null;

-- An endpoint's deliveries, newest first; retention reads it from the other end.
create index idx_webhook_deliveries_endpoint_id
  on public.webhook_deliveries (endpoint_id, created_at desc, id);
-- The same of one state. Successes are most of all deliveries: they are found by the index above.
create index idx_webhook_deliveries_status
  on public.webhook_deliveries (endpoint_id, status, created_at desc, id)
  where status <> 'success';
-- What a claim reads: an endpoint's deliveries by due time.
create index idx_webhook_deliveries_next_retry
  on public.webhook_deliveries (endpoint_id, next_retry_at)
  where status in ('pending', 'retrying');
-- The same event never reaches the same endpoint as a second delivery.
create unique index idx_webhook_deliveries_event_id
  on public.webhook_deliveries (event_id, endpoint_id);
-- Deliveries that are ordered and have not ended, in their order.
create index idx_webhook_deliveries_order
  on public.webhook_deliveries (endpoint_id, order_key, event_ref)
  where order_key is not null and status in ('pending', 'retrying');
-- Leases that have run out.
create index idx_webhook_deliveries_leased
  on public.webhook_deliveries (leased_until) where leased_until is not null;

create index idx_webhook_api_keys_user_id on public.webhook_api_keys (user_id, created_at desc);

-- An owner's links to the portal, newest first; and links that ended.
create index idx_page_links_user_id on webhooks.page_links (user_id, created_at desc);
create index idx_page_links_expires_at on webhooks.page_links (expires_at);
create index idx_page_links_made_by on webhooks.page_links (made_by) where made_by is not null;

-- Endpoints with something due, owner by owner; and those that wait, by time.
create index idx_queue_due on webhooks.queue (owner, endpoint_id) where waits_until is null;
create index idx_queue_waiting on webhooks.queue (waits_until) where waits_until is not null;

-- Lines of the two logs, generation by generation: see functions/generations.sql.
create index idx_outbox_generation on webhooks.outbox (generation, owner, event_ref)
  where set_aside_at is null;
create index idx_due_log_generation on webhooks.due_log (generation);

-- Counts to be merged into longer rows, or to be deleted.
create index idx_attempt_counts_age on webhooks.attempt_counts (seconds, starts_at);
-- The newest failures, of all endpoints.
create index idx_attempt_counts_failures on webhooks.attempt_counts (starts_at)
  where outcome <> 'success' and seconds = 300;

-- One replay or backfill of an endpoint at a time; those to be carried out, the one that has waited longest first.
create unique index replays_running_key on webhooks.replays (endpoint_id) where status = 'running';
create index replays_stepped_at_idx on webhooks.replays (stepped_at) where status = 'running';
create index replays_user_id_idx on webhooks.replays (user_id, created_at desc);
create index replays_finished_at_idx on webhooks.replays (finished_at) where finished_at is not null;

create index schema_warnings_event_type_idx on webhooks.schema_warnings (event_type);

create index idempotent_calls_created_at_idx on webhooks.idempotent_calls (created_at);
