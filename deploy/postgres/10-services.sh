#!/bin/bash
# One database per service and two roles: its owner, for migrations, handlers and jobs, and one for its doors, which owns
# nothing and is given its rights by the migrations. Nobody enters another's. Runs when the data directory is made, and never again.
set -euo pipefail
sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d postgres "$@"; }
for service in leads territory campaigns metrics; do
  variable="${service^^}_DATABASE_PASSWORD" door_variable="${service^^}_DOOR_DATABASE_PASSWORD"
  sql -v name="$service" -v door="${service}_door" -v password="${!variable:?}" -v door_password="${!door_variable:?}" <<'SQL'
create role :"name" login password :'password';
create role :"door" login password :'door_password';
create database :"name" owner :"name";
revoke all on database :"name" from public;
grant connect on database :"name" to :"door";
SQL
done
sql -c "revoke connect on database postgres from public" -c "revoke connect on database template1 from public"
