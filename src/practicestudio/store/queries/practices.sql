-- name: insert_practice(practice_id, name, time_zone, athena_id)!
insert into practices (practice_id, name, time_zone, athena_id) values (:practice_id, :name, :time_zone, :athena_id)

-- name: list_practices()
select practice_id, name, time_zone, athena_id, created_at from practices order by athena_id, practice_id

-- name: configuration(practice_id)
select section, name, value, version, changed_at, changed_by from configuration where practice_id = :practice_id order by section, name

-- name: lock_configuration_row(practice_id, section, name)^
select value, version from configuration where practice_id = :practice_id and section = :section and name = :name for update

-- name: put_configuration(practice_id, section, name, value, changed_by)!
insert into configuration (practice_id, section, name, value, changed_by)
values (:practice_id, :section, :name, :value, :changed_by)
on conflict (practice_id, section, name)
do update set value = excluded.value, version = configuration.version + 1, changed_at = now(), changed_by = excluded.changed_by

-- name: drop_configuration(practice_id, section, name)!
delete from configuration where practice_id = :practice_id and section = :section and name = :name

-- name: insert_configuration_change(practice_id, id, section, name, before, after, changed_by)!
insert into configuration_history (practice_id, id, section, name, before, after, changed_by)
values (:practice_id, :id, :section, :name, :before, :after, :changed_by)

-- name: configuration_changes(practice_id, sections, before, limit)
-- The newest first, from behind `before`.
select id, section, name, before, after, changed_at, changed_by from configuration_history
where practice_id = :practice_id
  and (:sections::text[] is null or section = any(:sections::text[]))
  and (:before::uuid is null or id < :before)
order by id desc limit :limit

-- name: configuration_change(practice_id, id)^
select id, section, name, before, after, changed_at, changed_by from configuration_history where practice_id = :practice_id and id = :id

-- name: last_configuration_change(practice_id, section, name)^
select id, section, name, before, after, changed_at, changed_by from configuration_history
where practice_id = :practice_id and section = :section and name = :name order by id desc limit 1

-- name: change_practice(practice_id, name, time_zone)!
update practices set name = :name, time_zone = :time_zone where practice_id = :practice_id

-- name: put_credentials(practice_id, name, sealed, changed_by)!
insert into credentials (practice_id, name, sealed, changed_by) values (:practice_id, :name, :sealed, :changed_by)
on conflict (practice_id, name) do update set sealed = excluded.sealed, changed_at = now(), changed_by = excluded.changed_by

-- name: credentials(practice_id, name)^
select sealed, changed_at, changed_by from credentials where practice_id = :practice_id and name = :name

-- name: put_items(practice_id, kind, external_ids, ids, values)!
-- Items keep the id they were given first.
insert into practice_items (practice_id, kind, external_id, id, value)
select :practice_id, :kind, t.external_id, t.id, t.value
from unnest(:external_ids::text[], :ids::uuid[], :values::jsonb[]) as t (external_id, id, value)
on conflict (practice_id, kind, external_id) do update set value = excluded.value, retired_at = null

-- name: retire_items(practice_id, kind, external_ids)!
update practice_items set retired_at = now()
where practice_id = :practice_id and kind = :kind and retired_at is null and not external_id = any(:external_ids::text[])

-- name: items(practice_id)
select kind, external_id, id, value, retired_at is not null from practice_items where practice_id = :practice_id order by kind, external_id

-- name: put_schedule(practice_id, job, due_at)!
insert into schedules (practice_id, job, due_at) values (:practice_id, :job, :due_at)
on conflict (practice_id, job) do update set due_at = excluded.due_at

-- name: due_schedules(now)
select practice_id, job, due_at from schedules where due_at <= :now order by due_at for update skip locked

-- name: schedules(practice_id)
select job, due_at, last_started from schedules where practice_id = :practice_id order by job

-- name: start_schedule(practice_id, job, due_at, started)!
update schedules set due_at = :due_at, last_started = :started where practice_id = :practice_id and job = :job and due_at <= :started

-- name: drop_schedule(practice_id, job)!
delete from schedules where practice_id = :practice_id and job = :job

-- name: bump_setup(practice_id)!
insert into setup_versions (practice_id) values (:practice_id) on conflict (practice_id) do update set version = setup_versions.version + 1

-- name: setup_version(practice_id)$
select version from setup_versions where practice_id = :practice_id

-- name: practice(practice_id)^
select practice_id, name, time_zone, athena_id, created_at from practices where practice_id = :practice_id

-- name: lock_practice(practice_id)^
select practice_id, name, time_zone, athena_id, created_at from practices where practice_id = :practice_id for update
