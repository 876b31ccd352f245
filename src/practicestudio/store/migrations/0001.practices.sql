-- Practices, their keys and configuration, and what practices share.
-- Every table of a practice leads its keys with practice_id and is closed by forced row-level security (function wall).

create function current_practice() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.practice', true), '')::uuid;

-- Closes a table: the app role sees only the practice that its transaction names.
create procedure wall(relation regclass, privileges text default 'select, insert, update, delete')
    language plpgsql as $$
begin
    execute format('alter table %s enable row level security', relation);
    execute format('alter table %s force row level security', relation);
    execute format('create policy own_practice on %s for all to practicestudio_app using (practice_id = current_practice()) with check (practice_id = current_practice())', relation);
    execute format('grant %s on %s to practicestudio_app', privileges, relation);
end $$;

-- Opens chosen columns of a walled table to the dispatch role, which works across practices and sees no patient data.
create procedure open_to_dispatch(relation regclass, privileges text)
    language plpgsql as $$
begin
    execute format('create policy dispatch on %s for all to practicestudio_dispatch using (true) with check (true)', relation);
    execute format('grant %s on %s to practicestudio_dispatch', privileges, relation);
end $$;

create table practices (
    practice_id uuid primary key,
    name        text not null,
    time_zone   text not null,
    athena_id   text not null unique,
    created_at  timestamptz not null default now()
);
comment on table practices is 'A practice; athena_id is its practice id at athenahealth.';
call wall('practices', 'select');
call open_to_dispatch('practices', 'select, insert, update');

create table data_keys (
    practice_id uuid not null,
    purpose     text not null check (purpose in ('data', 'index')),
    key_id      integer not null,
    kek_id      text not null,
    wrapped     bytea not null,
    created_at  timestamptz not null default now(),
    retired_at  timestamptz,
    primary key (practice_id, purpose, key_id)
);
comment on table data_keys is 'Keys of a practice, each wrapped by a key that is not in this database. The nil practice holds what practices share.';
alter table data_keys enable row level security;
alter table data_keys force row level security;
create policy own_practice on data_keys for select to practicestudio_app
    using (practice_id in (current_practice(), '00000000-0000-0000-0000-000000000000'));
grant select on data_keys to practicestudio_app;
call open_to_dispatch('data_keys', 'select, insert, update');

create table configuration (
    practice_id uuid not null,
    section     text not null,
    name        text not null,
    value       jsonb not null,
    version     integer not null default 1,
    changed_at  timestamptz not null default now(),
    changed_by  text not null,
    primary key (practice_id, section, name)
);
call wall('configuration');

create table configuration_history (
    practice_id uuid not null,
    id          uuid not null,
    section     text not null,
    name        text not null,
    before      jsonb,
    after       jsonb,
    changed_at  timestamptz not null default now(),
    changed_by  text not null,
    primary key (practice_id, id)
);
call wall('configuration_history', 'select, insert');

create table setup_versions (
    practice_id uuid primary key,
    version     bigint not null default 1
);
comment on table setup_versions is 'Goes up with every change of a practice''s configuration or items, so that a process knows when what it has read is old.';
call wall('setup_versions');

create table credentials (
    practice_id uuid not null,
    name        text not null,
    sealed      bytea not null,
    changed_at  timestamptz not null default now(),
    changed_by  text not null,
    primary key (practice_id, name)
);
call wall('credentials');

create table practice_items (
    practice_id uuid not null,
    kind        text not null,
    external_id text not null,
    id          uuid not null,
    value       jsonb not null,
    retired_at  timestamptz,
    primary key (practice_id, kind, external_id)
);
comment on table practice_items is 'What a practice is made of: locations, providers, appointment types and reasons, custom fields. Nothing about a patient.';
call wall('practice_items');

create table schedules (
    practice_id uuid not null,
    job         text not null,
    due_at      timestamptz not null,
    last_started timestamptz,
    primary key (practice_id, job)
);
call wall('schedules');
call open_to_dispatch('schedules', 'select, insert, update, delete');

-- One row a credential and host, shared by every practice and process that uses it. No patient data.
create table tokens (
    credential       text primary key,
    sealed           bytea,
    expires_at       timestamptz,
    refreshing_until timestamptz,
    refused_until    timestamptz,
    refused_why      text
);
grant select, insert, update, delete on tokens to practicestudio_app;

create table rate_limits (
    credential      text primary key,
    next_at         timestamptz,
    day             date,
    day_used        integer not null default 0,
    day_remaining   integer,
    minute          timestamptz,
    minute_used     integer not null default 0
);
grant select, insert, update, delete on rate_limits to practicestudio_app;
