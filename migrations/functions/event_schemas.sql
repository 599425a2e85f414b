-- Schemas of event types: JSON Schema (https://json-schema.org), shown to owners. Where the database has the extension
-- pg_jsonschema (https://github.com/supabase/pg_jsonschema), events are held to them: with a warning, or by refusing them.

-- The schema of the database in which pg_jsonschema is, quoted, or null.
create or replace function webhooks.validator() returns text
language sql stable
set search_path = ''
as $$
  select s.name from (values (1, 'extensions'), (2, 'public')) as s (nth, name)
  where to_regprocedure(s.name || '.jsonb_matches_schema(json, jsonb)') is not null
    and to_regprocedure(s.name || '.jsonschema_validation_errors(json, json)') is not null
  order by s.nth
  limit 1
$$;

-- What in `data` does not fit a schema: at most three sentences, null where it fits or nothing can tell.
create or replace function webhooks.schema_problems(schema jsonb, data jsonb) returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
  validator constant text := webhooks.validator();
  fits boolean;
  problems text[];
begin
  if validator is null then
    return null;
  end if;
  execute format('select %s.jsonb_matches_schema($1::json, $2)', validator) into fits using schema, data;
  if fits then
    return null;
  end if;
  execute format('select %s.jsonschema_validation_errors($1::json, $2::json)', validator) into problems
    using schema, data;
  return array(select left(p, 200) from unnest(problems[:3]) as p);
end
$$;

-- Why an event is not taken for its type's schema, as webhooks.event_refusal(), or null. Where its type only warns, that is
-- noted.
create or replace function webhooks.schema_refusal(event_id text, event_type text, data jsonb) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_variable
declare
  type record;
  problems text[];
begin
  select t.schema, t.validation into type from public.webhook_event_types t
  where t.name = event_type and t.validation <> 'none';
  if not found then
    return null;
  end if;
  begin
    problems := webhooks.schema_problems(type.schema, data);
  exception when others then
    -- No fault of the event, which is taken.
    raise warning 'the schema of % cannot be used: %', event_type, sqlerrm;
  end;
  if problems is null then
    return null;
  end if;
  if type.validation = 'refuse' then
    return jsonb_build_object('status', 400, 'code', 'schema_violation',
      'error', format('data does not fit the schema of %s', event_type), 'problems', to_jsonb(problems));
  end if;
  insert into webhooks.schema_warnings (event_type, event_id) values (event_type, event_id);
  return null;
end
$$;

-- The types that a schema allows. `number` includes `integer`. Null: any.
create or replace function webhooks.schema_types(schema jsonb) returns text[]
language sql immutable
return case jsonb_typeof(schema -> 'type')
  when 'string' then array[schema ->> 'type']
  when 'array' then array(select jsonb_array_elements_text(schema -> 'type'))
end;

-- What of a schema's change receivers may not expect, in sentences: a field that is gone or no longer always there, another
-- type, another value. `path` is what the schema is of. What a schema says in other words (oneOf, patterns, limits) is not
-- looked at.
create or replace function webhooks.schema_breaks(path text, old jsonb, new jsonb) returns text[]
language plpgsql immutable
set search_path = ''
as $$
declare
  breaks text[] := '{}';
  old_types constant text[] := webhooks.schema_types(old);
  new_types constant text[] := webhooks.schema_types(new);
  field text;
begin
  if old_types is not null and not coalesce(
    new_types <@ (old_types || case when 'number' = any (old_types) then array['integer'] else '{}'::text[] end), false)
  then
    breaks := breaks || format('%s may be of another type', path);
  end if;
  if jsonb_typeof(old -> 'enum') = 'array'
    and not coalesce(new -> 'enum' <@ (old -> 'enum'), (old -> 'enum') @> (new -> 'const'), false)
  then
    breaks := breaks || format('%s may have other values', path);
  end if;
  for field in
    select r.field from jsonb_array_elements_text(
      case when jsonb_typeof(old -> 'required') = 'array' then old -> 'required' else '[]' end) as r (field)
    where not coalesce(new -> 'required' ? r.field, false)
  loop
    breaks := breaks || format('%s.%s is no longer always there', path, field);
  end loop;
  if jsonb_typeof(old -> 'properties') = 'object' then
    for field in select k from jsonb_object_keys(old -> 'properties') as k order by k loop
      if coalesce(new -> 'properties' ? field, false) then
        breaks := breaks || webhooks.schema_breaks(
          path || '.' || field, old -> 'properties' -> field, new -> 'properties' -> field);
      else
        breaks := breaks || format('%s.%s is gone', path, field);
      end if;
    end loop;
  end if;
  if jsonb_typeof(old -> 'items') = 'object' and jsonb_typeof(new -> 'items') = 'object' then
    breaks := breaks || webhooks.schema_breaks(path || '[]', old -> 'items', new -> 'items');
  end if;
  return breaks;
end
$$;

-- Deletes up to `most` warnings that are older than `before`. Answers how many.
create or replace function webhooks.purge_schema_warnings(before timestamptz, most integer) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from webhooks.schema_warnings w
  where w.id = any (array(
    select o.id from (
      select o.id, o.warned_at from webhooks.schema_warnings o order by o.id limit most
    ) o
    where o.warned_at < before));
  get diagnostics purged = row_count;
  return purged;
end
$$;

revoke all on function
  webhooks.validator(), webhooks.schema_problems(jsonb, jsonb), webhooks.schema_refusal(text, text, jsonb),
  webhooks.schema_types(jsonb), webhooks.schema_breaks(text, jsonb, jsonb),
  webhooks.purge_schema_warnings(timestamptz, integer)
  from public;
grant execute on function
  webhooks.validator(), webhooks.schema_problems(jsonb, jsonb), webhooks.schema_refusal(text, text, jsonb),
  webhooks.schema_types(jsonb), webhooks.schema_breaks(text, jsonb, jsonb),
  webhooks.purge_schema_warnings(timestamptz, integer)
  to service_role;
