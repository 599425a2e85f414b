-- Watched tables: changes of their rows become events, in the transaction that makes them. For the owner of the
-- database, who may create triggers.

-- Has every insert, update and delete of a table emit an event: `<event_prefix>.created`, `.updated` and `.deleted`.
--
-- `owner` is a column of type uuid: whose event it is. A row without one emits nothing and is counted. `columns` are
-- what `data` has, all by default; an update emits only where one of them changed, and has `changed`, their names, and
-- `previous`, their values before. `only_when` is a condition on the row's columns, as SQL: of the new row, or of the one
-- that is deleted. The table needs a primary key, by which an update's rows are matched.
--
-- Called again it changes what was said. Answers what is watched. Raises an error for what does not exist or does not
-- fit; from then on, dropping the table or a column that is named here is an error, unless with cascade.
create or replace function public.webhook_watch(
  watched regclass, event_prefix text, owner text, columns text[] default null, only_when text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
set lock_timeout = '5s'
as $$
declare
  watch webhooks.watches;
begin
  if event_prefix !~ '^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$' or length(event_prefix) > 90 then
    raise invalid_parameter_value using
      message = 'event_prefix must be letters, digits, _ and - in parts joined by dots, at most 90 characters';
  end if;
  delete from webhooks.watches w
  where not exists (select from pg_catalog.pg_class c where c.oid = w.table_name);
  insert into webhooks.watches as w (table_name, event_prefix, owner_column, columns, condition, key_columns)
  values (watched, webhook_watch.event_prefix, webhook_watch.owner, webhook_watch.columns, only_when,
    webhooks.key_columns(watched))
  on conflict on constraint watches_table_name_key do update set
    event_prefix = excluded.event_prefix, owner_column = excluded.owner_column, columns = excluded.columns,
    condition = excluded.condition, key_columns = excluded.key_columns
  returning w.* into watch;
  perform webhooks.check_watch(watch);
  perform webhooks.drop_watch(watch);
  -- Depends on the columns, so that they cannot be dropped unnoticed.
  execute format('create view webhooks.watched_%s as select %s from %s where (%s)', watch.id,
    (select string_agg(distinct format('%I', c.name), ', ') from unnest(
      watch.key_columns || watch.owner_column || coalesce(watch.columns, '{}')) as c (name)),
    watch.table_name, coalesce(watch.condition, 'true'));
  execute format('comment on view webhooks.watched_%s is %L', watch.id,
    'What webhook_watch needs of the table. select webhook_unwatch(...) first, to drop a column of it.');
  execute format('revoke all on webhooks.watched_%s from public, anon, authenticated, service_role', watch.id);
  execute (
    select string_agg(format(
      'create trigger webhooks_watch_%1$s after %1$s on %2$s referencing %3$s '
      'for each statement execute function webhooks.emit_changes(%4$s)',
      t.event, watch.table_name, t.rows, watch.id), ';')
    from (values ('insert', 'new table as new_rows'), ('delete', 'old table as old_rows'),
      ('update', 'new table as new_rows old table as old_rows')) as t (event, rows));
  return webhooks.watch_object(watch);
end
$$;

-- Drops the triggers and the view of a watched table, where they are.
create or replace function webhooks.drop_watch(watch webhooks.watches) returns void
language plpgsql volatile
set search_path = ''
as $$
begin
  execute format(
    'drop trigger if exists webhooks_watch_insert on %1$s; '
    'drop trigger if exists webhooks_watch_update on %1$s; '
    'drop trigger if exists webhooks_watch_delete on %1$s; '
    'drop view if exists webhooks.watched_%2$s', watch.table_name, watch.id);
end
$$;

-- The columns of a table's primary key. Raises an error where it has none.
create or replace function webhooks.key_columns(watched regclass) returns text[]
language plpgsql stable
set search_path = ''
as $$
declare
  names text[] := array(
    select a.attname::text from pg_catalog.pg_index i
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
    where i.indrelid = watched and i.indisprimary order by a.attnum);
begin
  if names = '{}' then
    raise invalid_parameter_value using message = format('%s has no primary key', watched);
  end if;
  return names;
end
$$;

-- Raises an error that names what does not fit.
create or replace function webhooks.check_watch(watch webhooks.watches) returns void
language plpgsql stable
set search_path = ''
as $$
declare
  missing text;
begin
  select c.name into missing from unnest(watch.columns || watch.owner_column) as c (name)
  where not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = watch.table_name and a.attname = c.name and a.attnum > 0 and not a.attisdropped);
  if found then
    raise undefined_column using message = format('%s has no column %s', watch.table_name, missing);
  end if;
  if not exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = watch.table_name and a.attname = watch.owner_column and a.atttypid = 'uuid'::regtype)
  then
    raise invalid_parameter_value using
      message = format('owner must be a column of type uuid, and %s is not', watch.owner_column);
  end if;
  if exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = watch.table_name and a.attnum > 0 and not a.attisdropped
      and a.attname in ('changed', 'previous')
      and (watch.columns is null or a.attname = any (watch.columns)))
  then
    raise invalid_parameter_value using
      message = 'a column called changed or previous would be hidden: say which columns';
  end if;
