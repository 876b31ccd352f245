-- The audit trail: where what was done came from, the chain that shows whether anybody touched an entry, and counts.
-- depends: 0004.keys

alter table audit_entries
    add column patient_id uuid,
    add column via        text not null default 'system',
    add column address    text,
    add column session_id uuid,
    add column emergency  boolean not null default false,
    add column mark       bytea;
comment on column audit_entries.patient_id is 'Whose data it was about, whatever the record is.';
comment on column audit_entries.sealed is 'Fields with their value before and after, and why it was done.';
comment on column audit_entries.mark is 'A MAC of all other columns by a key of the practice, without which nobody can make or change an entry unseen.';

-- Entries are listed by group, the few columns of few values that the trail is narrowed and sorted by; ids give the order in time. The group is a
-- column, for below row-level security no index over an expression serves.
create function audit_group(actor text, action text, record_kind text, via text, emergency boolean) returns bigint
    language sql immutable parallel safe
    return hashtextextended(action || ' ' || via || case when emergency then ' ! ' else ' ' end || coalesce(record_kind, '') || ' ' || actor, 0);
alter table audit_entries add column group_hash bigint generated always as (audit_group(actor, action, record_kind, via, emergency)) stored;
create index audit_entries_group on audit_entries (practice_id, group_hash, id);
create index audit_entries_patient on audit_entries (practice_id, patient_id, id) where patient_id is not null and record_kind is distinct from 'patient';

-- Entries that are in no batch yet. A row a writing; whoever writes only adds, so that nobody waits for the chain.
create table audit_pending (
    practice_id uuid not null,
    id          uuid not null,
    entry_ids   uuid[] not null,
    primary key (practice_id, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on column audit_pending.id is 'That of the first entry of these.';
call wall('audit_pending', 'select, insert, delete');
call open_to_dispatch('audit_pending', 'select');
insert into audit_pending (practice_id, id, entry_ids) select practice_id, id, array[id] from audit_entries;

-- Append-only, too: each batch holds its entries to those before them.
create table audit_batches (
    practice_id uuid not null,
    number      bigint not null,
    sealed_at   timestamptz not null,
    entry_ids   uuid[] not null,
    links       bytea not null,
    previous    bytea not null,
    root        bytea not null,
    mark        bytea not null,
    primary key (practice_id, number)
);
comment on column audit_batches.links is 'Of each entry 32 bytes: SHA-256 of the link before it and of the digest of the entry.';
comment on column audit_batches.previous is 'The root of the batch before; the first begins with a digest of the practice''s id.';
comment on column audit_batches.root is 'The last link.';
comment on column audit_batches.mark is 'A MAC of number, time, count, previous and root by a key of the practice, which is not in this database in the clear.';
alter table audit_batches alter column links set storage external;
create index audit_batches_time on audit_batches (practice_id, sealed_at);
call wall('audit_batches', 'select, insert');
call open_to_dispatch('audit_batches', 'select (practice_id, number, sealed_at, root)');

create table audit_counts (
    practice_id uuid not null,
    span        text not null check (span in ('hour', 'day', 'fortnight', 'year')),
    starts      timestamptz not null,
    actor       text not null,
    action      text not null,
    record_kind text not null,
    via         text not null,
    emergency   boolean not null,
    entries     bigint not null,
    primary key (practice_id, span, starts, actor, action, record_kind, via, emergency)
);
comment on table audit_counts is 'How many entries of a group are in batches, by the time of their ids (UTC), so that totals need not be counted out.';
call wall('audit_counts', 'select, insert, update');
