-- What owners do besides keeping endpoints: look at deliveries, send them again, see numbers,
-- keep API keys; and the catalogue of event types. One function a call of `manage`, as in
-- 20261124000003_owner_functions.sql.

alter table public.webhook_event_types
  add column if not exists example jsonb,
  add column if not exists archived_at timestamptz;
comment on column public.webhook_event_types.example is
  'What the test event sends as `data`, and the documentation shows.';
comment on column public.webhook_event_types.archived_at is
  'Since when nobody new may subscribe to the type. Who has, is still told.';

update public.webhook_event_types t set example = e.example::jsonb
from (values
  ('vehicle.created', '{"vin": "1FTFW1E50PFA00001", "make": "Ford", "model": "F-150", "year": 2023}'),
  ('vehicle.updated', '{"vin": "1FTFW1E50PFA00001", "mileage": 48210}'),
  ('vehicle.deleted', '{"vin": "1FTFW1E50PFA00001"}'),
  ('observation.created', '{"vin": "1FTFW1E50PFA00001", "kind": "mileage", "value": 48210}'),
  ('document.uploaded', '{"vin": "1FTFW1E50PFA00001", "name": "title.pdf", "bytes": 182044}'),
  ('import.completed', '{"rows": 1250, "failed": 3}'),
  ('endpoint.failing', '{"endpoint_id": "8b0f0c5e-5a0e-4f6c-9f0e-0d6d4f3a1b2c",
    "url": "https://example.com/hook", "attempts_last_hour": 12, "failed_last_hour": 9}'),
  ('endpoint.recovered', '{"endpoint_id": "8b0f0c5e-5a0e-4f6c-9f0e-0d6d4f3a1b2c",
    "url": "https://example.com/hook", "attempts_last_hour": 20, "failed_last_hour": 9}'),
  ('endpoint.disabled', '{"endpoint_id": "8b0f0c5e-5a0e-4f6c-9f0e-0d6d4f3a1b2c",
    "url": "https://example.com/hook", "reason": "It answered 410 Gone"}')
) as e (name, example)
where t.name = e.name and t.example is null;

-- Deliveries of an endpoint in one state, newest first: the columns the index of this name had,
-- and what the list is ordered by.
do $index$
begin
  if exists (
    select from pg_catalog.pg_indexes i
    where i.schemaname = 'public' and i.indexname = 'idx_webhook_deliveries_status'
      and position('created_at' in i.indexdef) = 0
  ) then
    drop index public.idx_webhook_deliveries_status;
    create index idx_webhook_deliveries_status
      on public.webhook_deliveries (endpoint_id, status, created_at desc, id);
  end if;
end
$index$;

-- What this system needs of a table of API keys that was there before.
alter table public.api_keys
  add column if not exists name text,
  add column if not exists expires_at timestamptz,
  add column if not exists last_used_at timestamptz,
  add column if not exists created_at timestamptz not null default now();

grant select (rate_limit_per_minute, max_attempts, header_names, disabled_reason, disabled_at),
  insert (rate_limit_per_minute, max_attempts, headers),
  update (rate_limit_per_minute, max_attempts, headers)
  on public.webhook_endpoints to anon, authenticated;

-- Who is asking ------------------------------------------------------------------

-- Notes that an API key was used, if the caller is known by one, at most once a minute. Runs as
-- the owner: nobody may write the table.
create or replace function public.webhook_note_key_use() returns void
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  api_key constant text :=
    nullif(current_setting('request.headers', true), '')::json ->> 'x-api-key';
begin
  if left(api_key, 8) = 'nk_live_' and auth.uid() is null then
    update public.api_keys k set last_used_at = now()
    where k.id in (
      select u.id from public.api_keys u
      where u.key_hash =
          'sha256_' || encode(sha256(convert_to(substr(api_key, 9), 'UTF8')), 'hex')
        and (u.last_used_at is null or u.last_used_at < now() - interval '1 minute')
      -- Somebody else who uses it just now notes it as well.
      for update skip locked
    );
  end if;
end
$$;
revoke all on function public.webhook_note_key_use() from public, service_role;
grant execute on function public.webhook_note_key_use() to anon, authenticated;

-- The caller, or a 401 that says the same whatever was wrong.
create or replace function public.webhook_require_caller() returns uuid
language plpgsql volatile
set search_path = ''
as $$
declare
  caller uuid := public.webhook_caller();
begin
  if caller is null then
    raise sqlstate 'PT401' using
      message = 'Invalid or missing authentication', hint = 'unauthorized';
  end if;
  perform public.webhook_note_key_use();
  return caller;
end
$$;

