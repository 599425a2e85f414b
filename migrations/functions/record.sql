-- Recording: what became of attempts, and what happens next.

-- How long to wait before the next attempt, after `attempts` failed ones: by the endpoint's own schedule, in
-- seconds, or by the usual one.
create or replace function webhooks.retry_delay(attempts integer, schedule integer[]) returns interval
language sql immutable
return case
  when schedule is not null
    then make_interval(secs => schedule[least(greatest(attempts, 1), cardinality(schedule))])
  when attempts = 1 then interval '1 minute'
  when attempts = 2 then interval '5 minutes'
  when attempts = 3 then interval '30 minutes'
  when attempts = 4 then interval '2 hours'
  else interval '8 hours'
end;

-- The wait after `attempts` failed ones where the receiver asked for `retry_after_seconds` (429 and
-- 503 with Retry-After), which is heard up to twice the schedule's step. From the second step on it is up to a
-- tenth longer or shorter, so that what failed together does not come back together.
create or replace function webhooks.retry_wait(
  attempts integer, retry_after_seconds bigint, schedule integer[]
) returns interval
language sql volatile
return least(
  greatest(
    webhooks.retry_delay(attempts, schedule) * case when attempts > 1 then 0.9 + 0.2 * random() else 1 end,
    make_interval(secs => retry_after_seconds)),
  2 * webhooks.retry_delay(attempts, schedule));

-- The class of a response time: class n is from 1.2^n to 1.2^(n+1) milliseconds, so that any
-- time in it is within a tenth of its middle.
create or replace function webhooks.latency_class(ms integer) returns smallint
language sql immutable
return floor(ln(greatest(ms, 1)::double precision) / ln(1.2::double precision))::smallint;

-- The middle of a class, in milliseconds.
create or replace function webhooks.latency_ms(class smallint) returns integer
language sql immutable
return round(1.2::double precision ^ (class + 0.5))::integer;

-- Records attempts. `results` as in record_webhook_results(), without those that were released.
-- Logs each attempt and leaves the counting to the tally. A result whose claim is no longer the
-- latest, or that is recorded already, changes nothing. Of those it recorded, `answer` is [{id,
-- status}], and `outcomes`, for note_health(), is [{nth, endpoint_id, ok, response_status, cause,
-- attempted_at}]; `ended` are the orders whose next delivery may leave, [{endpoint_id, order_key}] or null.
create or replace function webhooks.record_attempts(
  results jsonb, out answer jsonb, out outcomes jsonb, out ended jsonb
)
language plpgsql volatile
set search_path = ''
as $$
begin
  with result as (
    select r.*,
      coalesce(r.error is null and r.response_status between 200 and 299, false) as ok,
      now() - make_interval(secs => coalesce(r.age_ms, 0) / 1000.0) as attempted_at
    from rows from (jsonb_to_recordset(results) as (
      id uuid, claim integer, attempts integer, response_status integer, response_body text,
      response_time_ms integer, error text, cause text, retry_after_seconds bigint, age_ms bigint,
      released boolean
    )) with ordinality as r (id, claim, attempts, response_status, response_body,
      response_time_ms, error, cause, retry_after_seconds, age_ms, released, nth)
    where r.released is not true
    -- Deliveries are locked in the order of their ids.
    order by r.id
  ),
  -- Each row is looked up by its id and changed by its ctid: a join would be planned by what the
  -- table held when the session began.
  locked as materialized (
    select r.*, d.ctid as row_id, d.attempts + 1 - d.attempts_before_resend as attempts_since_resend,
      -- No attempt follows a failure: the receiver asked for none, none is left, the event is erased, or there
      -- is no endpoint.
      case
        when r.response_status = 410 or d.is_erased
          or d.attempts + 1 - d.attempts_before_resend >= d.max_attempts
          then true
        when not r.ok then (
          select true from webhooks.deleted_endpoints g where g.endpoint_id = d.endpoint_id limit 1
        ) is true
        else false
      end as is_last
    from result r
    cross join lateral (
      select d.ctid, d.* from public.webhook_deliveries d where d.id = r.id limit 1 for no key update
    ) d
    -- Also after the lease, as long as no other worker has claimed it.
    where d.claims = r.claim and d.attempts = r.attempts and d.status in ('pending', 'retrying')
  ),
  recorded as (
    update public.webhook_deliveries d set
      attempts = d.attempts + 1,
      unrecorded_claims = 0,
      leased_until = null,
      status = case
        when r.ok then 'success'
        when r.is_last then 'failed'
        else 'retrying'
      end,
      next_retry_at = case
        when not r.ok and not r.is_last
          then now() + webhooks.retry_wait(r.attempts_since_resend, r.retry_after_seconds, (
            select e.retry_schedule from public.webhook_endpoints e where e.id = d.endpoint_id limit 1))
      end,
      delivered_at = case when r.ok then now() else d.delivered_at end,
      response_status = r.response_status,
      response_body = case when not d.is_erased then r.response_body end,
      response_time_ms = r.response_time_ms,
      last_error = coalesce(r.error, d.last_error)
    from locked r
    where d.ctid = r.row_id
    returning d.id, d.endpoint_id, d.order_key, d.status, d.attempts, d.next_retry_at, r.nth, r.ok,
      r.response_status, d.response_body, r.response_time_ms, r.error, r.cause, r.attempted_at
  ),
  logged as (
    insert into public.webhook_delivery_attempts (delivery_id, attempt, endpoint_id, attempted_at,
      response_status, response_time_ms, response_body, error)
    select c.id, c.attempts, c.endpoint_id, c.attempted_at, c.response_status,
      c.response_time_ms, c.response_body, c.error
    from recorded c
  ),
  tallied as (
    insert into webhooks.tally (endpoint_id, failed, outcome, latency_class)
    select c.endpoint_id, (c.status = 'failed')::integer,
      case when c.ok then 'success' else coalesce(c.cause, 'other') end,
      webhooks.latency_class(c.response_time_ms)
    from recorded c
  ),
  noted as (
    insert into webhooks.due_log (endpoint_id, due_at)
    select c.endpoint_id, c.next_retry_at from recorded c where c.status = 'retrying'
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'status', c.status)), '[]'),
    coalesce(jsonb_agg(jsonb_build_object('nth', c.nth, 'endpoint_id', c.endpoint_id, 'ok', c.ok,
      'response_status', c.response_status, 'cause', c.cause, 'attempted_at', c.attempted_at)), '[]'),
    jsonb_agg(jsonb_build_object('endpoint_id', c.endpoint_id, 'order_key', c.order_key))
      filter (where c.order_key is not null and c.status in ('success', 'failed'))
  into answer, outcomes, ended
  from recorded c;
