-- Who may touch which table, and row-level security.
--
-- An API key's requests run as `anon`, so that every policy names both roles. `(select …)` has
-- the caller looked up once a statement, not once a row.

-- Supabase grants everything on new tables in `public` to the API roles: take it back first.
revoke all on
  public.webhook_event_types, public.webhook_endpoints, public.webhook_events,
  public.webhook_deliveries, public.webhook_delivery_attempts, public.webhook_api_keys
  from public, anon, authenticated;
revoke all on all tables in schema webhooks from public, anon, authenticated;
revoke all on all sequences in schema webhooks from public, anon, authenticated;
revoke all on sequence public.webhook_events_id_seq from public, anon, authenticated;

grant select, insert, update, delete on
  public.webhook_event_types, public.webhook_endpoints, public.webhook_events,
  public.webhook_deliveries, public.webhook_delivery_attempts, public.webhook_api_keys
  to service_role;
grant select, insert, update, delete on
  webhooks.settings, webhooks.outbox, webhooks.queue, webhooks.due_log, webhooks.generations,
  webhooks.tally,
  webhooks.endpoint_totals, webhooks.attempt_counts, webhooks.totals, webhooks.endpoint_health,
  webhooks.deleted_endpoints, webhooks.progress, webhooks.pump, webhooks.ticks,
  webhooks.refused_events, webhooks.idempotent_calls, webhooks.erasures, webhooks.erased_events,
  webhooks.replays, webhooks.schema_warnings, webhooks.page_links,
  webhooks.audit_log
  to service_role;
grant usage on sequence webhooks.turns to service_role;
grant usage, update on sequence
  webhooks.outbox_generation, webhooks.due_log_generation, webhooks.waits_from
  to service_role;

grant select on public.webhook_event_types to anon, authenticated;
-- Neither secret is in this list, nor are the values of headers: only the service role reads them.
grant select (id, user_id, url, description, events, is_active, created_at, updated_at,
    rate_limit_per_minute, max_attempts, header_names, signature_headers, retry_schedule,
    metadata, filter, ordering, disabled_reason, disabled_at, secret_expires_at),
  insert (user_id, url, description, events, is_active, rate_limit_per_minute, max_attempts,
    headers, signature_headers, retry_schedule, metadata, filter, ordering),
  update (url, description, events, is_active, rate_limit_per_minute, max_attempts, headers,
    signature_headers, retry_schedule, metadata, filter, ordering),
  delete
  on public.webhook_endpoints to anon, authenticated;
grant select on
  public.webhook_events, public.webhook_deliveries, public.webhook_delivery_attempts
  to anon, authenticated;
grant select (id, user_id, name, scopes, is_active, expires_at, last_used_at, created_at)
  on public.webhook_api_keys to anon, authenticated;
grant select on
  webhooks.tally, webhooks.endpoint_totals, webhooks.attempt_counts, webhooks.endpoint_health, webhooks.queue
  to anon, authenticated;

alter table public.webhook_event_types enable row level security;
alter table public.webhook_endpoints enable row level security;
alter table public.webhook_events enable row level security;
alter table public.webhook_deliveries enable row level security;
alter table public.webhook_delivery_attempts enable row level security;
alter table public.webhook_api_keys enable row level security;
alter table webhooks.settings enable row level security;
alter table webhooks.outbox enable row level security;
alter table webhooks.queue enable row level security;
alter table webhooks.due_log enable row level security;
alter table webhooks.generations enable row level security;
alter table webhooks.tally enable row level security;
alter table webhooks.endpoint_totals enable row level security;
alter table webhooks.attempt_counts enable row level security;
alter table webhooks.totals enable row level security;
alter table webhooks.endpoint_health enable row level security;
alter table webhooks.deleted_endpoints enable row level security;
alter table webhooks.progress enable row level security;
alter table webhooks.pump enable row level security;
alter table webhooks.ticks enable row level security;
alter table webhooks.wake_up enable row level security;
alter table webhooks.refused_events enable row level security;
alter table webhooks.idempotent_calls enable row level security;
alter table webhooks.watches enable row level security;
alter table webhooks.replays enable row level security;
alter table webhooks.schema_warnings enable row level security;
alter table webhooks.erasures enable row level security;
alter table webhooks.erased_events enable row level security;
alter table webhooks.tenancy enable row level security;
alter table webhooks.page_links enable row level security;
alter table webhooks.audit_log enable row level security;

create policy webhook_event_types_select on public.webhook_event_types
  for select to anon, authenticated using (true);

create policy webhook_endpoints_select_own on public.webhook_endpoints
  for select to anon, authenticated
  using (user_id = (select webhooks.caller('read')));
create policy webhook_endpoints_insert_own on public.webhook_endpoints
  for insert to anon, authenticated
  with check (user_id = (select webhooks.caller('write')));
create policy webhook_endpoints_update_own on public.webhook_endpoints
  for update to anon, authenticated
  using (user_id = (select webhooks.caller('write')))
  with check (user_id = (select webhooks.caller('write')));
create policy webhook_endpoints_delete_own on public.webhook_endpoints
  for delete to anon, authenticated
  using (user_id = (select webhooks.caller('write')));

create policy webhook_deliveries_select_own on public.webhook_deliveries
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e where e.user_id = (select webhooks.caller('read'))
  ));
create policy webhook_delivery_attempts_select_own on public.webhook_delivery_attempts
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e where e.user_id = (select webhooks.caller('read'))
  ));
-- Addressed to the caller, or delivered to an endpoint of the caller.
create policy webhook_events_select_own on public.webhook_events
  for select to anon, authenticated
  using (user_id = (select webhooks.caller('read')) or user_id is null and exists (
    select from public.webhook_endpoints e
    join public.webhook_deliveries d
      on d.event_id = webhook_events.event_id and d.endpoint_id = e.id
    where e.user_id = (select webhooks.caller('read')) and d.event_ref = webhook_events.id
  ));
create policy webhook_api_keys_select_own on public.webhook_api_keys
  for select to anon, authenticated
  using (user_id = (select webhooks.caller('read')));

create policy tally_select_own on webhooks.tally
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e where e.user_id = (select webhooks.caller('read'))
  ));
create policy endpoint_totals_select_own on webhooks.endpoint_totals
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e where e.user_id = (select webhooks.caller('read'))
  ));
create policy attempt_counts_select_own on webhooks.attempt_counts
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e where e.user_id = (select webhooks.caller('read'))
  ));
create policy endpoint_health_select_own on webhooks.endpoint_health
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e where e.user_id = (select webhooks.caller('read'))
  ));
create policy queue_select_own on webhooks.queue
  for select to anon, authenticated
  using (owner = (select webhooks.caller('read')));
-- The other internal tables have no policy: only the service role, which bypasses them, and the
-- owner of the tables read and write them.
