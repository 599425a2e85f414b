-- Filters: a condition on events, besides their type, that an endpoint may have.
--
-- A filter is a predicate of SQL/JSON path (https://www.postgresql.org/docs/current/functions-json.html) about the
-- payload, such as `$.data.price > 40000 && $.type starts with "vehicle"`. Names such as `$region` stand for the
-- endpoint's metadata. It is evaluated in strict mode, where a path gives one item unless it has a wildcard, of which a
-- filter may have one: so it takes time in proportion to the payload and its own length, and no more. In lax mode,
-- `$.data.a == $.data.b` compares each item of an array with each of another. Without like_regex: Postgres took
-- 0.6 s and asked for 2.5 GB to compile `((a{1,50}){1,50}){1,20}`.

-- The path that a filter stands for.
create or replace function webhooks.filter_path(filter text) returns jsonpath
language sql immutable
return ('strict ' || filter)::jsonpath;

-- Refuses what is no filter. `metadata` are the texts that it may name.
create or replace function webhooks.check_filter(filter text, metadata jsonb) returns void
language plpgsql stable
set search_path = ''
as $$
declare
  path text;
  -- The same with all texts and names empty.
  outline text;
  unknown text;
begin
  if char_length(filter) not between 1 and 500 then
    perform webhooks.refuse_field('filter', 'must be 1 to 500 characters');
  end if;
  if filter ~* '^\s*(strict|lax)\M' then
    perform webhooks.refuse_field('filter', 'must not say strict or lax: it is strict');
  end if;
  begin
    path := webhooks.filter_path(filter);
  exception when data_exception or syntax_error or feature_not_supported or program_limit_exceeded then
    perform webhooks.refuse_filter(filter, sqlerrm);
  end;
  outline := regexp_replace(path, '"([^"\\]|\\.)*"', '""', 'g');
  if outline ~ ' like_regex ' then
    perform webhooks.refuse_field('filter', 'must not have like_regex, whose cost has no bound: '
      'use == or starts with');
  end if;
  if (select count(*) from regexp_matches(outline, '\[\*\]|\.\*|\.keyvalue\(|,| to ', 'g')) > 1 then
    perform webhooks.refuse_field('filter', 'must not have more than one of [*], .*, .**, [a, b], [a to b] and '
      '.keyvalue()');
  end if;
  select n.name into unknown
  from (
    select m[2]::jsonb #>> '{}' as name
    from regexp_matches(path, '(\$?)("(?:[^"\\]|\\.)*")', 'g') as m where m[1] = '$'
  ) n
  where not metadata ? n.name
  limit 1;
  if found then
    perform webhooks.refuse_field('filter', format('names $%s, which is not in metadata', unknown));
  end if;
  begin
    perform jsonb_path_match_tz('{}', path::jsonpath, metadata);
  exception when data_exception then
    perform webhooks.refuse_field('filter', 'must be a condition, such as $.data.price > 40000');
  end;
end
$$;

-- Refuses a filter that Postgres cannot read, for `problem`, and says where that is: what comes before can
-- be the beginning of a filter.
create or replace function webhooks.refuse_filter(filter text, problem text) returns void
language plpgsql stable
set search_path = ''
as $$
declare
  place integer := char_length(filter) + 1;
begin
  while place > 1 loop
    begin
      perform webhooks.filter_path(left(filter, place - 1));
      exit;
    exception when others then
      exit when sqlerrm ~ ' at end of jsonpath input';
    end;
    place := place - 1;
  end loop;
  raise sqlstate 'PT400' using
    message = format('filter cannot be read at character %s: %s', place, problem),
    hint = 'invalid_field', detail = jsonb_build_object('field', 'filter', 'position', place);
end
$$;

-- Whether an event is what a filter wants: true, false, or null where it has not what the filter asks about, or
-- what cannot be compared.
create or replace function webhooks.filter_result(filter text, event jsonb, metadata jsonb)
returns boolean
language plpgsql stable
set search_path = ''
as $$
begin
  return jsonb_path_match_tz(event, webhooks.filter_path(filter), metadata, true);
exception when others then
  -- Such as a name that is no longer in the metadata.
  return null;
end
$$;

-- What a filter says of an event: {matches, conditions: [{condition, matches}]}.
create or replace function webhooks.filter_report(filter text, event jsonb, metadata jsonb) returns jsonb
language sql stable
set search_path = ''
as $$
  select jsonb_build_object(
    'matches', webhooks.filter_result(filter, event, metadata),
    'conditions', (
      select jsonb_agg(jsonb_build_object(
        'condition', c.condition, 'matches', webhooks.filter_result(c.condition, event, metadata)) order by c.nth)
      from unnest(webhooks.filter_conditions(webhooks.filter_path(filter)::text))
        with ordinality as c (condition, nth)))
$$;

-- The conditions that a filter joins by &&, as Postgres writes them.
create or replace function webhooks.filter_conditions(filter text) returns text[]
language plpgsql immutable
set search_path = ''
as $$
declare
  path text := regexp_replace(filter, '^strict ', '');
  -- The same with nothing where its texts and what is in parentheses are.
  outline text := path;
  part text;
  place integer;
begin
  foreach part in array array['"([^"\\]|\\.)*"', '\([^()]*\)'] loop
    while outline ~ part loop
      outline := regexp_replace(outline, part, repeat('_', char_length((regexp_match(outline, '(' || part || ')'))[1])));
    end loop;
  end loop;
  place := position(' && ' in outline);
  if outline ~ '^_+$' and path ~ '^\(' then
    return webhooks.filter_conditions(substr(path, 2, char_length(path) - 2));
  elsif place = 0 or outline ~ ' \|\| ' then
    return array[path];
  end if;
  return webhooks.filter_conditions(left(path, place - 1)) || webhooks.filter_conditions(substr(path, place + 4));
end
$$;

revoke all on function
  webhooks.filter_path(text), webhooks.check_filter(text, jsonb), webhooks.refuse_filter(text, text),
  webhooks.filter_result(text, jsonb, jsonb), webhooks.filter_report(text, jsonb, jsonb), webhooks.filter_conditions(text)
  from public;
-- The trigger of an endpoint runs the first three as the role that writes.
grant execute on function
  webhooks.filter_path(text), webhooks.check_filter(text, jsonb), webhooks.refuse_filter(text, text)
  to anon, authenticated, service_role;
grant execute on function webhooks.filter_result(text, jsonb, jsonb) to service_role;
