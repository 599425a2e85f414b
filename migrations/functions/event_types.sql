-- The catalogue of event types.

-- The types endpoints may subscribe to: [{name, description, example, schema}].
create or replace function public.list_webhook_event_types() returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  caller constant uuid := webhooks.require_caller('read');
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', t.name, 'description', t.description, 'example', t.example, 'schema', t.schema)
      order by t.name <> '*', t.name), '[]')
    from public.webhook_event_types t
    where t.archived_at is null
  );
end
$$;

-- Adds a type, or changes what `changes` names of it: a JSON object with any of description,
-- example (an object), schema (JSON Schema, an object), validation (none, warn, refuse), is_archived. Answers the type with
-- `is_enforced`, which says whether events are held to the schema, `breaking`, what of the schema's change receivers may
-- not expect, and `warnings`, how many events did not fit (10,000 at most). For the
-- operator: `session_hash` as for webhooks.require_operator().
create or replace function public.put_webhook_event_type(name text, changes text, session_hash text default null)
returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  operator constant text := webhooks.require_operator(session_hash, 'write');
  change constant jsonb := webhooks.parse_json('changes', changes);
  unknown text;
  refusal jsonb := webhooks.number_refusal(change -> 'example');
  type public.webhook_event_types;
  old_schema jsonb;
  new_schema jsonb;
begin
  if jsonb_typeof(change) is distinct from 'object' then
    raise sqlstate 'PT400' using message = 'The request body must be a JSON object',
      hint = 'invalid_body';
  end if;
  select k.field into unknown from jsonb_object_keys(change) as k (field)
  where k.field not in ('description', 'example', 'schema', 'validation', 'is_archived');
  if found then
    perform webhooks.refuse_field(left(unknown, 100),
      'is not a known field; there are description, example, schema, validation and is_archived');
  end if;
  if name !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' or length(name) > 100 then
    perform webhooks.refuse_field('name',
      'must be letters, digits, _ and - in parts joined by dots, at most 100 characters');
  end if;
  if coalesce(jsonb_typeof(change -> 'description'), 'null') not in ('string', 'null') then
    perform webhooks.refuse_field('description', 'must be a string or null');
  end if;
  if char_length(change ->> 'description') > 1000 then
    perform webhooks.refuse_field('description', 'must not be longer than 1000 characters');
  end if;
  if coalesce(jsonb_typeof(change -> 'example'), 'null') not in ('object', 'null') then
    perform webhooks.refuse_field('example', 'must be a JSON object or null');
  end if;
  if refusal is not null or octet_length((change -> 'example')::text) > webhooks.max_payload_bytes() then
    perform webhooks.refuse_field('example',
      'must be what an event may have as data: ' || coalesce(refusal ->> 'error', 'it is too large'));
  end if;
  if coalesce(jsonb_typeof(change -> 'is_archived'), 'boolean') <> 'boolean' then
    perform webhooks.refuse_field('is_archived', 'must be true or false');
  end if;
  if coalesce(jsonb_typeof(change -> 'schema'), 'null') not in ('object', 'null')
    or octet_length((change -> 'schema')::text) > 65536
  then
    perform webhooks.refuse_field('schema', 'must be a JSON object of at most 64 KiB, or null');
  end if;
  if change ->> 'validation' not in ('none', 'warn', 'refuse') then
    perform webhooks.refuse_field('validation', 'must be none, warn or refuse');
  end if;
  select t.schema into old_schema from public.webhook_event_types t
  where t.name = put_webhook_event_type.name for no key update;
  new_schema := case when change ? 'schema' then nullif(change -> 'schema', 'null') else old_schema end;
  if change ->> 'validation' <> 'none' and new_schema is null then
    perform webhooks.refuse_field('validation', 'needs a schema');
  end if;
  insert into public.webhook_event_types as t (name, description, example, schema, validation, archived_at)
  values (put_webhook_event_type.name, change ->> 'description', nullif(change -> 'example', 'null'),
    new_schema, coalesce(change ->> 'validation', 'none'),
    case when (change ->> 'is_archived')::boolean then now() end)
  on conflict on constraint webhook_event_types_pkey do update set
    description =
      case when change ? 'description' then excluded.description else t.description end,
    example = case when change ? 'example' then excluded.example else t.example end,
    schema = new_schema,
    validation = case when new_schema is null then 'none' else coalesce(change ->> 'validation', t.validation) end,
    archived_at = case when change ? 'is_archived'
      then case when (change ->> 'is_archived')::boolean
        then coalesce(t.archived_at, excluded.archived_at) end
      else t.archived_at end
  returning t.* into type;
  if type.validation <> 'none' then
    begin
      refusal := to_jsonb(webhooks.schema_problems(type.schema, type.example));
    exception when others then
      perform webhooks.refuse_field('schema', 'cannot be used: ' || sqlerrm);
    end;
    if type.example is not null and refusal is not null then
      perform webhooks.refuse_field('example', 'does not fit the schema: ' || (refusal ->> 0));
    end if;
  end if;
  perform webhooks.note_action(operator, 'put_event_type', null,
    jsonb_build_object('name', type.name, 'changed', (select jsonb_agg(c.key) from jsonb_object_keys(change) as c (key)),
      'validation', change -> 'validation', 'is_archived', change -> 'is_archived'));
  return jsonb_build_object('name', type.name, 'description', type.description,
    'example', type.example, 'schema', type.schema, 'validation', type.validation,
    'is_enforced', type.validation <> 'none' and webhooks.validator() is not null,
    'breaking', to_jsonb(case when old_schema is null then '{}'
      else webhooks.schema_breaks('data', old_schema, coalesce(type.schema, '{}')) end),
    'warnings', (select count(*) from (
      select from webhooks.schema_warnings w where w.event_type = type.name limit 10000) w),
    'archived_at', webhooks.utc(type.archived_at));
end
$$;

revoke all on function public.list_webhook_event_types() from public, service_role;
grant execute on function public.list_webhook_event_types() to anon, authenticated;
revoke all on function public.put_webhook_event_type(text, text, text)
  from public, anon, authenticated;
grant execute on function public.put_webhook_event_type(text, text, text) to service_role;