end
$$;

-- Gives deliveries back that were claimed and not attempted. They are due as before: a claim has
-- not changed that. The trigger on the table notes it. Answers [{id, status}].
create or replace function webhooks.release(results jsonb) returns jsonb
language plpgsql volatile
set search_path = ''
as $$
declare
  answer jsonb;
begin
  with result as (
    select r.* from jsonb_to_recordset(results) as r (
      id uuid, claim integer, attempts integer, released boolean)
    where r.released
    order by r.id
  ),
  locked as materialized (
    select d.ctid as row_id
    from result r
    cross join lateral (
      select d.ctid, d.* from public.webhook_deliveries d where d.id = r.id limit 1 for no key update
    ) d
    where d.claims = r.claim and d.attempts = r.attempts and d.leased_until is not null
      and d.status in ('pending', 'retrying')
  ),
  released as (
    update public.webhook_deliveries d set leased_until = null, unrecorded_claims = 0
    from locked l
    where d.ctid = l.row_id
    returning d.id, d.status
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'status', c.status)), '[]')
  into answer
  from released c;
  return answer;
end
$$;

-- Where deliveries stand whose results were not recorded: they were before, and the answer to that call
-- was lost, or another claim has overtaken this one. [{id, status}]; not those that are gone.
create or replace function webhooks.unrecorded(results jsonb, recorded jsonb) returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'status', d.status)), '[]')
    from jsonb_to_recordset(results) as r (id uuid)
    cross join lateral (
      select d.id, d.status from public.webhook_deliveries d where d.id = r.id limit 1
    ) d
    where not recorded @> jsonb_build_array(jsonb_build_object('id', r.id))
  );
end
$$;

-- Records what became of claimed deliveries and decides what happens next.
--
-- `results`: a JSON array of {id, claim, attempts, released?, response_status?, response_body?,
-- response_time_ms?, error?, cause?, retry_after_seconds?, age_ms?}, the first three as they were
-- claimed, `cause` the kind of failure, `age_ms` how long ago the attempt began. A delivery that is
-- released was not attempted. One succeeded if the status is 2xx and there is no error; 410 ends
-- it. The operator is told of endpoints that get disabled at `alert_url`, if there is one.
-- Answers [{id, status}] of all that there are: one that is left out was deleted meanwhile.
create or replace function public.record_webhook_results(
  results text, alert_url text default null
) returns jsonb
language plpgsql volatile
set search_path = ''
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
  parsed constant jsonb := results::jsonb;
  answer jsonb;
  outcomes jsonb;
  ended jsonb;
begin
  select a.answer, a.outcomes, a.ended into answer, outcomes, ended from webhooks.record_attempts(parsed) a;
  if ended is not null then
    perform webhooks.release_next(e.endpoint_id, e.order_key)
    from jsonb_to_recordset(ended) as e (endpoint_id uuid, order_key text);
  end if;
  if jsonb_array_length(answer) < jsonb_array_length(parsed) then
    answer := answer || webhooks.release(parsed);
  end if;
  if jsonb_array_length(answer) < jsonb_array_length(parsed) then
    answer := answer || webhooks.unrecorded(parsed, answer);
  end if;
  perform webhooks.note_health(outcomes, alert_url);
  return answer;
end
$$;

revoke all on function
  webhooks.retry_delay(integer, integer[]), webhooks.retry_wait(integer, bigint, integer[]),
  webhooks.latency_class(integer), webhooks.latency_ms(smallint),
  webhooks.record_attempts(jsonb), webhooks.release(jsonb), webhooks.unrecorded(jsonb, jsonb)
  from public;
revoke all on function public.record_webhook_results(text, text)
  from public, anon, authenticated;
grant execute on function
  webhooks.retry_delay(integer, integer[]), webhooks.retry_wait(integer, bigint, integer[]),
  webhooks.latency_class(integer), webhooks.latency_ms(smallint),
  webhooks.record_attempts(jsonb), webhooks.release(jsonb), webhooks.unrecorded(jsonb, jsonb),
  public.record_webhook_results(text, text)
  to service_role;
grant execute on function webhooks.latency_ms(smallint) to anon, authenticated;
