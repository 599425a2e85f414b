-- Endpoints: what one may be, and what its owner may do. One function a call of `manage`, each one
-- PostgREST round trip.

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

-- Trigger: gives a new endpoint its secret. Runs as its owner, because users may insert endpoints
-- but neither choose nor read secrets.
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

-- Trigger: keeps updated_at.
create or replace function public.update_webhook_endpoint_timestamp() returns trigger
language plpgsql volatile
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

-- Whether owners may not set this header: it is ours, it frames the message, it is what proxies and
-- servers trust about who is asking, or it changes what they do with the request. Servers that pass
-- headers on as variables (CGI, RFC 3875, section 4.1.18) take - and _ for the same.
create or replace function webhooks.is_reserved_header(name text) returns boolean
language sql immutable
return translate(lower(name), '_', '-') ~ ('^(webhook-|nuke-|svix-|stripe-signature$'
  '|content-|transfer-encoding$|connection$|keep-alive$|host$|te$|trailer$|upgrade|expect$|http2-settings$'
  '|accept-encoding$|date$|user-agent$|range$|if-|max-forwards$|priority$|early-data$|alt-'
  '|cf-|cdn-|sec-|proxy-|via$|x-via|forwarded|x-forwarded|x-original-|x-rewrite-|x-envoy-|x-amzn-|x-amz-cf-'
  '|x-real-|x-client-ip$|client-ip$|true-client-ip$|x-true-client-ip$|x-cluster-client-ip$|x-remote-|remote-'
  '|x-originating-ip$|x-host$|x-azure-|x-appengine-|fastly-|fly-|akamai-|x-akamai-|x-vercel-|x-nf-'
  '|x-http-method|x-method-override$|x-middleware-|access-control-|service-worker)');

