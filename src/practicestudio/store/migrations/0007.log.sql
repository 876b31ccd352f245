-- What people ask of the log: true totals without counting a million rows, what a message led to, and what is rare by its time.
-- depends: 0004.keys

-- The hour of a UUIDv7, in hours since 1970-01-01 00:00 UTC; and the first id of an hour.
create function hour_of(id uuid) returns integer
    language sql immutable strict parallel safe
    return (('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 3600000)::integer;

create function first_id_of_hour(hour integer) returns uuid
    language sql immutable strict parallel safe
    return (lpad(to_hex(hour::bigint * 3600000), 12, '0') || '00000000000000000000')::uuid;

-- Counts are kept as differences that add up: each statement on the log adds its own in the same transaction and waits for nobody; a fold
-- adds them up to one row now and then. So they are exact for whoever reads them, at every moment.
create table message_counts (
    practice_id uuid not null,
    hour        integer not null,
    direction   text not null,
    door        text not null,
    kind        text not null,
    state       text not null,
    error_code  text,
    error       text,
    messages    bigint not null
);
comment on table message_counts is 'How many messages of an hour are in each state, and with what went wrong; sum over all that fit.';
create index message_counts_hour on message_counts (practice_id, hour);
create index message_counts_attention on message_counts (practice_id, hour) where state in ('failed', 'parked');
call wall('message_counts', 'select, insert, delete');

create table call_counts (
    practice_id   uuid not null,
    hour          integer not null,
    operation     text not null,
    method        text,
    path_template text,
    status        smallint,
    error_code    text,
    calls         bigint not null,
    duration_ms   double precision not null
);
comment on table call_counts is 'How many tries of an hour asked what and were answered how, and how long they took in all; sum over all that fit.';
create index call_counts_hour on call_counts (practice_id, hour);
call wall('call_counts', 'select, insert, delete');

create function count_new_messages() returns trigger
    language plpgsql as $$
begin
    insert into message_counts
    select practice_id, hour_of(id), direction, door, kind, state, error_code, error, count(*) from after_it group by 1, 2, 3, 4, 5, 6, 7, 8;
    return null;
end $$;

create function count_changed_messages() returns trigger
    language plpgsql as $$
begin
    insert into message_counts
    select practice_id, hour, direction, door, kind, state, error_code, error, sum(one) from (
        select practice_id, hour_of(id), direction, door, kind, state, error_code, error, 1 from after_it
        union all
        select practice_id, hour_of(id), direction, door, kind, state, error_code, error, -1 from before_it
    ) as t (practice_id, hour, direction, door, kind, state, error_code, error, one)
    group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(one) <> 0;
    return null;
end $$;

create function count_calls() returns trigger
    language plpgsql as $$
begin
    insert into call_counts
    select practice_id, hour_of(id), operation, method, path_template, status, error_code, count(*), sum(duration_ms)
    from after_it group by 1, 2, 3, 4, 5, 6, 7;
    return null;
end $$;

-- Counts one day anew, by the partition itself. Nobody may write to that day meanwhile.
create procedure recount_day(day date)
    language plpgsql as $$
declare
    first integer := hour_of(first_id_of(day));
    suffix text := '_' || to_char(day, 'YYYYMMDD');
begin
    perform pg_advisory_xact_lock(hashtext('practicestudio counts'));
    delete from message_counts where hour >= first and hour < first + 24;
    delete from call_counts where hour >= first and hour < first + 24;
    if to_regclass('messages' || suffix) is not null then
        execute format('insert into message_counts select practice_id, hour_of(id), direction, door, kind, state, error_code, error, count(*)
            from %I group by 1, 2, 3, 4, 5, 6, 7, 8', 'messages' || suffix);
        execute format('insert into call_counts select practice_id, hour_of(id), operation, method, path_template, status, error_code, count(*), sum(duration_ms)
            from %I group by 1, 2, 3, 4, 5, 6, 7', 'tries' || suffix);
    end if;
end $$;
revoke all on procedure recount_day(date) from public;

create trigger count_new after insert on messages
    referencing new table as after_it for each statement execute function count_new_messages();
create trigger count_changed after update on messages
    referencing old table as before_it new table as after_it for each statement execute function count_changed_messages();
create trigger count_calls after insert on tries
    referencing new table as after_it for each statement execute function count_calls();

create policy keeper on message_counts for all to practicestudio_owner using (true) with check (true);
create policy keeper on call_counts for all to practicestudio_owner using (true) with check (true);
call open_to_dispatch('message_counts', 'select, insert, delete');
call open_to_dispatch('call_counts', 'select, insert, delete');

-- As before, and the day's counts are those of what stays.
create or replace function drop_day(day date) returns bigint
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    suffix text := '_' || to_char(day, 'YYYYMMDD');
    older text;
    kept bigint := 0;
begin
    if to_regclass('messages' || suffix) is null then
        return 0;
    end if;
    perform pg_advisory_xact_lock(hashtext('practicestudio make_days'));
    execute format('lock table %I, %I, %I in access exclusive mode', 'messages' || suffix, 'message_bodies' || suffix, 'tries' || suffix);
    execute format('create temp table kept_messages on commit drop as select * from %I where state not in (''done'', ''discarded'', ''filtered'')', 'messages' || suffix);
    execute format('create temp table kept_bodies on commit drop as select b.* from %I b join kept_messages m on m.practice_id = b.practice_id and m.id = b.message_id', 'message_bodies' || suffix);
    execute format('create temp table kept_tries on commit drop as select t.* from %I t join kept_messages m on m.practice_id = t.practice_id and m.id = t.message_id', 'tries' || suffix);
    for older in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'messages'::regclass and c.relname < 'messages' || suffix
    loop
        execute format('insert into kept_tries select t.* from %I t join %I m on m.practice_id = t.practice_id and m.id = t.message_id where m.state not in (''done'', ''discarded'', ''filtered'')', 'tries' || suffix, older);
    end loop;
    select count(*) into kept from kept_messages;
    execute format('drop table %I, %I, %I', 'messages' || suffix, 'message_bodies' || suffix, 'tries' || suffix);
    if kept > 0 or exists (select from kept_tries) then
        call make_day(day);
        execute format('insert into %I select * from kept_messages', 'messages' || suffix);
        execute format('insert into %I select * from kept_bodies', 'message_bodies' || suffix);
        execute format('insert into %I select * from kept_tries', 'tries' || suffix);
    end if;
    drop table kept_messages, kept_bodies, kept_tries;
    call recount_day(day);
    return kept;
end $$;

revoke delete on messages from practicestudio_app;

-- Where the counts say that there are messages of a kind and state, this finds them; so every filter has its first page at once.
create index messages_kind on messages (practice_id, kind, state, id);
create index messages_cause on messages (practice_id, cause_id, id) where cause_id is not null;
create index messages_copies on messages (practice_id, retry_of) where retry_of is not null;
drop index messages_run;
create index messages_run on messages (practice_id, run_id, state, id) where run_id is not null;
create index audit_entries_message on audit_entries (practice_id, message_id, id) where message_id is not null;
create index tries_operation on tries (practice_id, operation, id);

do $$
declare
    day date;
begin
    for day in select to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'messages'::regclass
    loop
        call recount_day(day);
    end loop;
end $$;
