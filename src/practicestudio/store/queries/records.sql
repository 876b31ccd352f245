-- name: find_links(practice_id, kind, identities)
select identity, record_id, base, agreed_at, position from links where practice_id = :practice_id and kind = :kind and identity = any(:identities::uuid[])

-- name: put_links(practice_id, kind, identities, record_ids, bases, agreed_ats, positions, message_ids)!
insert into links (practice_id, kind, identity, record_id, base, agreed_at, position, message_id)
select :practice_id, :kind, t.*
from unnest(:identities::uuid[], :record_ids::uuid[], :bases::bytea[], :agreed_ats::timestamptz[], :positions::bigint[], :message_ids::uuid[]) as t
on conflict (practice_id, kind, identity) do update
set record_id = excluded.record_id, base = excluded.base, agreed_at = excluded.agreed_at, position = excluded.position,
    message_id = excluded.message_id

-- name: move_links(practice_id, kind, from_record, to_record)!
update links set record_id = :to_record where practice_id = :practice_id and kind = :kind and record_id = :from_record

-- name: drop_link(practice_id, kind, identity)!
delete from links where practice_id = :practice_id and kind = :kind and identity = :identity

-- name: links_of_record(practice_id, kind, record_id)
select identity, record_id, base, agreed_at, position, message_id from links
where practice_id = :practice_id and record_id = :record_id and kind = :kind order by agreed_at

-- name: lock_keys(keys)
-- Two workers that may be about to make the same person wait for each other; in one order, so never in a ring.
select pg_advisory_xact_lock(key) from unnest(:keys::bigint[]) as key order by key

-- name: lock_linking_shared(key)
select pg_advisory_xact_lock_shared(:key)

-- name: lock_linking(key)
select pg_advisory_xact_lock(:key)

-- name: match_candidates(practice_id, keys)
select key, patient_id from match_keys where practice_id = :practice_id and key = any(:keys::bigint[])

-- name: add_match_keys(practice_id, patient_ids, keys)!
insert into match_keys (practice_id, patient_id, key)
select :practice_id, t.* from unnest(:patient_ids::uuid[], :keys::bigint[]) as t

-- name: drop_match_keys(practice_id, patient_ids)!
delete from match_keys using patients p
where p.practice_id = :practice_id and p.id = any(:patient_ids::uuid[])
  and match_keys.practice_id = :practice_id and match_keys.key = any(p.match_keys) and match_keys.patient_id = p.id

-- name: read_patients(practice_id, ids)
select id, version, status, sealed, merged_into, created_at, changed_at from patients where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: lock_patients(practice_id, ids)
select id, version, status, sealed, merged_into, created_at, changed_at from patients
where practice_id = :practice_id and id = any(:ids::uuid[]) order by id for update

-- name: insert_patients(practice_id, ids, statuses, sealed, keys, firsts, middles, lasts)!
-- keys holds the keys of all patients; each patient's search keys and then match keys are a slice of it.
insert into patients (practice_id, id, status, sealed, search_keys, match_keys)
select :practice_id, id, status, sealed, (:keys::bigint[])[first + 1 : middle], (:keys::bigint[])[middle + 1 : last]
from unnest(:ids::uuid[], :statuses::text[], :sealed::bytea[], :firsts::integer[], :middles::integer[], :lasts::integer[])
    as t (id, status, sealed, first, middle, last)

-- name: update_patients(practice_id, ids, statuses, sealed, keys, firsts, middles, lasts, merged_intos)!
update patients set version = version + 1, status = t.status, sealed = t.sealed, merged_into = t.merged_into, changed_at = now(),
       search_keys = (:keys::bigint[])[t.first + 1 : t.middle], match_keys = (:keys::bigint[])[t.middle + 1 : t.last]
from unnest(:ids::uuid[], :statuses::text[], :sealed::bytea[], :firsts::integer[], :middles::integer[], :lasts::integer[], :merged_intos::uuid[])
    as t (id, status, sealed, first, middle, last, merged_into)
where patients.practice_id = :practice_id and patients.id = t.id

-- name: search_patients(keys, after, limit)
select id, version, status, sealed, merged_into, created_at, changed_at from search_patients(:keys::bigint[], :after, :limit)

-- name: count_patients(practice_id)$
select count(*) from patients where practice_id = :practice_id

