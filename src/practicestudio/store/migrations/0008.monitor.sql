-- What the monitor keeps: connection tests, the use of limits, alerts and how they reached people. The nil practice holds what concerns all.
-- depends: 0007.log

create table connection_tests (
    practice_id uuid not null,
    id          uuid not null,
    door        text not null,
    asked_by    text not null,
    state       text not null check (state in ('running', 'ok', 'failed')),
    steps       jsonb not null default '[]',
    started_at  timestamptz not null default now(),
    seconds     real,
    certificate_ends timestamptz,
    primary key (practice_id, id)
);
comment on table connection_tests is 'Tests of a practice''s connections, step by step: names, states, what was found or what to do. No patient data.';
call wall('connection_tests');

create table limit_use (
    practice_id uuid not null,
    credential  text not null,
    minute      timestamptz not null,
    day         date not null,
    day_used    integer not null,
    day_left    integer,
    calls       integer not null,
    busiest_second integer not null,
    primary key (practice_id, credential, minute)
);
comment on table limit_use is 'How much of a credential''s limits was used at each minute, over all practices that share it; a row of the nil practice.';
comment on column limit_use.day_used is 'Calls of athenahealth''s day (GMT) by our own count; day_left: what is left of it as athenahealth told.';
call wall('limit_use');

create table alerts (
    practice_id uuid not null,
    id          uuid not null,
    rule        text not null,
    about       text not null default '',
    severity    text not null check (severity in ('notice', 'warning', 'critical')),
    sentence    text not null,
    opened_at   timestamptz not null,
    last_true   timestamptz not null,
    closed_at   timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    primary key (practice_id, id)
);
comment on table alerts is 'One row from the moment a rule finds something wrong until it is well again. The sentence holds no patient data.';
comment on column alerts.about is 'Which of several things the rule is about: a door, an access.';
create unique index alerts_open on alerts (practice_id, rule, about) where closed_at is null;
call wall('alerts');

create table alert_channels (
    practice_id uuid not null,
    id          uuid not null,
    scheme      text not null,
    least       text not null check (least in ('notice', 'warning', 'critical')),
    enabled     boolean not null default true,
    sealed      bytea not null,
    changed_at  timestamptz not null default now(),
    changed_by  text not null,
    primary key (practice_id, id)
);
comment on table alert_channels is 'Where alerts are sent. Sealed: what people call it, and its address with its secrets, which goes in and never comes out.';
call wall('alert_channels');

create table alert_notes (
    practice_id uuid not null,
    id          uuid not null,
    alert_id    uuid not null,
    channel_id  uuid not null,
    what        text not null check (what in ('opened', 'over')),
    state       text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
    tries       smallint not null default 0,
    due_at      timestamptz not null default now(),
    ended_at    timestamptz,
    error       text,
    primary key (practice_id, id)
);
comment on table alert_notes is 'What is told to whom: made with the alert, sent right after, tried again where that fails.';
create index alert_notes_waiting on alert_notes (practice_id, due_at) where state = 'waiting';
create index alert_notes_alert on alert_notes (practice_id, alert_id);
call wall('alert_notes');

create table practice_health (
    practice_id uuid not null,
    of_practice uuid not null,
    at          timestamptz not null,
    state       text not null,
    because     text not null,
    figures     jsonb not null,
    primary key (practice_id, of_practice)
);
comment on table practice_health is 'How each practice''s connections were when the monitor last looked; rows of the nil practice, so that many practices are one look.';
call wall('practice_health');

create table monitor_rounds (
    practice_id uuid not null primary key,
    begun_at    timestamptz not null,
    ended_at    timestamptz,
    faults      integer not null default 0
);
comment on table monitor_rounds is 'When the monitor last looked at everything: one row, of the nil practice. faults: practices that could not be looked at.';
call wall('monitor_rounds');

-- What is open is asked for with every look, and little; what is finished is much.
create index message_counts_open on message_counts (practice_id) where state in ('received', 'working', 'waiting', 'failed', 'parked');

-- Whether a message of this kind only asks athenahealth, or ourselves, for something: it is not counted as sent.
create function only_asks(kind text) returns boolean
    language sql immutable strict parallel safe
    return kind like 'pull.%' or kind like 'feed.%' or kind like '%.fetch' or kind = 'connection.test';

alter table sync_runs add column stop_wanted_by text;
comment on column sync_runs.stop_wanted_by is 'Who wants it stopped; seen with the next page, and cleared when it goes on.';

-- Which steps of the schema are applied, for whoever asks whether this process may serve.
create function applied_migrations() returns setof text
    language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
    return query select migration_id::text from _yoyo_migration order by 1;
end $$;
revoke all on function applied_migrations() from public;
grant execute on function applied_migrations() to practicestudio_app;
