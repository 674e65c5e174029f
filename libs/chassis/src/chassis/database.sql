-- Whose a database is and who may enter it. Run as a superuser after roles.sql; tributary.database is the database's name. Nobody
-- else enters, and nobody but the owner makes a temporary table, which could stand before a real one of its name.
do $$
declare
    owner text := current_setting('tributary.owner');
    its text := current_setting('tributary.database');
    part text;
begin
    execute format('alter database %I owner to %I', its, owner);
    execute format('revoke all on database %I from public', its);
    foreach part in array array['worker', 'door', 'watch'] loop
        execute format('revoke all on database %I from %I', its, owner || '_' || part);
        execute format('grant connect on database %I to %I', its, owner || '_' || part);
    end loop;
end $$;