-- name: read_appointments(practice_id, ids)
select id, version, sealed, created_at, changed_at from appointments where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: lock_appointments(practice_id, ids)
select id, version, sealed, created_at, changed_at from appointments where practice_id = :practice_id and id = any(:ids::uuid[]) order by id for update

-- name: insert_appointments(practice_id, ids, statuses, patient_ids, provider_ids, location_ids, type_ids, starts, ends, no_shows, sealed)!
insert into appointments (practice_id, id, status, patient_id, provider_id, location_id, type_id, start_time, end_time, no_show, sealed)
select :practice_id, t.*
from unnest(:ids::uuid[], :statuses::text[], :patient_ids::uuid[], :provider_ids::uuid[], :location_ids::uuid[], :type_ids::uuid[],
            :starts::timestamptz[], :ends::timestamptz[], :no_shows::boolean[], :sealed::bytea[]) as t

-- name: update_appointments(practice_id, ids, statuses, patient_ids, provider_ids, location_ids, type_ids, starts, ends, no_shows, sealed)!
update appointments set version = version + 1, changed_at = now(), status = t.status, patient_id = t.patient_id, provider_id = t.provider_id,
       location_id = t.location_id, type_id = t.type_id, start_time = t.start_time, end_time = t.end_time, no_show = t.no_show, sealed = t.sealed
from unnest(:ids::uuid[], :statuses::text[], :patient_ids::uuid[], :provider_ids::uuid[], :location_ids::uuid[], :type_ids::uuid[],
            :starts::timestamptz[], :ends::timestamptz[], :no_shows::boolean[], :sealed::bytea[])
    as t (id, status, patient_id, provider_id, location_id, type_id, start_time, end_time, no_show, sealed)
where appointments.practice_id = :practice_id and appointments.id = t.id

-- name: list_appointments_of(practice_id, patient_id)
select id, version, sealed, created_at, changed_at from appointments
where practice_id = :practice_id and patient_id = :patient_id order by start_time, id

-- name: appointments_of_patient(practice_id, patient_id)
select id, version, sealed, created_at, changed_at from appointments
where practice_id = :practice_id and patient_id = :patient_id order by id for update

-- name: unlinked_appointments(practice_id, patient_ids)
select id, version, sealed, created_at, changed_at from appointments a
where practice_id = :practice_id and patient_id = any(:patient_ids::uuid[]) and status <> 'cancelled'
  and not exists (select from links l where l.practice_id = :practice_id and l.kind = 'appointment' and l.record_id = a.id)
order by id for update

-- name: appointments_between(practice_id, start_time, end_time, provider_id, patient_id)
select id, version, sealed, created_at, changed_at from appointments
where practice_id = :practice_id and start_time >= :start_time and start_time < :end_time
  and (:provider_id::uuid is null or provider_id = :provider_id)
  and (:patient_id::uuid is null or patient_id = :patient_id)
order by start_time, id

-- name: count_appointments(practice_id)$
select count(*) from appointments where practice_id = :practice_id

-- name: outdate_reviews(practice_id, message_ids)!
update reviews set state = 'outdated', decided_at = now()
where practice_id = :practice_id and message_id = any(:message_ids::uuid[]) and state = 'open'

-- name: appointments_found(practice_id, start_time, end_time, statuses, after_time, after_id, limit)
-- Pages of appointments by start: of all, of one provider, of one patient. Each query has the index of its name.
select id, start_time from appointments
where practice_id = :practice_id and start_time < :end_time and (start_time, id) > (:after_time, :after_id) and start_time >= :start_time
  and (:statuses::text[] is null or status = any(:statuses))
order by start_time, id limit :limit

-- name: appointments_found_of_provider(practice_id, provider_id, start_time, end_time, statuses, after_time, after_id, limit)
select id, start_time from appointments
where practice_id = :practice_id and provider_id = :provider_id
  and start_time < :end_time and (start_time, id) > (:after_time, :after_id) and start_time >= :start_time
  and (:statuses::text[] is null or status = any(:statuses))
order by start_time, id limit :limit

-- name: appointments_found_of_patient(practice_id, patient_id, provider_id, start_time, end_time, statuses, after_time, after_id, limit)
select id, start_time from appointments
where practice_id = :practice_id and patient_id = :patient_id and (:provider_id::uuid is null or provider_id = :provider_id)
  and start_time < :end_time and (start_time, id) > (:after_time, :after_id) and start_time >= :start_time
  and (:statuses::text[] is null or status = any(:statuses))
order by start_time, id limit :limit
