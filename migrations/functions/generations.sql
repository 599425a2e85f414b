-- Generations of the two logs, webhooks.outbox and webhooks.due_log.
--
-- Lines of a log are inserted, taken and deleted. A snapshot that stays open, such as that of a
-- dump, keeps every deleted line and its index entries, and each look at the log would pass over all
-- of them. So lines are numbered by generation, and only live generations are looked at. A sequence,
-- which is changed in place whatever snapshots are open, says which generation is written now; the
-- next one begins when the log has grown by 16 kB, which is some 250 lines.
--
-- Commits come out of order: a transaction that writes a line holds a shared advisory lock on its
-- generation until it ends. A generation is over when it is no longer written, no transaction holds that
-- lock, and no line is left. A transaction that stays open after it wrote a line keeps one generation
-- live, and no other.
--
-- A log is named by its sequence.

-- The generation that the caller's line belongs to: the default of the logs' `generation`. Waits for
-- nothing.
create or replace function webhooks.written_generation(log regclass) returns integer
language plpgsql volatile
set search_path = ''
as $$
declare
  generation integer;
begin
  loop
    generation := pg_sequence_last_value(log);
    -- Another may have begun before the lock was there, and this one may be over.
    exit when pg_try_advisory_xact_lock_shared(log::oid::integer, generation)
      and pg_sequence_last_value(log) = generation;
  end loop;
  return generation;
end
$$;

-- The generations in which lines may be found.
create or replace function webhooks.live_generations(log regclass) returns integer[]
language plpgsql stable
set search_path = ''
as $$
begin
  return array(select g.generation from webhooks.generations g where g.log = live_generations.log);
end
$$;

-- Whether a generation of a log has a line. Events that were set aside do not count.
create or replace function webhooks.has_lines(log regclass, generation integer) returns boolean
language plpgsql stable
set search_path = ''
as $$
#variable_conflict use_variable
begin
  if log = 'webhooks.outbox_generation'::regclass then
    return exists (
      select from webhooks.outbox o where o.generation = generation and o.set_aside_at is null);
  end if;
  return exists (select from webhooks.due_log l where l.generation = generation);
end
$$;

-- Begins the next generation of a log if it has grown by 16 kB, or was truncated, since the last one
-- began, and forgets generations that are over. Eight at most are live. Waits for nothing.
create or replace function webhooks.begin_generation(log regclass) returns void
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_variable
declare
  key constant integer := log::oid::integer;
  bytes constant bigint := pg_relation_size(case log
    when 'webhooks.outbox_generation'::regclass then 'webhooks.outbox'::regclass
    else 'webhooks.due_log'::regclass end);
  written integer;
  live integer[];
  generation integer;
begin
  -- No generation has the number 0.
  if not pg_try_advisory_xact_lock(key, 0) then
    return;
  end if;
  written := pg_sequence_last_value(log);
  live := webhooks.live_generations(log);
  foreach generation in array live loop
    continue when generation >= written or webhooks.has_lines(log, generation)
      or not pg_try_advisory_xact_lock(key, generation)
      -- A transaction that ended in between may have written lines.
      or webhooks.has_lines(log, generation);
    delete from webhooks.generations g where g.log = log and g.generation = generation;
  end loop;
  -- The next generation gets its row when the one before begins, and is written only when that is
  -- committed: a sequence does not roll back.
  if written + 1 <> all (live) then
    if cardinality(live) < 8 then
      insert into webhooks.generations (log, generation, log_bytes)
      values (log, written + 1, bytes);
    end if;
  elsif exists (
    select from webhooks.generations g
    where g.log = log and g.generation = written + 1
      and bytes not between g.log_bytes and g.log_bytes + 16383
  ) then
    perform setval(log, written + 1);
  end if;
end
$$;

-- The first generation after `after` that has a line.
create or replace function webhooks.next_generation(log regclass, after integer) returns integer
language plpgsql stable
set search_path = ''
as $$
begin
  if log = 'webhooks.outbox_generation'::regclass then
    return (
      select o.generation from webhooks.outbox o
      where o.generation > after and o.set_aside_at is null
      order by o.generation limit 1);
  end if;
  return (
    select l.generation from webhooks.due_log l
    where l.generation > after order by l.generation limit 1);
end
$$;

-- Makes every generation live that is written or has lines: a sequence in a backup may be ahead of the
-- tables.
create or replace function webhooks.find_generations() returns void
language plpgsql volatile
set search_path = ''
as $$
#variable_conflict use_column
declare
  log regclass;
  found integer;
begin
  foreach log in array array['webhooks.outbox_generation', 'webhooks.due_log_generation']::regclass[]
  loop
    insert into webhooks.generations (log, generation)
    values (log, pg_sequence_last_value(log))
    on conflict do nothing;
    found := webhooks.next_generation(log, 0);
    while found is not null loop
      insert into webhooks.generations (log, generation) values (log, found)
      on conflict do nothing;
      found := webhooks.next_generation(log, found);
    end loop;
  end loop;
end
$$;

revoke all on function
  webhooks.written_generation(regclass), webhooks.live_generations(regclass),
  webhooks.has_lines(regclass, integer), webhooks.begin_generation(regclass),
  webhooks.next_generation(regclass, integer), webhooks.find_generations()
  from public;
grant execute on function
  webhooks.written_generation(regclass), webhooks.live_generations(regclass),
  webhooks.has_lines(regclass, integer), webhooks.begin_generation(regclass),
  webhooks.next_generation(regclass, integer), webhooks.find_generations()
  to service_role;
