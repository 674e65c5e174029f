-- The roles of one service. Run as a superuser in any database, as often as you like; what is there stays and gets these passwords.
-- Told by settings: tributary.owner is the owner's name, tributary.password_owner and so on are the passwords.
--
--   <s>         login   owns the database and its schema: migrations. It may become the worker, to move rows, and `_keys`, to make
--                       functions that it owns; of itself it sees no row that is guarded.
--   <s>_worker  login   consumer, relay, jobs, command line
--   <s>_door    login   every HTTP door; member of nothing, owns nothing, short transactions that read unless they say otherwise
--   <s>_watch   login   verify and dashboards: reads every row, but no key and nothing sealed
--   <s>_keys    -       owns the one function that hands out keys, if the service has one
do $$
declare
    owner text := current_setting('tributary.owner');
    part text;
    role text;
begin
    perform pg_advisory_xact_lock(hashtext('tributary'));
    foreach part in array array['owner', 'worker', 'door', 'watch', 'keys'] loop
        role := case part when 'owner' then owner else owner || '_' || part end;
        if to_regrole(quote_ident(role)) is null then
            execute format('create role %I', role);
        end if;
        if part = 'keys' then
            execute format('alter role %I nologin', role);
        else
            execute format('alter role %I login password %L', role, current_setting('tributary.password_' || part));
        end if;
        execute format('alter role %I nosuperuser nobypassrls nocreatedb nocreaterole noreplication', role);
    end loop;
    execute format('grant %I, %I to %I with inherit false, set true, admin false', owner || '_worker', owner || '_keys', owner);
    role := owner || '_door';
    execute format('alter role %I set default_transaction_read_only = on', role);
    execute format('alter role %I set statement_timeout = ''2s''', role);
    execute format('alter role %I set lock_timeout = ''1500ms''', role);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''2s''', role);
    -- Somebody who loses his right to write loses it when his transactions are over: they are soon.
    if current_setting('server_version_num')::int >= 170000 then
        execute format('alter role %I set transaction_timeout = ''3s''', role);
    end if;
    execute format('alter role %I set default_transaction_read_only = on', owner || '_watch');
end $$;