-- Functions that note the use of a key write, so PostgREST must not run them read-only.
alter function public.get_webhook_endpoint(uuid) volatile;

-- Refuses a field with a 400: `problem` is what follows its name.
create or replace function public.webhook_refuse_field(field text, problem text) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  raise sqlstate 'PT400' using message = field || ' ' || problem, hint = 'invalid_field',
    detail = jsonb_build_object('field', field);
end
$$;
revoke all on function public.webhook_refuse_field(text, text) from public;
grant execute on function public.webhook_refuse_field(text, text)
  to anon, authenticated, service_role;

-- What an endpoint may be --------------------------------------------------------

-- Why these headers may not be sent along, or null.
create or replace function public.webhook_headers_problem(headers jsonb) returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  header record;
begin
  if jsonb_typeof(headers) is distinct from 'object' then
    return 'must be an object of names and values';
  end if;
  if (select count(*) from jsonb_object_keys(headers)) > 20 then
    return 'must not have more than 20 entries';
  end if;
  for header in select h.key as name, h.value from jsonb_each(headers) as h loop
    -- A token (RFC 9110, section 5.6.2) without the signs nobody uses.
    if header.name !~ '^[A-Za-z0-9_-]{1,100}$' then
      return 'must have names of letters, digits, - and _, at most 100 characters';
    end if;
    if lower(header.name) ~ '^(webhook-|nuke-|cf-|sec-|proxy-|x-forwarded-)' or lower(header.name)
      = any (array['stripe-signature', 'content-type', 'content-length', 'content-encoding',
        'transfer-encoding', 'connection', 'keep-alive', 'host', 'user-agent', 'te', 'trailer',
        'upgrade', 'expect', 'accept-encoding', 'date', 'via', 'x-real-ip'])
    then
      return format('must not contain %s, which is reserved', header.name);
    end if;
    if jsonb_typeof(header.value) <> 'string' or header.value #>> '{}' !~ '^[\x20-\x7e]+$'
      or length(header.value #>> '{}') > 1000
    then
      return format('must have a value of 1 to 1000 visible ASCII characters for %s',
        header.name);
    end if;
  end loop;
  if (select count(distinct lower(h.name)) < count(*) from jsonb_object_keys(headers) as h (name))
  then
    return 'must have each name once';
  end if;
  return null;
end
$$;
revoke all on function public.webhook_headers_problem(jsonb) from public;
grant execute on function public.webhook_headers_problem(jsonb)
  to anon, authenticated, service_role;

-- As in 20261124000002_tables.sql, with what endpoints have since: limits, headers, prefixes
-- such as vehicle.* and types that are archived.
create or replace function public.webhook_endpoint_check() returns trigger
language plpgsql volatile
set search_path = ''
as $$
declare
  is_new constant boolean := tg_op = 'INSERT';
  most integer;
  unknown text;
  problem record;
begin
  -- The operator's is made by the system itself, whatever the catalogue says.
  if new.user_id is null then
    return new;
  end if;
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
  select * into problem
  from (
    select 'url' as field, 'must be an https URL of at most 2048 bytes' as what
    where (is_new or new.url is distinct from old.url)
      and (new.url is null or new.url !~ '^https?://' or octet_length(new.url) > 2048)
    union all
    select 'is_active', 'must be true or false' where new.is_active is null
    union all
    select 'description', 'must not be longer than 500 characters'
    where (is_new or new.description is distinct from old.description)
      and char_length(new.description) > 500
    union all
    select 'rate_limit_per_minute', 'must be a whole number from 1 to 100000, or null'
    where new.rate_limit_per_minute not between 1 and 100000
    union all
    select 'max_attempts', 'must be a whole number from 1 to 100, or null'
    where new.max_attempts not between 1 and 100
    union all
    select 'headers', h.problem
    from (select public.webhook_headers_problem(new.headers) as problem) h
    where (is_new or new.headers is distinct from old.headers) and h.problem is not null
    union all
    select 'events', 'must have 1 to 100 entries'
    where (is_new or new.events is distinct from old.events)
      and (new.events is null or cardinality(new.events) not between 1 and 100)
  ) p
  limit 1;
  if found then
    perform public.webhook_refuse_field(problem.field, problem.what);
  end if;
  if not is_new and new.events is not distinct from old.events then
    return new;
  end if;
  select e.name into unknown
  from unnest(new.events) as e (name)
  where not exists (
    select from public.webhook_event_types t
    where (t.name = e.name or right(e.name, 2) = '.*' and starts_with(t.name, rtrim(e.name, '*')))
      -- What it was subscribed to, it may keep.
      and (t.archived_at is null or not is_new and e.name = any (old.events))
  )
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
          where t.archived_at is null
        )
      );
  end if;
  return new;
