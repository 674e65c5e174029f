-- Everything in the catalogue by which a door could see, change or become more than its row policies say, a sentence each: no row is
-- the only good answer. $1 is the owner of the schema. Asked by whoever may log in; it reads the catalogue alone.
with who as (
    select $1::text as owner, $1 || '_worker' as worker, $1 || '_door' as door, $1 || '_watch' as watch, $1 || '_keys' as keys
), role as (
    select r.*, w.part from who, lateral (values ('owner', owner), ('worker', worker), ('door', door), ('watch', watch),
        ('keys', keys)) as w(part, name) join pg_roles r on r.rolname = w.name
), door as (
    select oid from role where part = 'door'
), relation as (
    select c.oid, c.oid::regclass::text as name, c.relkind, c.relowner, c.reloptions, c.relacl,
        c.relrowsecurity and c.relforcerowsecurity as guarded,
        has_table_privilege(door.oid, c.oid, 'select, insert, update, delete')
            or has_any_column_privilege(door.oid, c.oid, 'select, insert, update') as reached,
        has_table_privilege(door.oid, c.oid, 'truncate, references, trigger') as misused
    from door, pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
), policy as (
    select p.polname, r.oid as relation, r.name, p.polcmd, p.polroles, p.polpermissive,
        p.polroles::regrole[]::text[] as roles,
        coalesce(pg_get_expr(p.polqual, p.polrelid), '') as sees, coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as records,
        coalesce(obj_description(p.oid, 'pg_policy'), '') as comment,
        md5(concat_ws('|', p.polcmd, p.polpermissive, p.polroles::regrole[]::text, pg_get_expr(p.polqual, p.polrelid),
            pg_get_expr(p.polwithcheck, p.polrelid))) as mark
    from pg_policy p join relation r on r.oid = p.polrelid
), function as (
    select p.oid, p.oid::regprocedure::text as name, p.proowner, p.prosecdef, p.proleakproof,
        exists (select from unnest(p.proconfig) as set where set like 'search_path=%') as has_path,
        coalesce(obj_description(p.oid, 'pg_proc'), '') as reason,
        has_function_privilege(door.oid, p.oid, 'execute') as reached,
        exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0) as public
    from door, pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname not in ('pg_catalog', 'information_schema')
)
select format('the role %s is missing', name) as fault
from who, lateral unnest(array[worker, door, watch]) as name where to_regrole(quote_ident(name)) is null
union all select format('%s is above the rules: superuser, bypassrls, createrole, createdb or replication', rolname)
from role where rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
union all select format('%s may become %s', m.rolname, r.rolname)
from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid, who
where m.rolname in (worker, door, watch, keys) or r.rolname in (owner, worker, door, keys) and not (m.rolname = owner
    and r.rolname in (worker, keys) and not a.inherit_option and not a.admin_option) and not m.rolsuper
union all select format('%s may write by itself: its transactions have to be read only by default', door)
from who where not exists (select from pg_db_role_setting s, door where s.setrole = door.oid and s.setdatabase = 0
    and 'default_transaction_read_only=on' = any (s.setconfig))
union all select format('a setting of %s for its own changes what row policies do or what it may write', r.rolname)
from pg_db_role_setting s join role r on r.oid = s.setrole, unnest(s.setconfig) as set
where set ~* '^(row_security|session_replication_role|role)=' or r.part = 'door' and set ~* '^default_transaction_read_only=(off|0|f|n)'
union all select format('%s owns %s', r.rolname, c.oid::regclass)
from pg_class c join role r on r.oid = c.relowner and r.part <> 'owner'
union all select format('%s owns the function %s', r.rolname, f.name)
from function f join role r on r.oid = f.proowner and r.part not in ('owner', 'keys')
union all select format('%s owns the schema %s', r.rolname, n.nspname)
from pg_namespace n join role r on r.oid = n.nspowner and r.part <> 'owner'
union all select format('%s may make things in the schema %s', r.rolname, n.nspname)
from pg_namespace n, role r where r.part <> 'owner' and n.nspname !~ '^pg_(temp|toast)' and has_schema_privilege(r.oid, n.oid, 'create')
union all select format('%s may make schemas or temporary tables', r.rolname)
from role r where r.part <> 'owner' and has_database_privilege(r.oid, current_database(), 'create, temporary')
union all select format('everybody may use %s', r.name)
from relation r where exists (select from aclexplode(r.relacl) a where a.grantee = 0)
    or exists (select from pg_attribute t, aclexplode(t.attacl) a where t.attrelid = r.oid and a.grantee = 0)
