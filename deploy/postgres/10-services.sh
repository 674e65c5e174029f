#!/bin/bash
# One database per service and its roles (roles.sql says which and why); nobody enters another's. Runs when the data directory is
# made; on one that is there already it may be run again at any time, and must be when a later version brings another role:
#   docker compose exec postgres bash /docker-entrypoint-initdb.d/10-services.sh
set -euo pipefail
sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet -U "$POSTGRES_USER" -d postgres "$@"; }
for service in leads territory campaigns metrics; do
  owner="${service^^}_OWNER_DATABASE_PASSWORD" worker="${service^^}_DATABASE_PASSWORD"
  door="${service^^}_DOOR_DATABASE_PASSWORD" watch="${service^^}_WATCH_DATABASE_PASSWORD"
  sql -v name="$service" -v owner="${!owner:?}" -v worker="${!worker:?}" -v door="${!door:?}" -v watch="${!watch:?}" <<'SQL'
\o /dev/null
select set_config('tributary.owner', :'name', false), set_config('tributary.database', :'name', false),
  set_config('tributary.password_owner', :'owner', false), set_config('tributary.password_worker', :'worker', false),
  set_config('tributary.password_door', :'door', false), set_config('tributary.password_watch', :'watch', false);
\o
\i /tributary/roles.sql
select format('create database %I', :'name') where not exists (select from pg_database where datname = :'name') \gexec
\i /tributary/database.sql
SQL
done
# The session door's: it makes its two tables itself, and holds no row of a service.
sql -v password="${WEB_DATABASE_PASSWORD:?}" <<'SQL'
select 'create role web login' where not exists (select from pg_roles where rolname = 'web') \gexec
alter role web password :'password';
select 'create database web owner web' where not exists (select from pg_database where datname = 'web') \gexec
revoke connect on database web from public;
SQL
sql -c "revoke connect on database postgres from public" -c "revoke connect on database template1 from public"
