-- What an endpoint's owner may do: one function a call of the `manage` worker,
-- each one PostgREST round trip.
--
-- Errors are raised as SQLSTATE PTnnn, which PostgREST answers with HTTP status
-- nnn: the message is the sentence for the caller, the hint the machine-readable
-- code, the detail a JSON object with what else helps.

-- The caller, or a 401 that says the same whatever was wrong.
create or replace function public.webhook_require_caller() returns uuid
language plpgsql stable
set search_path = ''
as $$
declare
  caller uuid := public.webhook_caller();
begin
  if caller is null then
    raise sqlstate 'PT401' using
      message = 'Invalid or missing authentication', hint = 'unauthorized';
  end if;
  return caller;
end
$$;
revoke all on function public.webhook_require_caller() from public;
grant execute on function public.webhook_require_caller() to anon, authenticated, service_role;

-- The endpoint as the API shows it: without secrets. Raises 404 where the row is
-- not there or not visible to the caller.
create or replace function public.webhook_endpoint_json(endpoint_id uuid) returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  endpoint jsonb;
begin
  select jsonb_build_object(
    'id', e.id, 'url', e.url, 'description', e.description, 'events', e.events,
    'is_active', e.is_active, 'created_at', e.created_at, 'updated_at', e.updated_at
  ) into endpoint
  from public.webhook_endpoints e
  where e.id = webhook_endpoint_json.endpoint_id
    and e.user_id = public.webhook_require_caller();
  if endpoint is null then
    raise sqlstate 'PT404' using message = 'Webhook endpoint not found', hint = 'not_found';
  end if;
  return endpoint;
end
$$;
revoke all on function public.webhook_endpoint_json(uuid) from public, service_role;
grant execute on function public.webhook_endpoint_json(uuid) to anon, authenticated;

-- The caller's endpoints, newest first, each with its delivery counts.
create or replace function public.list_webhook_endpoints() returns jsonb
language plpgsql stable
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
begin
  return coalesce((
    select jsonb_agg(
      public.webhook_endpoint_json(e.id) || jsonb_build_object('stats', s.stats)
      order by e.created_at desc, e.id
    )
    from public.webhook_endpoints e
    cross join lateral (
      select jsonb_build_object(
        'total_deliveries', count(*),
        'failed_deliveries', count(*) filter (where d.status = 'failed')
      ) as stats
      from public.webhook_deliveries d
      where d.endpoint_id = e.id
    ) s
    where e.user_id = caller
  ), '[]');
end
$$;
revoke all on function public.list_webhook_endpoints() from public, service_role;
grant execute on function public.list_webhook_endpoints() to anon, authenticated;

-- One endpoint with its 20 newest deliveries.
create or replace function public.get_webhook_endpoint(endpoint_id uuid) returns jsonb
language plpgsql stable
set search_path = ''
as $$
begin
  return public.webhook_endpoint_json(endpoint_id) || jsonb_build_object(
    'recent_deliveries', coalesce((
      select jsonb_agg(to_jsonb(r) order by r.created_at desc, r.id)
      from (
        select d.id, d.event_type, d.event_id, d.status, d.attempts, d.response_status,
          d.response_time_ms, d.created_at, d.delivered_at, d.last_error
        from public.webhook_deliveries d
        where d.endpoint_id = get_webhook_endpoint.endpoint_id
        order by d.created_at desc, d.id
        limit 20
      ) r
    ), '[]')
  );
end
$$;
revoke all on function public.get_webhook_endpoint(uuid) from public, service_role;
grant execute on function public.get_webhook_endpoint(uuid) to anon, authenticated;

-- Registers an endpoint and answers it with its secret. Runs as the owner: it is
-- one of the two functions that show a secret, to the user it was made for.
create or replace function public.create_webhook_endpoint(
  url text, description text default null, events text[] default array['*'],
  is_active boolean default true
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
  created_id uuid;
  created_secret text;
begin
  insert into public.webhook_endpoints as e (user_id, url, description, events, is_active)
  values (caller, create_webhook_endpoint.url, create_webhook_endpoint.description,
    create_webhook_endpoint.events, create_webhook_endpoint.is_active)
  returning e.id, e.secret into created_id, created_secret;
  return public.webhook_endpoint_json(created_id) || jsonb_build_object('secret', created_secret);
exception when foreign_key_violation then
  -- The token is still valid, its user is gone.
  raise sqlstate 'PT401' using
    message = 'Invalid or missing authentication', hint = 'unauthorized';
end
$$;
revoke all on function public.create_webhook_endpoint(text, text, text[], boolean)
  from public, service_role;
grant execute on function public.create_webhook_endpoint(text, text, text[], boolean)
  to anon, authenticated;

-- Changes what `changes` names: a JSON object, as text so that an absent field
-- and a null one stay apart, with any of url, description, events, is_active.
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
      case when change ? 'is_active' then (change ->> 'is_active')::boolean else e.is_active end
  where e.id = update_webhook_endpoint.endpoint_id and e.user_id = caller;
  return public.webhook_endpoint_json(endpoint_id);
end
$$;
revoke all on function public.update_webhook_endpoint(uuid, text) from public, service_role;
grant execute on function public.update_webhook_endpoint(uuid, text) to anon, authenticated;

-- Deletes the endpoint, and with it its deliveries.
create or replace function public.delete_webhook_endpoint(endpoint_id uuid) returns void
language plpgsql volatile
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
begin
  delete from public.webhook_endpoints e
  where e.id = delete_webhook_endpoint.endpoint_id and e.user_id = caller;
  if not found then
    raise sqlstate 'PT404' using message = 'Webhook endpoint not found', hint = 'not_found';
  end if;
end
$$;
revoke all on function public.delete_webhook_endpoint(uuid) from public, service_role;
grant execute on function public.delete_webhook_endpoint(uuid) to anon, authenticated;

-- Gives the endpoint a new secret and answers with it. The old one signs too for
-- `expires_in_hours` (0 to 168; 0 cuts over at once). Runs as the owner, like create.
create or replace function public.rotate_webhook_secret(
  endpoint_id uuid, expires_in_hours integer default 24
) returns jsonb
language plpgsql volatile security definer
set search_path = ''
as $$
declare
  caller uuid := public.webhook_require_caller();
  new_secret text := public.generate_webhook_secret();
begin
  if expires_in_hours is null or expires_in_hours not between 0 and 168 then
    raise sqlstate 'PT400' using
      message = 'expires_in_hours must be a whole number from 0 to 168',
      hint = 'invalid_field', detail = '{"field": "expires_in_hours"}';
  end if;
  update public.webhook_endpoints e set
    previous_secret = case when expires_in_hours > 0 then e.secret end,
    previous_secret_expires_at =
      case when expires_in_hours > 0 then now() + make_interval(hours => expires_in_hours) end,
    secret = new_secret
  where e.id = rotate_webhook_secret.endpoint_id and e.user_id = caller;
  return public.webhook_endpoint_json(endpoint_id) || jsonb_build_object('secret', new_secret);
end
$$;
revoke all on function public.rotate_webhook_secret(uuid, integer) from public, service_role;
grant execute on function public.rotate_webhook_secret(uuid, integer) to anon, authenticated;