end
$$;
create or replace trigger webhook_endpoint_check_trigger
  before insert or update of url, description, events, is_active, rate_limit_per_minute,
    max_attempts, headers
  on public.webhook_endpoints
  for each row execute function public.webhook_endpoint_check();
create or replace trigger webhook_endpoint_updated_at
  before update on public.webhook_endpoints
  for each row
  when ((old.url, old.description, old.events, old.is_active, old.secret,
      old.rate_limit_per_minute, old.max_attempts, old.headers)
    is distinct from (new.url, new.description, new.events, new.is_active, new.secret,
      new.rate_limit_per_minute, new.max_attempts, new.headers))
  execute function public.update_webhook_endpoint_timestamp();

-- Registers an endpoint and answers it with its secret. Runs as the owner: it is one of the
-- two functions that show a secret, to the user it was made for.
drop function if exists public.create_webhook_endpoint(text, text, text[], boolean);
create or replace function public.create_webhook_endpoint(
  url text, description text default null, events text[] default array['*'],
  is_active boolean default true, rate_limit_per_minute integer default null,
  max_attempts integer default null, headers text default '{}'
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
  created_id uuid;
  created_secret text;
begin
  insert into public.webhook_endpoints as e
    (user_id, url, description, events, is_active, rate_limit_per_minute, max_attempts, headers)
  values (caller, create_webhook_endpoint.url, create_webhook_endpoint.description,
    create_webhook_endpoint.events, create_webhook_endpoint.is_active,
    create_webhook_endpoint.rate_limit_per_minute, create_webhook_endpoint.max_attempts,
    create_webhook_endpoint.headers::jsonb)
  returning e.id, e.secret into created_id, created_secret;
  return public.webhook_endpoint_json(created_id) || jsonb_build_object('secret', created_secret);
exception when foreign_key_violation then
  -- The token is still valid, its user is gone.
  raise sqlstate 'PT401' using
    message = 'Invalid or missing authentication', hint = 'unauthorized';
end
$$;
revoke all on function public.create_webhook_endpoint(
  text, text, text[], boolean, integer, integer, text) from public, service_role;
grant execute on function public.create_webhook_endpoint(
  text, text, text[], boolean, integer, integer, text) to anon, authenticated;

-- Changes what `changes` names: a JSON object, as text so that an absent field and a null one
-- stay apart, with any of url, description, events, is_active, rate_limit_per_minute,
-- max_attempts, headers (all of them at once).
create or replace function public.update_webhook_endpoint(endpoint_id uuid, changes text)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
  change jsonb := changes::jsonb;
begin
  update public.webhook_endpoints e set
    url = case when change ? 'url' then change ->> 'url' else e.url end,
    description =
      case when change ? 'description' then change ->> 'description' else e.description end,
    events = case when change ? 'events'
      then array(select jsonb_array_elements_text(change -> 'events')) else e.events end,
    is_active =
      case when change ? 'is_active' then (change ->> 'is_active')::boolean else e.is_active end,
    rate_limit_per_minute = case when change ? 'rate_limit_per_minute'
      then (change ->> 'rate_limit_per_minute')::integer else e.rate_limit_per_minute end,
    max_attempts = case when change ? 'max_attempts'
      then (change ->> 'max_attempts')::integer else e.max_attempts end
  where e.id = update_webhook_endpoint.endpoint_id and e.user_id = caller;
  -- By itself: reading the column to keep its value is not for owners.
  if change ? 'headers' then
    update public.webhook_endpoints e set headers = change -> 'headers'
    where e.id = update_webhook_endpoint.endpoint_id and e.user_id = caller;
  end if;
  return public.webhook_endpoint_json(endpoint_id);
end
$$;

-- Deliveries ---------------------------------------------------------------------

-- A delivery as lists show it.
create or replace function public.webhook_delivery_object(delivery public.webhook_deliveries)
returns jsonb
language sql stable
return jsonb_build_object(
    'id', delivery.id, 'event_type', delivery.event_type, 'event_id', delivery.event_id,
    'status', delivery.status, 'attempts', delivery.attempts,
    'max_attempts', delivery.max_attempts, 'response_status', delivery.response_status,
    'response_time_ms', delivery.response_time_ms, 'created_at', delivery.created_at,
    'delivered_at', delivery.delivered_at, 'next_retry_at', delivery.next_retry_at,
    'last_error', delivery.last_error);

-- A date that a caller wrote, or a 400 that names the field.
create or replace function public.webhook_parse_time(field text, value text)
returns timestamptz
language plpgsql stable
set search_path = ''
as $$
begin
  -- Not what else Postgres reads as a time, such as "yesterday".
  if value !~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d(:?\d\d)?)?)?$' then
    raise invalid_datetime_format;
  end if;
  return value::timestamptz;
