-- The message log, which is also the queue. Ids are UUIDv7, so a range of ids is a range of time: tables are partitioned by day of id.
-- depends: 0001.practices

create sequence message_position;
grant usage on sequence message_position to practicestudio_app;

create table messages (
    practice_id uuid not null,
    id          uuid not null,
    position    bigint not null default nextval('message_position'),
    asked       bigint,
    received_at timestamptz not null default now(),
    direction   text not null check (direction in ('in', 'out')),
    door        text not null,
    kind        text not null,
    lane        bigint not null,
    urgency     smallint not null,
    state       text not null default 'received'
        check (state in ('received', 'working', 'waiting', 'done', 'failed', 'parked', 'discarded', 'filtered')),
    tries       integer not null default 0,
    due_at      timestamptz,
    sent_at     timestamptz,
    finished_at timestamptz,
    error_code  text,
    error       text,
    record_id   uuid,
    run_id      uuid,
    cause_id    uuid,
    retry_of    uuid,
    fingerprint uuid,
    decided_by  text,
    primary key (practice_id, id)
) partition by range (id);
comment on column messages.lane is 'Blind index of what the message is about; messages of one lane are worked in the order of position.';
comment on column messages.asked is 'Where the log stood when athenahealth was asked for what came: of what was stored behind it, nobody can tell which is newer.';
comment on column messages.sent_at is 'When a write that may have taken effect was sent; set before it is sent, so that a try after a crash reads before it writes.';
comment on column messages.fingerprint is 'Blind identity of the content, where the same content must not be taken twice.';
create index messages_unfinished on messages (practice_id, lane, position) where state in ('received', 'working', 'waiting');
create index messages_attention on messages (practice_id, state, id) where state in ('failed', 'parked', 'waiting');
create index messages_record on messages (practice_id, record_id, id) where record_id is not null;
create index messages_fingerprint on messages (practice_id, fingerprint) where fingerprint is not null;
create index messages_run on messages (practice_id, run_id) where run_id is not null;
call wall('messages');

create table message_bodies (
    practice_id uuid not null,
    message_id  uuid not null,
    part        text not null check (part in ('received', 'sent', 'answer', 'report')),
    sealed      bytea not null,
    primary key (practice_id, message_id, part)
) partition by range (message_id);
call wall('message_bodies');

create table tries (
    practice_id   uuid not null,
    id            uuid not null,
    message_id    uuid,
    run_id        uuid,
    operation     text not null,
    method        text,
    path_template text,
    status        smallint,
    duration_ms   real not null,
    error_code    text,
    error         text,
    request_id    text,
    remaining_today integer,
    urgency       text,
    primary key (practice_id, id)
) partition by range (id);
comment on table tries is 'Each try: what was asked (path template, never a query string), what came, how long it took.';
create index tries_message on tries (practice_id, message_id) where message_id is not null;
create index tries_run on tries (practice_id, run_id) where run_id is not null;
call wall('tries', 'select, insert');

-- A lane stands here only while it has unfinished messages (or is held). Claiming moves due_at to the end of the lease,
-- so that a lane whose worker died becomes due again by itself.
create table lanes (
    practice_id uuid not null,
    lane        bigint not null,
    urgency     smallint not null,
    outbound    boolean not null,
    due_at      timestamptz,
    first_id    uuid not null,
    claimed_by  uuid,
    claims      smallint not null default 0,
    held_because text,
    primary key (practice_id, lane)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on column lanes.claims is 'How often it was claimed since a message of it was last finished: a message that kills its workers shows here.';
create index lanes_due on lanes (outbound, urgency, due_at) where due_at is not null;
call wall('lanes');
call open_to_dispatch('lanes', 'select, update');

-- The first unfinished message of each of these lanes. A plan that sorts would read all that is between the bounds: not sorting, it takes the
-- index of what is unfinished, which has each lane in its order.
create function lane_heads(practice uuid, wanted bigint[], first_ids uuid[], before uuid) returns setof messages
    language sql stable set enable_sort = off as $$
    select m.* from unnest(wanted, first_ids) as l (lane, first_id)
    cross join lateral (
        select * from messages
        where practice_id = practice and messages.lane = l.lane and id >= l.first_id and id < before and state in ('received', 'working', 'waiting')
        order by position limit 1
    ) as m
$$;

create table sync_runs (
    practice_id uuid not null,
    id          uuid not null,
    what        text not null,
    full_pull   boolean not null,
    state       text not null check (state in ('running', 'done', 'stopped', 'failed')),
    place       jsonb not null default '{}',
    counts      jsonb not null default '{}',
    started_at  timestamptz not null default now(),
    ended_at    timestamptz,
    error_code  text,
    error       text,
    primary key (practice_id, id)
);
create index sync_runs_open on sync_runs (practice_id, what) where state in ('running', 'stopped');
call wall('sync_runs');

create table feeds (
    practice_id   uuid not null,
    feed          text not null,
    subscribed_at timestamptz,
    active_since  timestamptz,
    reading_since timestamptz,
    read_until    timestamptz,
    primary key (practice_id, feed)
);
comment on column feeds.reading_since is 'Set before a destructive read and cleared with the messages it brought: what stands here after a crash is read again.';
call wall('feeds');

-- Days are made ahead by whoever runs; a day is named by the first id of it.
create function first_id_of(day date) returns uuid
    language sql immutable strict
    return (lpad(to_hex((extract(epoch from day) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid;

create procedure make_day(day date)
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
begin
    foreach parent in array array['messages', 'message_bodies', 'tries'] loop
        if to_regclass(format('%s_%s', parent, to_char(day, 'YYYYMMDD'))) is null then
            execute format('create table %s partition of %s for values from (%L) to (%L)',
                parent || '_' || to_char(day, 'YYYYMMDD'), parent, first_id_of(day), first_id_of(day + 1));
            if parent = 'message_bodies' then  -- what is sealed does not compress; a usual body stays in its row
                execute format('alter table %1$s alter column sealed set storage external, set (toast_tuple_target = 8160)',
                    parent || '_' || to_char(day, 'YYYYMMDD'));
            end if;
        end if;
    end loop;
end $$;

create procedure make_days(first date, last date)
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    day date;
begin
    perform pg_advisory_xact_lock(hashtext('practicestudio make_days'));
    for day in select generate_series(first, last, interval '1 day')::date loop
        call make_day(day);
    end loop;
end $$;

-- Drops a day and gives its disk back; what is not finished stays, in a new partition of the same day, with every try of it, whenever that was.
create function drop_day(day date) returns bigint
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
    return kept;
end $$;

revoke all on procedure make_day(date), make_days(date, date) from public;
revoke all on function drop_day(date) from public;
grant execute on procedure make_days(date, date) to practicestudio_app, practicestudio_dispatch;
grant execute on function drop_day(date) to practicestudio_dispatch;
