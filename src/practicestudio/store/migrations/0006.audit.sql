-- Where what was done came from, and whose data it was about.
-- depends: 0004.keys

alter table audit_entries
    add column patient_id uuid,
    add column via        text not null default 'system',
    add column address    text,
    add column session_id uuid,
    add column emergency  boolean not null default false;
comment on column audit_entries.patient_id is 'Whose data it was about, whatever the record is.';
comment on column audit_entries.sealed is 'Fields with their value before and after, and why it was done.';
