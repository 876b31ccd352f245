-- name: insert_entries(practice_id, ids, actors, actions, record_kinds, record_ids, message_ids, sealed, patient_ids, via, address, session_id, emergency)!
insert into audit_entries (practice_id, id, actor, action, record_kind, record_id, message_id, sealed, patient_id, via, address, session_id, emergency)
select :practice_id, t.*, :via, :address, :session_id, :emergency
from unnest(
    :ids::uuid[], :actors::text[], :actions::text[], :record_kinds::text[], :record_ids::uuid[], :message_ids::uuid[], :sealed::bytea[], :patient_ids::uuid[]
) as t

-- name: entries_of_record(practice_id, record_id)
select id, at, actor, action, record_kind, message_id, patient_id, via, address, session_id, emergency, sealed from audit_entries
where practice_id = :practice_id and record_id = :record_id order by id