-- Why these headers may not be sent along, or null.
create or replace function webhooks.headers_problem(headers jsonb) returns text
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
    -- A token (RFC 9110, section 5.6.2) without the signs that are hardly used.
    if header.name !~ '^[A-Za-z0-9_-]{1,100}$' then
      return 'must have names of letters, digits, - and _, at most 100 characters';
    end if;
    if webhooks.is_reserved_header(header.name) then
      return format('must not contain %s, which is reserved', header.name);
    end if;
    if jsonb_typeof(header.value) <> 'string' or header.value #>> '{}' !~ '^[\x20-\x7e]+$'
      or length(header.value #>> '{}') > 1000
    then
      return format('must have a value of 1 to 1000 visible ASCII characters for %s',
        header.name);
    end if;
  end loop;
  if (
    select count(distinct translate(lower(h.name), '_', '-')) < count(*)
    from jsonb_object_keys(headers) as h (name)
  ) then
    return 'must have each name once';
  end if;
  return null;
end
$$;

-- Why these may not be the names of an endpoint's signature headers, or null. `headers` are what its owner sends
-- along.
create or replace function webhooks.signature_headers_problem(signature_headers jsonb, headers jsonb)
returns text
language plpgsql immutable
set search_path = ''
as $$
declare
  ours constant text := '^(webhook-|nuke-|svix-|stripe-signature$)';
  header record;
begin
  if signature_headers is null then
    return null;
  end if;
  if jsonb_typeof(signature_headers) <> 'object'
    or (select count(*) from jsonb_object_keys(signature_headers)) not between 1 and 10
  then
    return 'must be an object of 1 to 10 names, or null';
  end if;
  for header in
    select h.key as name, h.value, translate(lower(h.key), '_', '-') as folded
    from jsonb_each(signature_headers) as h
  loop
    if header.name !~ '^[A-Za-z0-9_-]{1,100}$' then
      return 'must have names of letters, digits, - and _, at most 100 characters';
    end if;
    if header.folded !~ ours and webhooks.is_reserved_header(header.name) then
      return format('must not contain %s, which is reserved', header.name);
    end if;
    if header.value not in ('"id"', '"timestamp"', '"standard"', '"stripe"', '"convoy"', '"hex"') then
      return format('must have id, timestamp, standard, stripe, convoy or hex for %s', header.name);
    end if;
    if exists (select from jsonb_object_keys(headers) as o (name)
      where translate(lower(o.name), '_', '-') = header.folded)
    then
      return format('must not contain %s, which is in headers', header.name);
    end if;
  end loop;
  if (
    select count(distinct translate(lower(h.name), '_', '-')) < count(*)
    from jsonb_object_keys(signature_headers) as h (name)
  ) then
    return 'must have each name once';
  end if;
  if not exists (select from jsonb_each_text(signature_headers) as h
    where h.value in ('standard', 'stripe', 'convoy', 'hex'))
  then
    return 'must have a signature: standard, stripe, convoy or hex';
  end if;
  return null;
end
$$;

-- Why this may not be an endpoint's metadata, or null.
create or replace function webhooks.metadata_problem(metadata jsonb) returns text
language sql immutable
return case
  when jsonb_typeof(metadata) is distinct from 'object'
    then 'must be an object of names and texts'
  when (select count(*) from jsonb_object_keys(metadata)) > 20
    then 'must not have more than 20 entries'
  when exists (select from jsonb_each(metadata) as m
    where char_length(m.key) not between 1 and 40 or jsonb_typeof(m.value) <> 'string'
      or char_length(m.value #>> '{}') > 500)
    then 'must have names of 1 to 40 characters and texts of at most 500'
end;

-- Refuses event types that are not in the catalogue, or archived. `kept` are those the endpoint is
-- subscribed to already.
create or replace function webhooks.check_event_types(events text[], kept text[]) returns void
language plpgsql stable
set search_path = ''
as $$
declare
  unknown text;
begin
  select e.name into unknown
  from unnest(events) as e (name)
  where not exists (
    select from public.webhook_event_types t
    where (t.name = e.name or right(e.name, 2) = '.*' and starts_with(t.name, rtrim(e.name, '*')))
      and (t.archived_at is null or e.name = any (kept))
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
end
$$;

-- Refuses a new endpoint over the owner's limit.
create or replace function webhooks.check_endpoint_count(owner uuid) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  most constant integer := webhooks.setting('MAX_ENDPOINTS_PER_USER', 100);
begin
  -- One after the other, so that two at once do not both find the last place.
  perform pg_advisory_xact_lock(hashtextextended('webhook_endpoints ' || owner, 0));
  if (select count(*) from public.webhook_endpoints e where e.user_id = owner) >= most then
    raise sqlstate 'PT400' using
      message = format('There may be no more than %s endpoints', most),
      hint = 'too_many_endpoints', detail = jsonb_build_object('max_endpoints', most);
  end if;
end
$$;

-- Trigger: refuses what no endpoint may have, where it is new, and keeps header_names and disabled_at. `manage`
-- checks more than this, but owners may also write their endpoints through PostgREST, and what they
-- write is read in batches with other owners'. What an earlier system stored is left alone.
-- Whatever a constraint would refuse is refused here first: Postgres would quote the row, secret and
-- all.
create or replace function webhooks.check_endpoint() returns trigger
language plpgsql volatile
set search_path = ''
as $$
declare
  is_new constant boolean := tg_op = 'INSERT';
  problem record;
begin
  -- The operator's endpoint is made by the system itself, whatever the catalogue says.
  if new.user_id is null then
    return new;
  end if;
  if is_new then
    perform webhooks.check_endpoint_count(new.user_id);
  end if;
  select * into problem
  from (
    select 'url' as field, 'must be an https URL of at most 2048 bytes' as what
    where (is_new or new.url is distinct from old.url)
      and (new.url is null or new.url !~* '^https?://' or octet_length(new.url) > 2048)
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
    from (select webhooks.headers_problem(new.headers) as problem) h
    where (is_new or new.headers is distinct from old.headers) and h.problem is not null
    union all
    select 'signature_headers', h.problem
    from (select webhooks.signature_headers_problem(new.signature_headers, new.headers) as problem) h
    where (is_new or new.headers is distinct from old.headers
        or new.signature_headers is distinct from old.signature_headers)
      and h.problem is not null
    union all
    select 'retry_schedule', 'must be 1 to 20 whole numbers of seconds, each from 1 to 86400, or null'
    where new.retry_schedule is not null and (cardinality(new.retry_schedule) not between 1 and 20
      or array_ndims(new.retry_schedule) <> 1
      or exists (select from unnest(new.retry_schedule) as s (step) where (s.step between 1 and 86400) is not true))
    union all
    select 'metadata', m.problem
    from (select webhooks.metadata_problem(new.metadata) as problem) m
    where (is_new or new.metadata is distinct from old.metadata) and m.problem is not null
    union all
    select 'ordering', o.problem
    from (select webhooks.ordering_problem(new.ordering) as problem) o where o.problem is not null
    union all
    select 'events', 'must have 1 to 100 entries'
    where (is_new or new.events is distinct from old.events)
      and (new.events is null or cardinality(new.events) not between 1 and 100)
  ) p
  limit 1;
  if found then
    perform webhooks.refuse_field(problem.field, problem.what);
  end if;
  if new.filter is not null
    and (is_new or new.filter is distinct from old.filter or new.metadata is distinct from old.metadata)
  then
    perform webhooks.check_filter(new.filter, new.metadata);
  end if;
  if is_new then
    perform webhooks.check_event_types(new.events, '{}');
  elsif new.events is distinct from old.events then
    perform webhooks.check_event_types(new.events, old.events);
  end if;
  new.header_names := array(
    select h.name from jsonb_object_keys(new.headers) as h (name) order by h.name);
  -- Who switches an endpoint on forgets why it was off.
  if new.is_active then
    new.disabled_reason := null;
    new.disabled_at := null;
  elsif is_new or old.is_active then
    new.disabled_at := coalesce(new.disabled_at, now());
  end if;
  return new;
end
$$;

-- Trigger: an owner who enables an endpoint again, or gives it another URL, gives it another chance,
-- and what waits for a limit that changed is looked at again. Runs as its owner: users touch none
-- of these tables.
create or replace function webhooks.endpoint_changed() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  insert into webhooks.due_log (endpoint_id, due_at) values (new.id, '-infinity');
  if new.is_active and not old.is_active or new.url <> old.url then
    update webhooks.endpoint_health h
    set consecutive_failures = 0, first_failure_at = null, is_slow = false, is_failing = false
    where h.endpoint_id = new.id;
  end if;
  return null;
end
$$;

-- Trigger: leaves the deliveries of deleted endpoints to be purged in steps. Without their endpoint
-- no owner sees them. Runs as its owner: users do not touch the table.
create or replace function webhooks.endpoints_deleted() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
begin
  insert into webhooks.deleted_endpoints (endpoint_id)
  select r.id from removed r
  on conflict do nothing;
  return null;
end
$$;

-- How endpoints do, as far as the caller may see: {state, consecutive_failures, failing_since, next_attempt_at} of each. The next
-- attempt is known where an endpoint backs off. All in one statement: the policies look up the caller's endpoints once.
create or replace function webhooks.health_of(ids uuid[]) returns table (endpoint_id uuid, health jsonb)
language sql stable
set search_path = ''
as $$
  select i.id, jsonb_build_object(
    'state', case when h.is_backing_off then 'backing_off' when h.is_failing then 'failing' else 'ok' end,
    'consecutive_failures', coalesce(h.consecutive_failures, 0),
    'failing_since', webhooks.utc(h.first_failure_at),
    'next_attempt_at', case when h.is_backing_off then (
      select webhooks.utc(greatest(d.next_retry_at, (
        select q.held_until from webhooks.queue q where q.endpoint_id = i.id limit 1), now()))
      from public.webhook_deliveries d
      where d.endpoint_id = i.id and d.status in ('pending', 'retrying') and d.next_retry_at < 'infinity'
      order by d.next_retry_at
      limit 1) end)
  from unnest(ids) as i (id)
  left join lateral (
    select t.*, t.consecutive_failures >= webhooks.back_off_after() as is_backing_off
    from webhooks.endpoint_health t where t.endpoint_id = i.id limit 1
  ) h on true
$$;

-- The endpoint as the API shows it: without secrets, and with the names of its headers. Callers need
-- no search_path here: the body is parsed when the function is created.
create or replace function webhooks.endpoint_object(
  id uuid, url text, description text, events text[], is_active boolean,
  created_at timestamptz, updated_at timestamptz, rate_limit_per_minute integer,
  max_attempts integer, header_names text[], signature_headers jsonb, retry_schedule integer[],
  metadata jsonb, filter text, ordering jsonb, disabled_reason text, disabled_at timestamptz,
  secret_expires_at timestamptz, health jsonb
) returns jsonb
language sql stable
return jsonb_build_object(
    'id', id, 'url', url, 'description', description, 'events', events,
    'is_active', is_active, 'created_at', webhooks.utc(created_at),
    'updated_at', webhooks.utc(updated_at),
    'rate_limit_per_minute', rate_limit_per_minute, 'max_attempts', max_attempts,
    'headers', header_names, 'signature_headers', signature_headers,
    'retry_schedule', retry_schedule, 'metadata', metadata, 'filter', filter,
    'ordering', coalesce(ordering, '"none"'),
    'disabled_reason', disabled_reason,
    'disabled_at', webhooks.utc(disabled_at),
    'secret_expires_at', case when secret_expires_at > now() then webhooks.utc(secret_expires_at) end,
    'health', health);

-- The caller's endpoint as the API shows it. Raises 404 where there is none of this id that the
-- caller may see, and what require_caller() raises.
create or replace function webhooks.require_endpoint(endpoint_id uuid, scope text) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller(scope);
  endpoint jsonb;
begin
  select webhooks.endpoint_object(
    e.id, e.url, e.description, e.events, e.is_active, e.created_at, e.updated_at,
    e.rate_limit_per_minute, e.max_attempts, e.header_names, e.signature_headers,
    e.retry_schedule, e.metadata, e.filter, e.ordering, e.disabled_reason, e.disabled_at, e.secret_expires_at,
    (select h.health from webhooks.health_of(array[e.id]) h))
  into endpoint
  from public.webhook_endpoints e
  where e.id = require_endpoint.endpoint_id and e.user_id = caller;
  if endpoint is null then
    raise sqlstate 'PT404' using message = 'Webhook endpoint not found', hint = 'not_found';
  end if;
  return endpoint;
end
$$;

-- The caller's endpoints, newest first, those whose metadata has `metadata` (a JSON object, as text), each with its delivery counts: those counted, and what the
-- tally still has.
create or replace function public.list_webhook_endpoints(metadata text default null) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
as $$
declare
  caller constant uuid := webhooks.require_caller('read');
  part constant jsonb := webhooks.parse_json('metadata', metadata);
begin
  if jsonb_typeof(part) <> 'object' then
    perform webhooks.refuse_field('metadata', 'must be a JSON object');
  end if;
  return coalesce((
    with own as materialized (
      select e.id, e.url, e.description, e.events, e.is_active, e.created_at, e.updated_at,
        e.rate_limit_per_minute, e.max_attempts, e.header_names, e.signature_headers,
        e.retry_schedule, e.metadata, e.filter, e.ordering, e.disabled_reason, e.disabled_at, e.secret_expires_at
      from public.webhook_endpoints e
      where e.user_id = caller and (part is null or e.metadata @> part)
    ),
    uncounted as materialized (
      select t.endpoint_id, sum(t.deliveries) as deliveries, sum(t.failed) as failed
      from webhooks.tally t
      where t.endpoint_id = any (array(select o.id from own o))
      group by t.endpoint_id
    )
    select jsonb_agg(
      webhooks.endpoint_object(
        e.id, e.url, e.description, e.events, e.is_active, e.created_at, e.updated_at,
        e.rate_limit_per_minute, e.max_attempts, e.header_names, e.signature_headers,
        e.retry_schedule, e.metadata, e.filter, e.ordering, e.disabled_reason, e.disabled_at, e.secret_expires_at,
        h.health)
      || jsonb_build_object('stats', jsonb_build_object(
        'total_deliveries', coalesce(s.deliveries, 0) + coalesce(u.deliveries, 0),
        'failed_deliveries', coalesce(s.failed, 0) + coalesce(u.failed, 0)))
      order by e.created_at desc, e.id
    )
    from own e
    join webhooks.health_of(array(select o.id from own o)) h on h.endpoint_id = e.id
    left join uncounted u on u.endpoint_id = e.id
    left join lateral (
      select s.deliveries, s.failed from webhooks.endpoint_totals s
      where s.endpoint_id = e.id limit 1
    ) s on true
  ), '[]');
end
$$;

-- One endpoint with its 20 newest deliveries.
create or replace function public.get_webhook_endpoint(endpoint_id uuid) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
as $$
begin
  return webhooks.require_endpoint(endpoint_id, 'read') || jsonb_build_object(
    'recent_deliveries', coalesce((
      select jsonb_agg(to_jsonb(r) order by r.created_at desc, r.id)
      from (
        select d.id, d.event_type, d.event_id, d.status, d.attempts, d.response_status,
          d.response_time_ms, webhooks.utc(d.created_at) as created_at,
          webhooks.utc(d.delivered_at) as delivered_at, d.last_error
        from public.webhook_deliveries d
        where d.endpoint_id = get_webhook_endpoint.endpoint_id
        order by d.created_at desc, d.id
        limit 20
      ) r
    ), '[]')
  );
end
$$;

-- Registers an endpoint and answers it with its secret, which is made where `secret` is null. Runs as its owner: it is one of the two
-- functions that show a secret, to the user it was made for. For the hashes see
-- webhooks.begin_idempotent().
create or replace function public.create_webhook_endpoint(
  url text, description text default null, events text[] default array['*'],
  is_active boolean default true, rate_limit_per_minute integer default null,
  max_attempts integer default null, headers text default '{}',
  signature_headers text default null, secret text default null,
  retry_schedule integer[] default null, metadata text default '{}', filter text default null,
  ordering text default null,
  key_hash text default null, request_hash text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('write');
  earlier constant jsonb := webhooks.begin_idempotent(caller, key_hash, request_hash);
  created_id uuid;
  created_secret text;
begin
  if earlier is not null then
    return earlier;
  end if;
  if secret !~ '^[\x21-\x7e]{16,255}$' then
    perform webhooks.refuse_field('secret', 'must be 16 to 255 visible ASCII characters');
  end if;
  insert into public.webhook_endpoints as e
    (user_id, url, description, events, is_active, rate_limit_per_minute, max_attempts, headers,
    signature_headers, secret, retry_schedule, metadata, filter, ordering)
  values (caller, create_webhook_endpoint.url, create_webhook_endpoint.description,
    create_webhook_endpoint.events, create_webhook_endpoint.is_active,
    create_webhook_endpoint.rate_limit_per_minute, create_webhook_endpoint.max_attempts,
    webhooks.parse_json('headers', create_webhook_endpoint.headers),
    webhooks.parse_json('signature_headers', create_webhook_endpoint.signature_headers),
    coalesce(create_webhook_endpoint.secret, ''), create_webhook_endpoint.retry_schedule,
    webhooks.parse_json('metadata', create_webhook_endpoint.metadata), create_webhook_endpoint.filter,
    nullif(webhooks.parse_json('ordering', create_webhook_endpoint.ordering), '"none"'))
  returning e.id, e.secret into created_id, created_secret;
  return webhooks.end_idempotent(caller, key_hash, webhooks.require_endpoint(created_id, 'write')
    || jsonb_build_object('secret', created_secret));
exception when foreign_key_violation then
  -- The token is still valid, its user is gone.
  raise sqlstate 'PT401' using
    message = 'Invalid or missing authentication', hint = 'unauthorized';
end
$$;

-- Changes what `changes` names: a JSON object, as text so that an absent field and a null one
-- stay apart, with any of url, description, events, is_active, rate_limit_per_minute,
-- max_attempts, headers, signature_headers, retry_schedule, metadata, filter and ordering (each of them at once).
create or replace function public.update_webhook_endpoint(endpoint_id uuid, changes text)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('write');
  change constant jsonb := webhooks.parse_json('changes', changes);
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
      then (change ->> 'max_attempts')::integer else e.max_attempts end,
    signature_headers = case when change ? 'signature_headers'
      then nullif(change -> 'signature_headers', 'null') else e.signature_headers end,
    retry_schedule = case when change ? 'retry_schedule'
      then case when jsonb_typeof(change -> 'retry_schedule') = 'array' then
        array(select jsonb_array_elements_text(change -> 'retry_schedule')::integer) end
      else e.retry_schedule end,
    metadata = case when change ? 'metadata' then change -> 'metadata' else e.metadata end,
    filter = case when change ? 'filter' then change ->> 'filter' else e.filter end,
    ordering = case when change ? 'ordering' then nullif(change -> 'ordering', '"none"') else e.ordering end
  where e.id = update_webhook_endpoint.endpoint_id and e.user_id = caller;
  -- By itself: owners may not read the column, which keeping its value would need.
  if change ? 'headers' then
    update public.webhook_endpoints e set headers = change -> 'headers'
    where e.id = update_webhook_endpoint.endpoint_id and e.user_id = caller;
  end if;
  if change -> 'is_active' = 'false' then
    perform webhooks.forget_reasons(array[endpoint_id]);
  end if;
  return webhooks.require_endpoint(endpoint_id, 'write');
end
$$;

-- Forgets why these endpoints of the caller are off, because the caller has switched them off, too: the operator's resume leaves
-- them alone from now on. Runs as its owner: callers may not write the column.
create or replace function webhooks.forget_reasons(endpoint_ids uuid[]) returns void
language sql volatile security definer
set search_path = ''
as $$
  update public.webhook_endpoints e set disabled_reason = null
  where e.id = any (endpoint_ids) and e.user_id = webhooks.caller('write')
    and not e.is_active and e.disabled_reason is not null
$$;

-- The secrets among these that have not expired.
create or replace function webhooks.signing_secrets(secrets webhooks.previous_secret[])
returns webhooks.previous_secret[]
language sql stable
return array(
  select row(s.secret, s.expires_at)::webhooks.previous_secret
  from unnest(secrets) with ordinality as s (secret, expires_at, nth)
  where s.expires_at > now()
  order by s.nth);

-- When the first of these secrets expires, or null.
create or replace function webhooks.first_expiry(secrets webhooks.previous_secret[])
returns timestamptz
language sql immutable
return (select min(s.expires_at) from unnest(secrets) as s);

-- Deletes the endpoint. Its deliveries are out of sight at once, and purged in steps.
create or replace function public.delete_webhook_endpoint(endpoint_id uuid) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('write');
begin
  delete from public.webhook_endpoints e
  where e.id = delete_webhook_endpoint.endpoint_id and e.user_id = caller;
  if not found then
    raise sqlstate 'PT404' using message = 'Webhook endpoint not found', hint = 'not_found';
  end if;
end
$$;

-- Gives the endpoint a new secret and answers with it. The one before signs too for `expires_in_hours` (0
-- to 168), and those before that as long as they were to: a call that is repeated breaks no receiver.
-- With 0 only the new one signs, at once. Raises 409 where ten earlier ones sign. Runs as its owner, like
-- create.
create or replace function public.rotate_webhook_secret(
  endpoint_id uuid, expires_in_hours integer default 24,
  key_hash text default null, request_hash text default null
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  most constant integer := 10;
  caller constant uuid := webhooks.require_caller('write');
  earlier constant jsonb := webhooks.begin_idempotent(caller, key_hash, request_hash);
  new_secret constant text := public.generate_webhook_secret();
  old_secret text;
  signing webhooks.previous_secret[];
begin
  if earlier is not null then
    return earlier;
  end if;
  if (expires_in_hours between 0 and 168) is not true then
    perform webhooks.refuse_field('expires_in_hours', 'must be a whole number from 0 to 168');
  end if;
  select e.secret, webhooks.signing_secrets(e.previous_secrets) into old_secret, signing
  from public.webhook_endpoints e
  where e.id = rotate_webhook_secret.endpoint_id and e.user_id = caller
  for no key update;
  if expires_in_hours = 0 then
    signing := '{}';
  elsif cardinality(signing) >= most then
    raise sqlstate 'PT409' using
      message = format('%s earlier secrets still sign: wait until one expires, or cut over with '
        'expires_in_hours 0', most),
      hint = 'too_many_secrets';
  else
    signing := row(old_secret, now() + make_interval(hours => expires_in_hours))::webhooks.previous_secret
      || signing;
  end if;
  update public.webhook_endpoints e set previous_secrets = signing, secret = new_secret,
    secret_expires_at = webhooks.first_expiry(signing)
  where e.id = rotate_webhook_secret.endpoint_id and e.user_id = caller;
  return webhooks.end_idempotent(caller, key_hash, webhooks.require_endpoint(endpoint_id, 'write')
    || jsonb_build_object('secret', new_secret));
end
$$;

revoke all on function
  public.generate_webhook_secret(), public.webhook_endpoint_before_insert(),
  public.update_webhook_endpoint_timestamp(), public.list_webhook_endpoints(text),
  public.get_webhook_endpoint(uuid),
  public.create_webhook_endpoint(text, text, text[], boolean, integer, integer, text, text, text,
    integer[], text, text, text, text, text),
  public.update_webhook_endpoint(uuid, text), public.delete_webhook_endpoint(uuid),
  public.rotate_webhook_secret(uuid, integer, text, text)
  from public, anon, authenticated, service_role;
revoke all on function
  webhooks.is_reserved_header(text), webhooks.headers_problem(jsonb),
  webhooks.signature_headers_problem(jsonb, jsonb), webhooks.metadata_problem(jsonb),
  webhooks.signing_secrets(webhooks.previous_secret[]),
  webhooks.first_expiry(webhooks.previous_secret[]), webhooks.check_event_types(text[], text[]),
  webhooks.check_endpoint_count(uuid), webhooks.check_endpoint(), webhooks.endpoint_changed(),
  webhooks.endpoints_deleted(),
  webhooks.endpoint_object(uuid, text, text, text[], boolean, timestamptz, timestamptz, integer,
    integer, text[], jsonb, integer[], jsonb, text, jsonb, text, timestamptz, timestamptz, jsonb),
  webhooks.health_of(uuid[]), webhooks.require_endpoint(uuid, text), webhooks.forget_reasons(uuid[])
  from public;
grant execute on function
  public.generate_webhook_secret(), webhooks.signing_secrets(webhooks.previous_secret[]),
  webhooks.first_expiry(webhooks.previous_secret[])
  to service_role;
-- The trigger of an insert or update runs these as the role that writes.
grant execute on function
  webhooks.is_reserved_header(text), webhooks.headers_problem(jsonb),
  webhooks.signature_headers_problem(jsonb, jsonb), webhooks.metadata_problem(jsonb), webhooks.check_event_types(text[], text[]),
  webhooks.check_endpoint_count(uuid)
  to anon, authenticated, service_role;
grant execute on function
  webhooks.endpoint_object(uuid, text, text, text[], boolean, timestamptz, timestamptz, integer,
    integer, text[], jsonb, integer[], jsonb, text, jsonb, text, timestamptz, timestamptz, jsonb),
  webhooks.health_of(uuid[]), webhooks.require_endpoint(uuid, text), webhooks.forget_reasons(uuid[]),
  public.list_webhook_endpoints(text), public.get_webhook_endpoint(uuid),
  public.create_webhook_endpoint(text, text, text[], boolean, integer, integer, text, text, text,
    integer[], text, text, text, text, text),
  public.update_webhook_endpoint(uuid, text), public.delete_webhook_endpoint(uuid),
  public.rotate_webhook_secret(uuid, integer, text, text)
  to anon, authenticated;
