#!/bin/bash
# One role and one database per service; nobody enters another's. Runs when the data directory is made, and never again.
set -euo pipefail
sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc -U "$POSTGRES_USER" -d postgres "$@"; }
for service in leads territory campaigns metrics; do
  variable="${service^^}_DATABASE_PASSWORD"
  sql -v name="$service" -v password="${!variable:?}" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke all on database :"name" from public;
SQL
done
sql -c "revoke connect on database postgres from public" -c "revoke connect on database template1 from public"