end
$$;

-- What is said of a watched table.
create or replace function webhooks.watch_object(watch webhooks.watches) returns jsonb
language sql stable
return jsonb_build_object('table', watch.table_name::text, 'event_prefix', watch.event_prefix,
  'owner', watch.owner_column, 'columns', watch.columns, 'only_when', watch.condition);

-- Ends that a table is watched. Answers whether it was.
create or replace function public.webhook_unwatch(watched regclass) returns boolean
language plpgsql volatile
set search_path = ''
set lock_timeout = '5s'
as $$
declare
  watch webhooks.watches;
begin
  delete from webhooks.watches w where w.table_name = watched returning w.* into watch;
  if not found then
    return false;
  end if;
  perform webhooks.drop_watch(watch);
  return true;
end
$$;

-- The tables that are watched.
create or replace function public.list_webhook_watches() returns jsonb
language sql stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(webhooks.watch_object(w) order by w.table_name::text), '[]')
  from webhooks.watches w
  where exists (select from pg_catalog.pg_class c where c.oid = w.table_name)
$$;

-- The rows of a watched table as JSON: its columns, of the row that `alias` names.
create or replace function webhooks.row_expression(watch webhooks.watches, alias text) returns text
language sql stable
set search_path = ''
as $$
  select case when watch.columns is null then format('to_jsonb(%s)', alias)
    else 'jsonb_build_object(' || (
      select string_agg(format('%L, %s.%I', c.name, alias, c.name), ', ')
      from unnest(watch.columns) as c (name)) || ')' end
$$;

-- The query that gives the events of one statement: event_type, owner, data.
create or replace function webhooks.changes_query(watch webhooks.watches, operation text) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  condition constant text := coalesce(watch.condition, 'true');
  same_key constant text := (
    select string_agg(format('o.%1$I = n.%1$I', c.name), ' and ') from unnest(watch.key_columns) as c (name));
  created constant text := format(
    'select %L as event_type, n.%I as owner, %s as data from (select * from new_rows where (%s)) n',
    watch.event_prefix || '.created', watch.owner_column, webhooks.row_expression(watch, 'n'), condition);
  deleted constant text := format(
    'select %L as event_type, o.%I as owner, %s as data from (select * from old_rows where (%s)) o',
    watch.event_prefix || '.deleted', watch.owner_column, webhooks.row_expression(watch, 'o'), condition);
