#!/bin/bash
# One role and one database per service; nobody enters another's.
set -euo pipefail
for service in leads territory campaigns metrics; do
  variable="${service^^}_DATABASE_PASSWORD"
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v name="$service" -v password="${!variable}" <<'SQL'
create role :"name" login password :'password';
create database :"name" owner :"name";
revoke all on database :"name" from public;
SQL
done