union all select format('default privileges give rights to %s', coalesce(nullif(a.grantee, 0)::regrole::text, 'everybody'))
from pg_default_acl d, aclexplode(d.defaclacl) a where a.grantee = 0 or a.grantee in (select oid from role where part <> 'owner')
union all select format('a door may truncate, reference or trigger %s', name) from relation where misused
union all select format('a door reaches %s, which is not guarded', name)
from relation where reached and relkind in ('r', 'p') and not guarded
union all select format('a door reaches %s and no policy says which of its rows', name)
from relation r where reached and relkind in ('r', 'p')
    and not exists (select from policy p, door where p.relation = r.oid and door.oid = any (p.polroles))
union all select format('a door reaches the view %s, which looks with its owner''s eyes', name)
from relation where reached and relkind = 'v' and not coalesce(reloptions && array['security_invoker=true', 'security_invoker=on'], false)
union all select format('a door reaches %s, which no policy can guard', name) from relation where reached and relkind in ('m', 'f')
union all select format('%s is not the owner''s', r.name) from relation r, who where r.relowner <> to_regrole(quote_ident(owner))
union all select format('a rule rewrites what is said to %s', r.name)
from pg_rewrite w join relation r on r.oid = w.ev_class where w.rulename <> '_RETURN'
union all select format('the workers do not see all of %s', name)
from relation r, who where guarded and not exists (select from policy p where p.relation = r.oid and p.polcmd = '*'
    and p.roles = array[worker] and p.polpermissive and p.sees = 'true' and p.records in ('', 'true'))
union all select format('the policy %s on %s is for %s, which has no part here', polname, name, array_to_string(roles, ', '))
from policy, who where not roles <@ array[worker, door, watch, keys] or polroles = '{0}' or cardinality(roles) > 1
union all select format('the policy %s on %s is not as migrate has written it', polname, name)
from policy, who where roles <> array[keys] and comment !~ (' ' || mark || '\]$')
union all select format('the policy %s on %s lets a door through to every row without a reason', polname, name)
from policy, who where door = any (roles) and 'true' in (sees, records) and (polname !~ '^free' or comment !~ '^[^\[]')
union all select format('the policy %s on %s does not ask who is there', polname, name)
from policy, who where door = any (roles) and 'true' not in (sees, records) and sees || records !~ 'access_me\(\)'
    and not (polname ~ '^through' and sees || records ~ '^\(EXISTS')
union all select format('the policy %s on %s does not ask until when', polname, name)
from policy, who where door = any (roles) and sees || records ~ 'access_grant' and sees || records !~ 'ends_at > now\(\)'
union all select format('everybody may call %s', name) from function where public
union all select format('%s works with its owner''s rights and is not one of %s with a search_path and a reason', f.name, keys)
from function f, who where prosecdef and not (f.proowner = to_regrole(quote_ident(keys)) and has_path and reason <> '')
union all select format('%s says of itself that it leaks nothing', name) from function where proleakproof
union all select format('%s sees %s of %s', watch, a.attname, r.name)
from who, relation r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and a.atttypid = 'bytea'::regtype and r.name <> 'outbox'
where has_column_privilege(watch, r.oid, a.attnum, 'select')
union all select format('%s may change %s', watch, r.name)
from who, relation r where has_table_privilege(watch, r.oid, 'insert, update, delete, truncate')
    or has_any_column_privilege(watch, r.oid, 'insert, update')
