-- What Supabase brings along and plain Postgres does not: the API roles, the
-- `auth` schema, its `users` table and `auth.uid()`. Each is created only where
-- it is missing, so this file changes nothing on Supabase.
--
-- On plain Postgres, PostgREST's login role must be granted the three roles:
--   grant anon, authenticated, service_role to <authenticator>;

do $platform$
begin
  if to_regrole('anon') is null then
    create role anon nologin noinherit;
  end if;
  if to_regrole('authenticated') is null then
    create role authenticated nologin noinherit;
  end if;
  if to_regrole('service_role') is null then
    create role service_role nologin noinherit bypassrls;
  end if;

  if to_regnamespace('auth') is null then
    create schema auth;
    grant usage on schema auth to anon, authenticated, service_role;
  end if;

  if to_regclass('auth.users') is null then
    create table auth.users (
      id uuid primary key default gen_random_uuid(),
      created_at timestamptz not null default now()
    );
    alter table auth.users enable row level security;
  end if;

  if to_regprocedure('auth.uid()') is null then
    -- PostgREST publishes the verified token's claims as one JSON setting;
    -- versions before 9 published one setting a claim.
    create function auth.uid() returns uuid
    language sql stable
    set search_path = ''
    as $uid$
      select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
      )::uuid
    $uid$;
  end if;
end
$platform$;
