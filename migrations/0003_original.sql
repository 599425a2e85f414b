-- Brings a deployment of the edge functions this system replaces to the shape of
-- 0002_tables.sql. Changes nothing in a new database.
--
-- Its policies, its foreign key and indexes of other columns go; its rows, and the names and
-- columns its clients use, stay. Its functions may go on writing rows until they are deleted.

drop policy if exists "Users can view own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can create own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can update own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can delete own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can view own webhook deliveries" on public.webhook_deliveries;
-- These two let every role write every user's deliveries.
drop policy if exists "Service role can insert webhook deliveries" on public.webhook_deliveries;
drop policy if exists "Service role can update webhook deliveries" on public.webhook_deliveries;

alter table public.webhook_endpoints alter column user_id drop not null;
alter table public.webhook_deliveries
  alter column payload drop not null,
  alter column next_retry_at set default now();

do $original$
declare
  col record;
  con record;
  idx record;
begin
  for col in
    select c.table_name, c.column_name
    from information_schema.columns c
    where c.table_schema = 'public' and c.is_nullable = 'YES'
      and (c.table_name, c.column_name) in (
        ('webhook_endpoints', 'is_active'), ('webhook_endpoints', 'created_at'),
        ('webhook_endpoints', 'updated_at'), ('webhook_deliveries', 'attempts'),
        ('webhook_deliveries', 'max_attempts'), ('webhook_deliveries', 'created_at'))
  loop
    execute format('update public.%I set %I = default where %I is null',
      col.table_name, col.column_name, col.column_name);
    execute format('alter table public.%I alter column %I set not null',
      col.table_name, col.column_name);
  end loop;

  -- See the comment on webhook_deliveries.endpoint_id.
  for con in
    select c.conname from pg_catalog.pg_constraint c
    where c.conrelid = 'public.webhook_deliveries'::regclass and c.contype = 'f'
      and c.confrelid = 'public.webhook_endpoints'::regclass
  loop
    execute format('alter table public.webhook_deliveries drop constraint %I', con.conname);
  end loop;

  -- 0004_indexes.sql makes indexes of these names over other columns or rows.
  for idx in
    select i.indexname from pg_catalog.pg_indexes i
    where i.schemaname = 'public' and i.indexname in (
      'idx_webhook_endpoints_user_id', 'idx_webhook_endpoints_active',
      'idx_webhook_deliveries_endpoint_id', 'idx_webhook_deliveries_status',
      'idx_webhook_deliveries_next_retry', 'idx_webhook_deliveries_event_id')
  loop
    execute format('drop index public.%I', idx.indexname);
  end loop;
end
$original$;

-- The functions before left a delivery pending if they were interrupted. A recent one is sent
-- now; an older one is failed, and can be recovered.
update public.webhook_deliveries set
  status = case when created_at < now() - interval '1 day' then 'failed' else status end,
  last_error = 'Interrupted before it was attempted',
  next_retry_at = case when created_at >= now() - interval '1 day' then now() end
where status in ('pending', 'retrying') and next_retry_at is null;

-- They also stored an event twice if it came twice. The newest row keeps the id.
update public.webhook_deliveries d set event_id = d.event_id || ':' || d.id
from (
  select id, row_number() over (
    partition by endpoint_id, event_id order by created_at desc, id desc) as nth
  from public.webhook_deliveries
) n
where n.id = d.id and n.nth > 1;

-- What waits already, and the counts so far.
insert into webhooks.due_log (endpoint_id, due_at)
select endpoint_id, min(next_retry_at)
from public.webhook_deliveries
where status in ('pending', 'retrying')
group by endpoint_id;
insert into webhooks.endpoint_totals (endpoint_id, deliveries, failed)
select endpoint_id, count(*), count(*) filter (where status = 'failed')
from public.webhook_deliveries
group by endpoint_id;

-- Phones write Https://, which the original's constraint refuses.
alter table public.webhook_endpoints drop constraint if exists webhook_endpoints_url_valid;

-- Constraints that an original deployment may have already.
do $constraints$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('webhook_endpoints', 'webhook_endpoints_url_valid', $$check (url ~* '^https?://')$$),
      ('webhook_endpoints', 'webhook_endpoints_events_not_empty',
        $$check (array_length(events, 1) > 0)$$),
      ('webhook_deliveries', 'webhook_deliveries_status_valid',
        $$check (status in ('pending', 'success', 'failed', 'retrying'))$$)
    ) as v (table_name, constraint_name, definition)
  loop
    if not exists (
      select from pg_catalog.pg_constraint c
      where c.conname = wanted.constraint_name
        and c.conrelid = ('public.' || wanted.table_name)::regclass
    ) then
      execute format('alter table public.%I add constraint %I %s',
        wanted.table_name, wanted.constraint_name, wanted.definition);
    end if;
  end loop;
end
$constraints$;
alter table public.webhook_deliveries
  add constraint webhook_deliveries_live_is_due
    check (status in ('success', 'failed') or next_retry_at is not null),
  add constraint webhook_deliveries_has_payload
    check (event_ref is not null or payload is not null);
