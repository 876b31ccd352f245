-- Decisions that can be taken back, and lists of questions by state.
-- depends: 0004.keys

alter table reviews drop constraint reviews_state_check;
alter table reviews add constraint reviews_state_check check (state in ('open', 'decided', 'outdated', 'undone'));
alter table reviews add column undone_at timestamptz, add column undone_by text;
comment on column reviews.decision is 'For a match the patient chosen, or new; for a conflict whose values stand: ours, theirs, or both by field. The fields and the reason are sealed.';

create index reviews_closed on reviews (practice_id, decided_at, id) where state <> 'open';
create index reviews_record on reviews (practice_id, record_id, id) where record_id is not null;
create index reviews_undone on reviews (practice_id, message_id) where state = 'undone';
