-- What Practice Studio knows of patients: sealed, found by blind indexes, and with a trail of every change.
-- depends: 0002.messages

create table patients (
    practice_id uuid not null,
    id          uuid not null,
    version     integer not null default 1,
    status      text not null,
    sealed      bytea not null,
    search_keys bigint[] not null,
    match_keys  bigint[] not null,
    created_at  timestamptz not null default now(),
    changed_at  timestamptz not null default now(),
    merged_into uuid,
    primary key (practice_id, id)
);
alter table patients alter column sealed set storage external;
create index patients_search on patients using gin (search_keys);
call wall('patients');

create table match_keys (
    practice_id uuid not null,
    key         bigint not null,
    patient_id  uuid not null,
    primary key (practice_id, key, patient_id)
);
comment on table match_keys is 'Who may be the same person: patients by match key. Which keys a patient has stands with the patient.';
call wall('match_keys');

create table appointments (
    practice_id uuid not null,
    id          uuid not null,
    version     integer not null default 1,
    status      text not null,
    patient_id  uuid,
    provider_id uuid,
    location_id uuid,
    type_id     uuid,
    start_time  timestamptz not null,
    end_time    timestamptz not null,
    no_show     boolean not null default false,
    sealed      bytea not null,
    created_at  timestamptz not null default now(),
    changed_at  timestamptz not null default now(),
    primary key (practice_id, id)
);
create index appointments_time on appointments (practice_id, start_time);
create index appointments_patient on appointments (practice_id, patient_id, start_time);
create index appointments_provider on appointments (practice_id, provider_id, start_time);
call wall('appointments');

create table links (
    practice_id uuid not null,
    kind        text not null,
    identity    uuid not null,
    record_id   uuid not null,
    base        bytea,
    agreed_at   timestamptz not null default now(),
    position    bigint not null default 0,
    message_id  uuid,
    primary key (practice_id, kind, identity)
);
comment on table links is 'Which record of ours is which of athenahealth''s: identity is the blind identity of their id; base is the sealed state both sides last agreed on.';
comment on column links.position is 'Where the log stood when base was agreed on, by which an older state of theirs is told from a newer one whatever the clocks say.';
alter table links alter column base set storage external;
create index links_record on links (practice_id, record_id);
call wall('links');

create table reviews (
    practice_id uuid not null,
    id          uuid not null,
    kind        text not null check (kind in ('match', 'conflict')),
    message_id  uuid not null,
    record_kind text not null,
    record_id   uuid,
    sealed      bytea not null,
    state       text not null default 'open' check (state in ('open', 'decided', 'outdated')),
    decision    text,
    created_at  timestamptz not null default now(),
    decided_at  timestamptz,
    decided_by  text,
    primary key (practice_id, id)
);
create index reviews_open on reviews (practice_id, id) where state = 'open';
create index reviews_message on reviews (practice_id, message_id);
call wall('reviews');

-- Append-only: nobody may update or delete. Entries are chained in a table of their own, so that writers never wait for the chain.
create table audit_entries (
    practice_id uuid not null,
    id          uuid not null,
    at          timestamptz not null default now(),
    actor       text not null,
    action      text not null,
    record_kind text,
    record_id   uuid,
    message_id  uuid,
    sealed      bytea,
    primary key (practice_id, id)
);
create index audit_entries_record on audit_entries (practice_id, record_id, id) where record_id is not null;
call wall('audit_entries', 'select, insert');
