-- What callers write and are answered: times, JSON, refusals.
--
-- Errors are raised as SQLSTATE PTnnn, which PostgREST answers with HTTP status nnn
-- (https://docs.postgrest.org/en/stable/references/errors.html): the message is the sentence
-- for the caller, the hint the machine-readable code, the detail a JSON object with the rest.

-- Refuses a field with a 400: `problem` is what follows its name.
create or replace function webhooks.refuse_field(field text, problem text) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  raise sqlstate 'PT400' using message = field || ' ' || problem, hint = 'invalid_field',
    detail = jsonb_build_object('field', field);
end
$$;

-- A time that a caller wrote, or a 400 that names the field: RFC 3339, with any number of digits after
-- the second, of which six count. Without an offset it is UTC, and so is a date, which is its first
-- moment. A space is taken for the + that it was in a query.
create or replace function webhooks.parse_time(field text, value text) returns timestamptz
language plpgsql stable
set search_path = ''
as $$
declare
  -- Date, minute, second, fraction, offset: sign, hours, minutes.
  part constant text[] := regexp_match(value, '^(\d{4}-\d\d-\d\d)(?:[Tt ]((?:[01]\d|2[0-3]):[0-5]\d)'
    '(?::([0-5]\d|60)(\.\d+)?)?(?:[Zz]|([+ -])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?$');
begin
  if value is null then
    return null;
  end if;
  if part is null then
    raise invalid_datetime_format;
  end if;
  return (part[1] || ' ' || coalesce(part[2], '00:00') || ':' || coalesce(part[3], '00')
      || coalesce(left(part[4], 7), ''))::timestamp at time zone 'UTC'
    - case part[5] when '-' then -1 else 1 end * make_interval(
      hours => coalesce(part[6], '0')::integer, mins => coalesce(part[7], '0')::integer);
exception when data_exception then
  perform webhooks.refuse_field(field, 'must be a time such as 2026-11-24T08:30:00Z');
end
$$;

-- A time as the API shows it: UTC to the microsecond, whatever the session's time zone.
create or replace function webhooks.utc("time" timestamptz) returns text
language sql stable
return to_char("time" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- Refuses what is not `sha256_` and the hex SHA-256 of a key or token.
create or replace function webhooks.check_hash(field text, hash text) returns void
language plpgsql stable
set search_path = ''
as $$
begin
  if (hash ~ '^sha256_[0-9a-f]{64}$') is not true then
    perform webhooks.refuse_field(field, 'must be sha256_ and 64 hex digits');
  end if;
end
$$;

-- A UUID that a caller wrote, or null where it is none.
create or replace function webhooks.parse_uuid(value text) returns uuid
language sql immutable
return case when value ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then value::uuid end;

-- Reads the fields of a call, a JSON object as text, and leaves out nulls. `known` names each field and what it must be: uuid, text,
-- whole (a whole number), boolean, texts (a list) or object. Other fields are refused by name.
create or replace function webhooks.read_fields(call text, known jsonb) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  fields constant jsonb := (
    select coalesce(jsonb_object_agg(f.key, f.value), '{}')
    from jsonb_each(webhooks.parse_json('body', call)) as f where f.value <> 'null');
  problem record;
begin
  select * into problem
  from (
    select left(f.key, 100) as field, case
      when not known ? f.key then 'is not a known field; there are ' || coalesce(
        (select string_agg(k.name, ', ' order by k.name) from jsonb_object_keys(known) as k (name)), 'none')
      when case known ->> f.key
        when 'uuid' then webhooks.parse_uuid(f.value #>> '{}') is not null
        when 'text' then jsonb_typeof(f.value) = 'string'
        when 'whole' then f.value::text ~ '^-?[0-9]{1,9}$'
        when 'texts' then jsonb_typeof(f.value) = 'array' and not f.value @? '$[*] ? (@.type() != "string")'
        else jsonb_typeof(f.value) = known ->> f.key end is not true
      then 'must be ' || case known ->> f.key
        when 'uuid' then 'a UUID' when 'text' then 'a text' when 'whole' then 'a whole number'
        when 'texts' then 'a list of texts' when 'boolean' then 'true or false' else 'a JSON object' end
      end as what
    from jsonb_each(fields) as f
  ) p
  where p.what is not null
  limit 1;
  if found then
    perform webhooks.refuse_field(problem.field, problem.what);
  end if;
  return fields;
end
$$;

-- JSON that a caller wrote, or a 400 that names the field.
create or replace function webhooks.parse_json(field text, value text) returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return value::jsonb;
exception when data_exception or program_limit_exceeded then
  perform webhooks.refuse_field(field, 'cannot be stored: ' || sqlerrm);
end
$$;

revoke all on function
  webhooks.refuse_field(text, text), webhooks.parse_time(text, text), webhooks.utc(timestamptz),
  webhooks.parse_json(text, text), webhooks.check_hash(text, text), webhooks.parse_uuid(text),
  webhooks.read_fields(text, jsonb)
  from public;
grant execute on function
  webhooks.refuse_field(text, text), webhooks.parse_time(text, text), webhooks.utc(timestamptz),
  webhooks.parse_json(text, text)
  to anon, authenticated, service_role;
-- For the calls of the operator.
grant execute on function
  webhooks.check_hash(text, text), webhooks.parse_uuid(text), webhooks.read_fields(text, jsonb)
  to service_role;
