-- The tables, who may touch them, and the rules a row must keep.
--
-- A deployment of the edge functions this system replaces already has
-- `webhook_endpoints`, `webhook_deliveries` and `api_keys`: its rows are kept,
-- and the section "An existing deployment" brings the tables to this shape.

-- Settings the database itself needs. A row overrides the default that stands beside
-- its use; see webhook_setting().
create table if not exists public.webhook_settings (
  name text constraint webhook_settings_pkey primary key,
  value integer not null
);

create table if not exists public.webhook_event_types (
  name text constraint webhook_event_types_pkey primary key
    constraint webhook_event_types_name_valid
      check (name = '*' or name ~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' and length(name) <= 100),
  description text,
  created_at timestamptz not null default now()
);

create table if not exists public.webhook_endpoints (
  id uuid constraint webhook_endpoints_pkey primary key default gen_random_uuid(),
  user_id uuid not null
    constraint webhook_endpoints_user_id_fkey references auth.users (id) on delete cascade,
  url text not null,
  description text,
  events text[] not null default array['*'],
  secret text not null,
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists public.webhook_deliveries (
  id uuid constraint webhook_deliveries_pkey primary key default gen_random_uuid(),
  endpoint_id uuid not null
    constraint webhook_deliveries_endpoint_id_fkey
      references public.webhook_endpoints (id) on delete cascade,
  event_type text not null,
  event_id text not null,
  payload jsonb not null,
  status text not null default 'pending',
  attempts integer not null default 0,
  max_attempts integer not null default 5,
  response_status integer,
  response_body text,
  response_time_ms integer,
  created_at timestamptz not null default now(),
  delivered_at timestamptz,
  next_retry_at timestamptz default now(),
  last_error text
);

-- Whose turn it is. An endpoint with something live has a row here, and `due_at` is
-- never later than its earliest due delivery: a trigger lowers it, a claim raises it.
-- It makes a claim fair, and its cost independent of how much is waiting.
create table if not exists public.webhook_queue (
  endpoint_id uuid constraint webhook_queue_pkey primary key
    constraint webhook_queue_endpoint_id_fkey
      references public.webhook_endpoints (id) on delete cascade,
  due_at timestamptz not null
);

-- A table of this name that exists already belongs to somebody else: it is only read
-- (user_id, key_hash, is_active, and expires_at where there is one).
do $api_keys$
begin
  if to_regclass('public.api_keys') is null then
    create table public.api_keys (
      id uuid constraint api_keys_pkey primary key default gen_random_uuid(),
      user_id uuid not null
        constraint api_keys_user_id_fkey references auth.users (id) on delete cascade,
      name text,
      key_hash text not null,
      is_active boolean not null default true,
      expires_at timestamptz,
      last_used_at timestamptz,
      created_at timestamptz not null default now()
    );
    create unique index api_keys_key_hash_key on public.api_keys (key_hash);
    alter table public.api_keys enable row level security;
    create policy api_keys_select_own on public.api_keys
      for select to anon, authenticated using (false);
  end if;
end
$api_keys$;

-- Columns the original tables do not have.
alter table public.webhook_endpoints
  add column if not exists previous_secret text,
  add column if not exists previous_secret_expires_at timestamptz;
alter table public.webhook_deliveries
  add column if not exists claims integer not null default 0,
  add column if not exists unrecorded_claims integer not null default 0;

comment on table public.webhook_settings is
  'Settings of the webhook system that the database applies, such as MAX_ENDPOINTS_PER_USER.';
comment on table public.webhook_event_types is
  'The event types an endpoint may subscribe to. "*" stands for all of them.';
comment on table public.webhook_endpoints is
  'Where a user wants events sent, and the secret that signs them.';
comment on column public.webhook_endpoints.previous_secret is
  'The secret before the last rotation: it signs too until previous_secret_expires_at.';
comment on table public.webhook_deliveries is
  'One event on its way to one endpoint, and what became of it.';
comment on column public.webhook_deliveries.next_retry_at is
  'When the delivery is due. While a worker holds it, the end of its lease.';
comment on column public.webhook_deliveries.claims is
  'How often the delivery was claimed. A result counts only for the latest claim.';
comment on column public.webhook_deliveries.unrecorded_claims is
  'How many claims in a row have had no result recorded, the current one included.';
comment on table public.webhook_queue is
  'When each endpoint''s turn comes: the queue of endpoints that claims are made from.';

-- An existing deployment ------------------------------------------------------

drop policy if exists "Users can view own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can create own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can update own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can delete own webhook endpoints" on public.webhook_endpoints;
drop policy if exists "Users can view own webhook deliveries" on public.webhook_deliveries;
-- These two let every role write every user's deliveries.
drop policy if exists "Service role can insert webhook deliveries" on public.webhook_deliveries;
drop policy if exists "Service role can update webhook deliveries" on public.webhook_deliveries;

do $existing$
declare
  col record;
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

  -- Indexes that carried the same names over other columns or rows.
  for idx in
    select i.indexname
    from pg_catalog.pg_indexes i
    join (values
      ('idx_webhook_endpoints_user_id', 'created_at'),
      ('idx_webhook_endpoints_active', 'events'),
      ('idx_webhook_deliveries_endpoint_id', 'created_at'),
      ('idx_webhook_deliveries_status', 'endpoint_id'),
      ('idx_webhook_deliveries_next_retry', 'pending')
    ) as expected (indexname, part) using (indexname)
    where i.schemaname = 'public' and position(expected.part in i.indexdef) = 0
  loop
    execute format('drop index public.%I', idx.indexname);
  end loop;

  alter table public.webhook_deliveries alter column next_retry_at set default now();
  -- The functions before left a delivery pending if they were interrupted. A recent
  -- one is sent now; one that nobody expects any more is not.
  update public.webhook_deliveries set
      status = case when created_at < now() - interval '1 day' then 'failed' else status end,
      last_error = 'Interrupted before it was attempted',
      next_retry_at = case when created_at >= now() - interval '1 day' then now() end
    where status in ('pending', 'retrying') and next_retry_at is null;

  -- They also stored an event twice if it came twice. The newest keeps its id.
  if to_regclass('public.webhook_deliveries_endpoint_event_key') is null then
    update public.webhook_deliveries d set event_id = d.event_id || ':' || d.id
    where exists (
      select from public.webhook_deliveries newer
      where newer.endpoint_id = d.endpoint_id and newer.event_id = d.event_id
        and (newer.created_at, newer.id) > (d.created_at, d.id)
    );
  end if;
end
$existing$;

-- Constraints -----------------------------------------------------------------

do $constraints$
declare
  wanted record;
begin
  for wanted in
    select * from (values
      ('webhook_endpoints', 'webhook_endpoints_url_valid',
        $$check (url ~ '^https?://')$$),
      ('webhook_endpoints', 'webhook_endpoints_events_not_empty',
        $$check (array_length(events, 1) > 0)$$),
      ('webhook_deliveries', 'webhook_deliveries_status_valid',
        $$check (status in ('pending', 'success', 'failed', 'retrying'))$$),
      ('webhook_deliveries', 'webhook_deliveries_live_is_due',
        $$check (status in ('success', 'failed') or next_retry_at is not null)$$)
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

-- Indexes ---------------------------------------------------------------------

create index if not exists idx_webhook_endpoints_user_id
  on public.webhook_endpoints (user_id, created_at desc);
-- Who gets an event that is not meant for one user alone.
create index if not exists idx_webhook_endpoints_active
  on public.webhook_endpoints using gin (events) where is_active;
create index if not exists idx_webhook_endpoints_previous_secret
  on public.webhook_endpoints (previous_secret_expires_at) where previous_secret is not null;

-- The same event never reaches the same endpoint as a second delivery.
create unique index if not exists webhook_deliveries_endpoint_event_key
  on public.webhook_deliveries (endpoint_id, event_id);
create index if not exists idx_webhook_deliveries_endpoint_id
  on public.webhook_deliveries (endpoint_id, created_at desc, id);
create index if not exists idx_webhook_deliveries_status
  on public.webhook_deliveries (endpoint_id, status);
create index if not exists idx_webhook_deliveries_event_id
  on public.webhook_deliveries (event_id);
-- What is due, oldest first: overall, and for one endpoint.
create index if not exists idx_webhook_deliveries_next_retry
  on public.webhook_deliveries (next_retry_at)
  where status in ('pending', 'retrying');
create index if not exists idx_webhook_deliveries_endpoint_due
  on public.webhook_deliveries (endpoint_id, next_retry_at)
  where status in ('pending', 'retrying');
create index if not exists idx_webhook_queue_due on public.webhook_queue (due_at);

-- Event types -----------------------------------------------------------------

insert into public.webhook_event_types (name, description) values
  ('*', 'Every event'),
  ('vehicle.created', 'A vehicle was added'),
  ('vehicle.updated', 'A vehicle''s details changed'),
  ('vehicle.deleted', 'A vehicle was removed'),
  ('observation.created', 'An observation was recorded'),
  ('document.uploaded', 'A document was attached'),
  ('import.completed', 'An import finished')
on conflict (name) do nothing;

-- Who is asking ---------------------------------------------------------------

-- The user behind the request: of the verified token, else of the API key in
-- the `x-api-key` header. Null for nobody, an unknown, revoked or expired key,
-- and a token whose subject is no user id.
create or replace function public.webhook_caller() returns uuid
language plpgsql stable security definer
set search_path = ''
as $$
declare
  caller uuid;
  api_key text;
begin
  begin
    caller := auth.uid();
  exception when invalid_text_representation then
    return null;
  end;
  if caller is not null then
    return caller;
  end if;

  api_key := nullif(current_setting('request.headers', true), '')::json ->> 'x-api-key';
  if api_key is null or left(api_key, 8) <> 'nk_live_' then
    return null;
  end if;
  select k.user_id into caller
  from public.api_keys k
  where k.key_hash = 'sha256_' || encode(sha256(convert_to(substr(api_key, 9), 'UTF8')), 'hex')
    and k.is_active
    -- A table that was here before may not have the column.
    and coalesce((to_jsonb(k) ->> 'expires_at')::timestamptz > now(), true);
  return caller;
end
$$;
revoke all on function public.webhook_caller() from public;
grant execute on function public.webhook_caller() to anon, authenticated, service_role;

-- The setting, or the default. Runs as the owner: everybody is subject to settings, and
-- nobody but the service role needs to see the table.
create or replace function public.webhook_setting(name text, fallback integer)
returns integer
language sql stable security definer
set search_path = ''
as $$
  select coalesce(
    (select s.value from public.webhook_settings s where s.name = webhook_setting.name),
    fallback)
$$;
revoke all on function public.webhook_setting(text, integer) from public;
grant execute on function public.webhook_setting(text, integer)
  to anon, authenticated, service_role;

-- Triggers --------------------------------------------------------------------

-- A signing secret: `whsec_` and 64 hex digits, 32 bytes out of 366 random bits.
-- gen_random_uuid() draws from the server's strong random source and, unlike
-- gen_random_bytes(), needs no extension.
create or replace function public.generate_webhook_secret() returns text
language sql volatile
set search_path = ''
as $$
  select 'whsec_' || encode(sha256(
    uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
  ), 'hex')
$$;
revoke all on function public.generate_webhook_secret() from public, anon, authenticated;
grant execute on function public.generate_webhook_secret() to service_role;

-- Gives a new endpoint its secret. Runs as the owner, because users may insert
-- endpoints but neither choose nor read secrets.
create or replace function public.webhook_endpoint_before_insert() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  if new.secret is null or new.secret = '' then
    new.secret := public.generate_webhook_secret();
  end if;
  return new;
end
$$;
revoke all on function public.webhook_endpoint_before_insert() from public, anon, authenticated;

create or replace function public.update_webhook_endpoint_timestamp() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
revoke all on function public.update_webhook_endpoint_timestamp() from public, anon, authenticated;

-- Refuses what no endpoint may have, where it is new. `manage` checks more than this, but
-- owners may also write their endpoints through PostgREST, and what they write is read in
-- batches with everybody else's. What an earlier system stored is left alone. Whatever a
-- constraint would refuse is refused here first: Postgres would quote the row, secret
-- and all.
create or replace function public.webhook_endpoint_check() returns trigger
language plpgsql volatile
set search_path = ''
as $$
declare
  is_new constant boolean := tg_op = 'INSERT';
  most integer;
  unknown text;
begin
  if is_new then
    -- One after the other, so that two at once do not both find the last place.
    perform pg_advisory_xact_lock(hashtextextended('webhook_endpoints ' || new.user_id, 0));
    most := public.webhook_setting('MAX_ENDPOINTS_PER_USER', 100);
    if (select count(*) from public.webhook_endpoints e where e.user_id = new.user_id) >= most
    then
      raise sqlstate 'PT400' using
        message = format('There may be no more than %s endpoints', most),
        hint = 'too_many_endpoints', detail = jsonb_build_object('max_endpoints', most);
    end if;
  end if;
  if is_new or new.url is distinct from old.url then
    if new.url is null or new.url !~ '^https?://' or octet_length(new.url) > 2048 then
      raise sqlstate 'PT400' using
        message = 'url must be an https URL of at most 2048 bytes',
        hint = 'invalid_field', detail = '{"field": "url"}';
    end if;
  end if;
  if new.is_active is null then
    raise sqlstate 'PT400' using message = 'is_active must be true or false',
      hint = 'invalid_field', detail = '{"field": "is_active"}';
  end if;
  if (is_new or new.description is distinct from old.description)
    and char_length(new.description) > 500 then
    raise sqlstate 'PT400' using message = 'description must not be longer than 500 characters',
      hint = 'invalid_field', detail = '{"field": "description"}';
  end if;
  if not is_new and new.events is not distinct from old.events then
    return new;
  end if;
  if new.events is null or cardinality(new.events) not between 1 and 100 then
    raise sqlstate 'PT400' using message = 'events must have 1 to 100 entries',
      hint = 'invalid_field', detail = '{"field": "events"}';
  end if;
  select e.name into unknown
  from unnest(new.events) as e (name)
  where not exists (select from public.webhook_event_types t where t.name = e.name)
  limit 1;
  if found then
    raise sqlstate 'PT400' using
      message = format('Invalid event type: %s', left(coalesce(unknown, 'null'), 100)),
      hint = 'unknown_event_type',
      detail = jsonb_build_object(
        'field', 'events',
        'valid_events', (
          select jsonb_agg(t.name order by t.name <> '*', t.name)
          from public.webhook_event_types t
        )
      );
  end if;
  return new;
end
$$;
revoke all on function public.webhook_endpoint_check() from public, anon, authenticated;

-- The first trigger's name is the original deployment's: one with that name is replaced.
create or replace trigger webhook_endpoint_secret_trigger
  before insert on public.webhook_endpoints
  for each row execute function public.webhook_endpoint_before_insert();
create or replace trigger webhook_endpoint_check_trigger
  before insert or update of url, description, events, is_active on public.webhook_endpoints
  for each row execute function public.webhook_endpoint_check();
-- An old secret that leaves when its overlap ends is no change of the owner's.
create or replace trigger webhook_endpoint_updated_at
  before update on public.webhook_endpoints
  for each row
  when ((old.url, old.description, old.events, old.is_active, old.secret)
    is distinct from (new.url, new.description, new.events, new.is_active, new.secret))
  execute function public.update_webhook_endpoint_timestamp();

-- Keeps webhook_queue.due_at no later than what was just written, whoever wrote it.
-- Rows are locked in one order, so that two writers cannot wait for each other.
create or replace function public.webhook_queue_lower() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  insert into public.webhook_queue as q (endpoint_id, due_at)
  select w.endpoint_id, min(w.next_retry_at)
  from written w
  where w.status in ('pending', 'retrying')
  group by w.endpoint_id
  order by w.endpoint_id
  on conflict (endpoint_id) do update set due_at = excluded.due_at
    where q.due_at > excluded.due_at;
  return null;
end
$$;
revoke all on function public.webhook_queue_lower() from public, anon, authenticated;

create or replace trigger webhook_delivery_inserted
  after insert on public.webhook_deliveries
  referencing new table as written
  for each statement execute function public.webhook_queue_lower();
create or replace trigger webhook_delivery_updated
  after update on public.webhook_deliveries
  referencing new table as written
  for each statement execute function public.webhook_queue_lower();

-- What was waiting before the queue was there.
insert into public.webhook_queue (endpoint_id, due_at)
select d.endpoint_id, min(d.next_retry_at)
from public.webhook_deliveries d
where d.status in ('pending', 'retrying')
group by d.endpoint_id
on conflict (endpoint_id) do nothing;

-- Privileges and row-level security -------------------------------------------

-- Supabase grants everything on new tables to the API roles: take it back first.
revoke all
  on public.webhook_settings, public.webhook_event_types, public.webhook_endpoints,
    public.webhook_deliveries, public.webhook_queue
  from public, anon, authenticated;
grant usage on schema public to anon, authenticated, service_role;
grant select, insert, update, delete
  on public.webhook_settings, public.webhook_event_types, public.webhook_endpoints,
    public.webhook_deliveries, public.webhook_queue
  to service_role;

grant select on public.webhook_event_types to anon, authenticated;
-- Neither secret is in this list: only the service role reads them.
grant select (id, user_id, url, description, events, is_active, created_at, updated_at),
  insert (user_id, url, description, events, is_active),
  update (url, description, events, is_active),
  delete
  on public.webhook_endpoints to anon, authenticated;
grant select on public.webhook_deliveries to anon, authenticated;

alter table public.webhook_event_types enable row level security;
alter table public.webhook_endpoints enable row level security;
alter table public.webhook_deliveries enable row level security;
-- No policy: nobody but the service role, which row-level security does not concern.
alter table public.webhook_queue enable row level security;
alter table public.webhook_settings enable row level security;

drop policy if exists webhook_event_types_select on public.webhook_event_types;
create policy webhook_event_types_select on public.webhook_event_types
  for select to anon, authenticated using (true);

-- An API key's requests run as `anon`, so every policy names both roles.
-- `(select …)` makes the caller a value looked up once a statement, not once a row.
drop policy if exists webhook_endpoints_own on public.webhook_endpoints;
create policy webhook_endpoints_own on public.webhook_endpoints
  for all to anon, authenticated
  using (user_id = (select public.webhook_caller()))
  with check (user_id = (select public.webhook_caller()));

drop policy if exists webhook_deliveries_select_own on public.webhook_deliveries;
create policy webhook_deliveries_select_own on public.webhook_deliveries
  for select to anon, authenticated
  using (endpoint_id in (
    select e.id from public.webhook_endpoints e
    where e.user_id = (select public.webhook_caller())
  ));

do $api_keys$
begin
  if exists (
    select from pg_catalog.pg_policies
    where schemaname = 'public' and tablename = 'api_keys' and policyname = 'api_keys_select_own'
  ) then
    alter policy api_keys_select_own on public.api_keys
      using (user_id = (select public.webhook_caller()));
    revoke all on public.api_keys from public, anon, authenticated;
    grant select (id, user_id, name, is_active, expires_at, last_used_at, created_at)
      on public.api_keys to anon, authenticated;
    grant select, insert, update, delete on public.api_keys to service_role;
  end if;
end
$api_keys$;