begin
  return case operation
    when 'INSERT' then created
    when 'DELETE' then deleted
    -- A row whose key changed is another.
    else created || format(' where not exists (select from old_rows o where %s)', same_key)
      || ' union all ' || deleted || format(' where not exists (select from new_rows n where %s)', same_key)
      || ' union all ' || format($query$
        select %L, c.owner, c.new_row || jsonb_build_object('changed', d.changed, 'previous', d.previous)
        from (
          select n.%I as owner, %s as new_row, %s as old_row
          from (select * from new_rows where (%s)) n join old_rows o on %s
        ) c
        cross join lateral (
          select jsonb_agg(f.key order by f.key) as changed,
            jsonb_object_agg(f.key, c.old_row -> f.key) as previous
          from jsonb_each(c.new_row) f where f.value is distinct from c.old_row -> f.key
        ) d
        where d.changed is not null$query$,
        watch.event_prefix || '.updated', watch.owner_column, webhooks.row_expression(watch, 'n'),
        webhooks.row_expression(watch, 'o'), condition, same_key)
  end;
end
$$;

-- Trigger of a watched table: stores an event for each row that a statement changed. It never fails the statement:
-- what cannot be an event, has no owner, or no longer fits the table, is a row in webhooks.refused_events. Runs as its
-- owner, so that whoever changes the table needs nothing else.
create or replace function webhooks.emit_changes() returns trigger
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  watch webhooks.watches;
begin
  select w.* into watch from webhooks.watches w where w.id = tg_argv[0]::bigint;
  if not found then
    return null;
  end if;
  execute format($statement$
    with change as materialized (%s),
    event as materialized (
      select gen_random_uuid()::text as event_id, c.event_type, c.owner, c.data,
        webhooks.number_refusal(c.data) as refusal
      from change c where c.owner is not null
    ),
    written as materialized (
      select e.event_id, e.event_type, e.owner, e.data, e.refusal,
        case when e.refusal is null then webhooks.payload(e.event_id, e.event_type, e.data) end as payload
      from event e
    ),
    checked as materialized (
      select w.event_id, w.event_type, w.owner, w.payload, coalesce(w.refusal, webhooks.event_refusal(
          w.event_id, w.event_type, w.data, null, octet_length(w.payload)),
        webhooks.schema_refusal(w.event_id, w.event_type, w.data)) as refusal
      from written w
    ),
    stored as (
      insert into public.webhook_events as e (event_id, event_type, user_id, payload)
      select c.event_id, c.event_type, c.owner, c.payload from checked c where c.refusal is null
      returning e.id, e.user_id
    ),
    noted as (
      insert into webhooks.outbox (owner, event_ref) select s.user_id, s.id from stored s
    )
    insert into webhooks.refused_events (event_id, event_type, user_id, code, error)
    select c.event_id, c.event_type, c.owner, c.refusal ->> 'code', c.refusal ->> 'error'
    from checked c where c.refusal is not null
    union all
    select null, c.event_type, null, 'no_owner', format('%%s rows without an owner', count(*))
    from change c where c.owner is null group by c.event_type
  $statement$, webhooks.changes_query(watch, tg_op));
  perform webhooks.wake_up_deliver();
  return null;
exception when others then
  -- The log has no value of a row, which the sentence may have.
  raise warning 'changes of % are no events: SQLSTATE %', tg_relid::regclass, sqlstate;
  insert into webhooks.refused_events (event_type, code, error)
  values (watch.event_prefix || '.' || lower(tg_op), 'watch_failed', sqlerrm);
  return null;
end
$$;

revoke all on function
  webhooks.key_columns(regclass), webhooks.check_watch(webhooks.watches),
  webhooks.drop_watch(webhooks.watches), webhooks.watch_object(webhooks.watches), webhooks.row_expression(webhooks.watches, text),
  webhooks.changes_query(webhooks.watches, text), webhooks.emit_changes()
  from public;
revoke all on function
  public.webhook_watch(regclass, text, text, text[], text), public.webhook_unwatch(regclass),
  public.list_webhook_watches()
  from public, anon, authenticated, service_role;