exception when data_exception then
  perform public.webhook_refuse_field(field, 'must be a time such as 2026-11-24T08:30:00Z');
end
$$;

-- An endpoint's deliveries, newest first: {deliveries, next_cursor}. `cursor` is the
-- next_cursor of the page before; null means that there is no more. `since` is included,
-- `until` is not; both are about created_at.
create or replace function public.list_webhook_deliveries(
  endpoint_id uuid, status text default null, event_type text default null,
  since text default null, until text default null, cursor text default null,
  page_size integer default 50
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  endpoint constant jsonb := public.webhook_endpoint_json(endpoint_id);
  from_time constant timestamptz := coalesce(public.webhook_parse_time('since', since), '-infinity');
  to_time timestamptz := coalesce(public.webhook_parse_time('until', until), 'infinity');
  last_time timestamptz;
  last_id uuid;
  answer jsonb;
begin
  if status not in ('pending', 'retrying', 'success', 'failed') then
    perform public.webhook_refuse_field('status', 'must be pending, retrying, success or failed');
  end if;
  if (page_size between 1 and 100) is not true then
    perform public.webhook_refuse_field('limit', 'must be a whole number from 1 to 100');
  end if;
  begin
    if cursor !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z_[0-9a-f-]{36}$' then
      raise invalid_datetime_format;
    end if;
    last_time := split_part(cursor, '_', 1)::timestamptz;
    last_id := split_part(cursor, '_', 2)::uuid;
  exception when data_exception then
    perform public.webhook_refuse_field('cursor', 'must be the next_cursor of the page before');
  end;

  -- By state first, where one is asked for: each has an index in the order of the list.
  execute format($query$
    with page as (
      select d as delivery, d.created_at, d.id from public.webhook_deliveries d
      where d.endpoint_id = $1 and d.created_at >= $2 and d.created_at < $3
        and d.created_at <= coalesce($4, 'infinity')
        and ($4 is null or d.created_at < $4 or d.id > $5)
        %s %s
      order by d.created_at desc, d.id
      limit $6 + 1
    ),
    numbered as (
      select p.*, row_number() over (order by p.created_at desc, p.id) as nth from page p
    )
    select jsonb_build_object(
      'deliveries', coalesce(jsonb_agg(public.webhook_delivery_object(n.delivery)
        order by n.nth) filter (where n.nth <= $6), '[]'),
      'next_cursor', (
        select to_char(l.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USZ') || '_' || l.id
        from numbered l where l.nth = $6 and exists (select from numbered m where m.nth > $6)
      ))
    from numbered n
  $query$,
    case when status is not null then 'and d.status = $7' end,
    case when event_type is not null then 'and d.event_type = $8' end)
  into answer
  using endpoint_id, from_time, to_time, last_time, last_id, page_size, status, event_type;
  return answer;
end
$$;

-- The caller's delivery, or a 404.
create or replace function public.webhook_require_delivery(endpoint_id uuid, delivery_id uuid)
returns public.webhook_deliveries
language plpgsql volatile
set search_path = ''
as $$
declare
  endpoint constant jsonb := public.webhook_endpoint_json(endpoint_id);
  delivery public.webhook_deliveries;
begin
  select d.* into delivery
  from public.webhook_deliveries d
  where d.id = delivery_id and d.endpoint_id = webhook_require_delivery.endpoint_id;
  if not found then
    raise sqlstate 'PT404' using message = 'Delivery not found', hint = 'not_found';
  end if;
  return delivery;
end
$$;

-- One delivery with its payload and every attempt, as JSON text: what was sent is shown with
-- the digits it was sent with.
create or replace function public.get_webhook_delivery(endpoint_id uuid, delivery_id uuid)
returns text
language plpgsql volatile
set search_path = ''
as $$
declare
  delivery constant public.webhook_deliveries :=
    public.webhook_require_delivery(endpoint_id, delivery_id);
begin
  return public.webhook_delivery_object(delivery) || jsonb_build_object(
    'response_body', delivery.response_body,
    'payload', delivery.payload,
    'attempt_log', coalesce((
      select jsonb_agg(jsonb_build_object(
        'attempt', a.attempt, 'attempted_at', a.attempted_at,
        'response_status', a.response_status, 'response_time_ms', a.response_time_ms,
        'response_body', a.response_body, 'error', a.error) order by a.attempt)
      from public.webhook_delivery_attempts a
      where a.delivery_id = get_webhook_delivery.delivery_id
    ), '[]'));
end
$$;

-- Refuses what an endpoint that is switched off cannot be sent.
create or replace function public.webhook_require_active(endpoint jsonb) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if not (endpoint ->> 'is_active')::boolean then
    raise sqlstate 'PT409' using
      message = 'The endpoint is switched off: switch it on first', hint = 'endpoint_disabled';
  end if;
end
$$;

-- Makes deliveries due now, with as many attempts as they had at first. One that is waiting
-- for its turn, or on its way at this moment, is left as it is. Runs as the owner: nobody
-- may write the table.
create or replace function public.webhook_send_again(ids uuid[]) returns integer
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  count integer;
begin
  -- In the order everybody has, see webhook_deliveries_inserted().
  perform from public.webhook_endpoints e
  where e.user_id = public.webhook_caller()
    and e.id in (select d.endpoint_id from public.webhook_deliveries d where d.id = any (ids))
  order by e.id
  for key share;
  perform from public.webhook_deliveries d
  where d.id = any (ids)
    and d.endpoint_id in (
      select e.id from public.webhook_endpoints e where e.user_id = public.webhook_caller())
  order by d.id
  for no key update;
  update public.webhook_deliveries d set
    status = case when d.attempts > 0 then 'retrying' else 'pending' end,
    attempts_before_resend =
      case when d.status in ('success', 'failed') then d.attempts else d.attempts_before_resend end,
    unrecorded_claims = 0,
    next_retry_at = now()
  where d.id = any (ids)
    -- Past the API too, nobody sends what is not theirs.
    and d.endpoint_id in (
      select e.id from public.webhook_endpoints e where e.user_id = public.webhook_caller())
    and (d.status in ('success', 'failed')
      or d.next_retry_at > now() and d.unrecorded_claims = 0);
  get diagnostics count = row_count;
  return count;
end
$$;

-- Has one delivery sent again, whatever its state.
create or replace function public.resend_webhook_delivery(endpoint_id uuid, delivery_id uuid)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  delivery public.webhook_deliveries := public.webhook_require_delivery(endpoint_id, delivery_id);
begin
  perform public.webhook_require_active(public.webhook_endpoint_json(endpoint_id));
  perform public.webhook_send_again(array[delivery_id]);
  delivery := public.webhook_require_delivery(endpoint_id, delivery_id);
  return public.webhook_delivery_object(delivery);
end
$$;

-- Has an endpoint's failed deliveries sent again that were created in a window of at most 14
-- days: {recovered, more}. Up to 10,000 at a time, oldest first; `more` says that there are
-- others, for another call.
create or replace function public.recover_webhook_deliveries(
  endpoint_id uuid, since text, until text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  most constant integer := 10000;
  endpoint constant jsonb := public.webhook_endpoint_json(endpoint_id);
  from_time constant timestamptz := public.webhook_parse_time('since', since);
  to_time constant timestamptz := coalesce(public.webhook_parse_time('until', until), now());
  ids uuid[];
begin
  if from_time is null then
    perform public.webhook_refuse_field('since', 'is required');
  end if;
  if to_time <= from_time or to_time - from_time > interval '14 days' then
    perform public.webhook_refuse_field('until', 'must be later than since, by at most 14 days');
  end if;
  perform public.webhook_require_active(endpoint);
  select array_agg(f.id) into ids
  from (
    select d.id from public.webhook_deliveries d
    where d.endpoint_id = recover_webhook_deliveries.endpoint_id and d.status = 'failed'
      and d.created_at >= from_time and d.created_at < to_time
    order by d.created_at
    limit most + 1
  ) f;
  return jsonb_build_object(
    'recovered', public.webhook_send_again(coalesce(ids[:most], '{}')),
    'more', coalesce(cardinality(ids), 0) > most);
end
$$;

-- Makes an example event for this endpoint only: the catalogue's example of `event_type`, or of
-- the first type the endpoint is subscribed to. Answers the delivery.
create or replace function public.test_webhook_endpoint(
  endpoint_id uuid, event_type text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  endpoint constant jsonb := public.webhook_endpoint_json(endpoint_id);
  type public.webhook_event_types;
begin
  perform public.webhook_require_active(endpoint);
  select t.* into type
  from public.webhook_event_types t
  where t.name <> '*' and t.archived_at is null and case when event_type is null
    then public.webhook_event_patterns(t.name)
      && array(select jsonb_array_elements_text(endpoint -> 'events'))
    else t.name = event_type end
  order by t.created_at, t.name
  limit 1;
  if not found then
    raise sqlstate 'PT400' using
      message = format('Invalid event type: %s', left(coalesce(event_type, 'none'), 100)),
      hint = 'unknown_event_type',
      detail = jsonb_build_object('field', 'event_type', 'valid_events', (
        select jsonb_agg(t.name order by t.name) from public.webhook_event_types t
        where t.name <> '*' and t.archived_at is null));
  end if;
  return public.webhook_make_test(endpoint_id, type.name);
end
$$;

-- Writes the test's delivery. Runs as the owner, for test_webhook_endpoint().
create or replace function public.webhook_make_test(endpoint_id uuid, event_type text)
returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  test_id constant text := 'test_' || gen_random_uuid();
  delivery public.webhook_deliveries;
begin
  insert into public.webhook_deliveries as d
    (endpoint_id, event_type, event_id, max_attempts, payload)
  select e.id, t.name, test_id, 1, public.webhook_payload(
    test_id, t.name, coalesce(t.example, '{}'))
  from public.webhook_endpoints e
  join public.webhook_event_types t on t.name = webhook_make_test.event_type
  where e.id = webhook_make_test.endpoint_id
    -- Past the API too, nobody sends to somebody else's endpoint.
    and e.user_id = public.webhook_caller()
  returning d.* into delivery;
  return public.webhook_delivery_object(delivery);
end
$$;

-- Numbers ------------------------------------------------------------------------

-- What the attempts at these endpoints came to within 1h, 24h, 7d or 30d: {attempts,
-- success_rate, failures_by_cause, response_time_ms: {p50, p95, p99}, backlog, oldest_due_at,
-- buckets: [{start, attempts, failed}]}. Percentiles are within a tenth.
create or replace function public.webhook_stats_object(endpoints uuid[], period text)
returns jsonb
language plpgsql stable
set search_path = ''
set plan_cache_mode = 'force_custom_plan'
as $$
declare
  step constant interval := case period
    when '1h' then '5 minutes' when '24h' then '1 hour' when '7d' then '6 hours'
    when '30d' then '1 day' end;
  steps constant integer := case period
    when '1h' then 12 when '24h' then 24 when '7d' then 28 when '30d' then 30 end;
  last_bucket constant timestamptz := date_bin(step, now(), 'epoch');
  first_bucket constant timestamptz := last_bucket - (steps - 1) * step;
  answer jsonb;
begin
  if step is null then
    perform public.webhook_refuse_field('window', 'must be 1h, 24h, 7d or 30d');
  end if;
  with counts as materialized (
    select date_bin(step, a.starts_at, 'epoch') as bucket, a.outcome, a.latency_class,
      sum(a.attempts) as attempts
    from public.webhook_attempt_counts a
    where a.endpoint_id = any (endpoints) and a.starts_at >= first_bucket
    group by 1, 2, 3
  ),
  total as (
    select coalesce(sum(c.attempts), 0) as attempts,
      coalesce(sum(c.attempts) filter (where c.outcome = 'success'), 0) as succeeded
    from counts c
  ),
  classes as (
    select c.latency_class, sum(sum(c.attempts)) over (order by c.latency_class) as so_far
    from counts c
    group by c.latency_class
  ),
  percentiles as (
    select jsonb_object_agg(p.name, (
      select public.webhook_latency_ms(c.latency_class) from classes c, total t
      where c.so_far >= t.attempts * p.share
      order by c.latency_class
      limit 1
    )) as times
    from (values ('p50', 0.5), ('p95', 0.95), ('p99', 0.99)) as p (name, share)
  )
  select jsonb_build_object(
    'window', period,
    'attempts', t.attempts,
    'success_rate', round(t.succeeded / nullif(t.attempts, 0), 4),
    'failures_by_cause', (
      select coalesce(jsonb_object_agg(f.outcome, f.attempts), '{}')
      from (
        select c.outcome, sum(c.attempts) as attempts from counts c
        where c.outcome <> 'success' group by c.outcome
      ) f
    ),
    'response_time_ms', p.times,
    'backlog', (
      select count(*) from public.webhook_deliveries d
      where d.endpoint_id = any (endpoints) and d.status in ('pending', 'retrying')
    ),
    'oldest_due_at', (
      select min(d.next_retry_at) from public.webhook_deliveries d
      where d.endpoint_id = any (endpoints) and d.status in ('pending', 'retrying')
        and d.next_retry_at <= now()
    ),
    'buckets', (
      select jsonb_agg(jsonb_build_object(
        'start', b.start, 'attempts', coalesce(b.attempts, 0), 'failed', coalesce(b.failed, 0))
        order by b.start)
      from (
        select s.start, sum(c.attempts) as attempts,
          sum(c.attempts) filter (where c.outcome <> 'success') as failed
        from generate_series(first_bucket, last_bucket, step) as s (start)
        left join counts c on c.bucket = s.start
        group by s.start
      ) b
    ))
  into answer
  from total t, percentiles p;
  return answer;
end
$$;

-- The numbers of one of the caller's endpoints.
create or replace function public.get_webhook_endpoint_stats(
  endpoint_id uuid, period text default '24h'
) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  endpoint constant jsonb := public.webhook_endpoint_json(endpoint_id);
begin
  return public.webhook_stats_object(array[endpoint_id], period);
end
$$;

-- The numbers of all of the caller's endpoints together.
create or replace function public.get_webhook_stats(period text default '24h') returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := public.webhook_require_caller();
begin
  return public.webhook_stats_object(
    array(select e.id from public.webhook_endpoints e where e.user_id = caller), period);
end
$$;

-- The catalogue ------------------------------------------------------------------

-- The types endpoints may subscribe to: [{name, description, example}].
create or replace function public.list_webhook_event_types() returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := public.webhook_require_caller();
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', t.name, 'description', t.description, 'example', t.example)
      order by t.name <> '*', t.name), '[]')
    from public.webhook_event_types t
    where t.archived_at is null
  );
end
$$;

-- Adds a type, or changes what `changes` names of it: a JSON object with any of description,
-- example (an object), is_archived. For the service role.
create or replace function public.put_webhook_event_type(name text, changes text)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  change jsonb;
  unknown text;
  type public.webhook_event_types;
begin
  begin
    change := changes::jsonb;
  exception when data_exception or statement_too_complex then
    raise sqlstate 'PT400' using message = 'The request body cannot be stored: ' || sqlerrm,
      hint = 'invalid_body';
  end;
  if jsonb_typeof(change) <> 'object' then
    raise sqlstate 'PT400' using message = 'The request body must be a JSON object',
      hint = 'invalid_body';
  end if;
  select k.field into unknown from jsonb_object_keys(change) as k (field)
  where k.field not in ('description', 'example', 'is_archived');
  if found then
    perform public.webhook_refuse_field(left(unknown, 100),
      'is not a known field; there are description, example and is_archived');
  end if;
  if name !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' or length(name) > 100 then
    perform public.webhook_refuse_field('name',
      'must be letters, digits, _ and - in parts joined by dots, at most 100 characters');
  end if;
  if coalesce(jsonb_typeof(change -> 'description'), 'null') not in ('string', 'null') then
    perform public.webhook_refuse_field('description', 'must be a string or null');
  end if;
  if coalesce(jsonb_typeof(change -> 'example'), 'null') not in ('object', 'null') then
    perform public.webhook_refuse_field('example', 'must be a JSON object or null');
  end if;
  if coalesce(jsonb_typeof(change -> 'is_archived'), 'boolean') <> 'boolean' then
    perform public.webhook_refuse_field('is_archived', 'must be true or false');
  end if;
  insert into public.webhook_event_types as t (name, description, example, archived_at)
  values (put_webhook_event_type.name, change ->> 'description', nullif(change -> 'example', 'null'),
    case when (change ->> 'is_archived')::boolean then now() end)
  on conflict on constraint webhook_event_types_pkey do update set
    description =
      case when change ? 'description' then excluded.description else t.description end,
    example = case when change ? 'example' then excluded.example else t.example end,
    archived_at = case when change ? 'is_archived'
      then case when (change ->> 'is_archived')::boolean
        then coalesce(t.archived_at, excluded.archived_at) end
      else t.archived_at end
  returning t.* into type;
  return jsonb_build_object('name', type.name, 'description', type.description,
    'example', type.example, 'archived_at', type.archived_at);
end
$$;

-- API keys -----------------------------------------------------------------------

-- The caller by a token, or an error: a key makes no keys. Runs as the owner, who may look at
-- the token everywhere.
create or replace function public.webhook_require_token() returns uuid
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := public.webhook_require_caller();
begin
  if auth.uid() is null then
    raise sqlstate 'PT403' using message = 'API keys are managed with a user token',
      hint = 'token_required';
  end if;
  return caller;
end
$$;

-- A key as the API shows it: never its hash.
create or replace function public.webhook_key_object(key public.api_keys) returns jsonb
language sql stable
return jsonb_build_object('id', key.id, 'name', key.name, 'is_active', key.is_active,
    'expires_at', key.expires_at, 'last_used_at', key.last_used_at, 'created_at', key.created_at);

-- Makes an API key and answers with it, which is the only time it is seen. The next three run
-- as the owner: nobody may write the table, or read the hashes.
create or replace function public.create_webhook_api_key(
  name text, expires_at text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := public.webhook_require_token();
  most constant integer := public.webhook_setting('MAX_API_KEYS_PER_USER', 100);
  expiry constant timestamptz :=
    public.webhook_parse_time('expires_at', create_webhook_api_key.expires_at);
  -- As random as a signing secret, under another prefix.
  raw constant text := replace(public.generate_webhook_secret(), 'whsec_', '');
  key public.api_keys;
begin
  if name is null or char_length(name) not between 1 and 100 or name ~ '[[:cntrl:]]' then
    perform public.webhook_refuse_field('name', 'must be 1 to 100 characters');
  end if;
  if expiry <= now() then
    perform public.webhook_refuse_field('expires_at', 'must be in the future');
  end if;
  -- One after the other, so that two at once do not both find the last place.
  perform pg_advisory_xact_lock(hashtextextended('api_keys ' || caller, 0));
  if (select count(*) from public.api_keys k where k.user_id = caller) >= most then
    raise sqlstate 'PT400' using message = format('There may be no more than %s API keys', most),
      hint = 'too_many_api_keys', detail = jsonb_build_object('max_api_keys', most);
  end if;
  insert into public.api_keys as k (user_id, name, key_hash, expires_at)
  values (caller, create_webhook_api_key.name,
    'sha256_' || encode(sha256(convert_to(raw, 'UTF8')), 'hex'), expiry)
  returning k.* into key;
  return public.webhook_key_object(key) || jsonb_build_object('key', 'nk_live_' || raw);
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
  caller constant uuid := public.webhook_require_token();
begin
  return (
    select coalesce(jsonb_agg(public.webhook_key_object(k) order by k.created_at desc, k.id), '[]')
    from public.api_keys k
    where k.user_id = caller
  );
end
$$;

-- Deletes an API key: from now on it is nobody's.
create or replace function public.delete_webhook_api_key(id uuid) returns void
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := public.webhook_require_token();
begin
  delete from public.api_keys k where k.id = delete_webhook_api_key.id and k.user_id = caller;
  if not found then
    raise sqlstate 'PT404' using message = 'API key not found', hint = 'not_found';
  end if;
end
$$;

-- Privileges: owners call these, and nobody else; the last is for the service role alone.
revoke all on function
  public.webhook_delivery_object(public.webhook_deliveries),
  public.webhook_parse_time(text, text),
  public.list_webhook_deliveries(uuid, text, text, text, text, text, integer),
  public.webhook_require_delivery(uuid, uuid), public.get_webhook_delivery(uuid, uuid),
  public.webhook_require_active(jsonb), public.resend_webhook_delivery(uuid, uuid),
  public.recover_webhook_deliveries(uuid, text, text),
  public.test_webhook_endpoint(uuid, text), public.webhook_make_test(uuid, text),
  public.webhook_send_again(uuid[]),
  public.webhook_stats_object(uuid[], text), public.get_webhook_endpoint_stats(uuid, text),
  public.get_webhook_stats(text), public.list_webhook_event_types(),
  public.webhook_require_token(), public.webhook_key_object(public.api_keys),
  public.create_webhook_api_key(text, text), public.list_webhook_api_keys(),
  public.delete_webhook_api_key(uuid)
  from public, service_role;
grant execute on function
  public.webhook_delivery_object(public.webhook_deliveries),
  public.webhook_parse_time(text, text),
  public.list_webhook_deliveries(uuid, text, text, text, text, text, integer),
  public.webhook_require_delivery(uuid, uuid), public.get_webhook_delivery(uuid, uuid),
  public.webhook_require_active(jsonb), public.resend_webhook_delivery(uuid, uuid),
  public.recover_webhook_deliveries(uuid, text, text),
  public.test_webhook_endpoint(uuid, text), public.webhook_make_test(uuid, text),
  public.webhook_send_again(uuid[]),
  public.webhook_stats_object(uuid[], text), public.get_webhook_endpoint_stats(uuid, text),
  public.get_webhook_stats(text), public.list_webhook_event_types(),
  public.webhook_require_token(), public.webhook_key_object(public.api_keys),
  public.create_webhook_api_key(text, text), public.list_webhook_api_keys(),
  public.delete_webhook_api_key(uuid), public.webhook_event_patterns(text)
  to anon, authenticated;
revoke all on function public.put_webhook_event_type(text, text)
  from public, anon, authenticated;
grant execute on function public.put_webhook_event_type(text, text) to service_role;

notify pgrst, 'reload schema';
