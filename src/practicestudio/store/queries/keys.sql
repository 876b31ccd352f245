-- name: enter_practice(practice)^
select newest, active, now() from enter_practice(:practice)

-- name: data_keys(practice_id)
select purpose, key_id, kek_id, wrapped, retired_at is not null from data_keys where practice_id = :practice_id order by purpose, key_id

-- name: insert_data_key(practice_id, purpose, key_id, kek_id, wrapped, retired)!
insert into data_keys (practice_id, purpose, key_id, kek_id, wrapped, retired_at)
values (:practice_id, :purpose, :key_id, :kek_id, :wrapped, case when :retired then now() end) on conflict do nothing

-- name: newest_keys()
-- Of each practice the number of data keys, the newest, the one that seals, and whether nothing is left to be sealed anew under it.
select practice_id, count(*), max(key_id), max(key_id) filter (where retired_at is null),
       count(*) = 1 or bool_or(retired_at is null and resealed_at is not null)
from data_keys where purpose = 'data' group by practice_id order by practice_id

-- name: mark_resealed(practice_id, key_id)!
update data_keys set resealed_at = coalesce(resealed_at, now()) where practice_id = :practice_id and purpose = 'data' and key_id = :key_id

-- name: practices_under_others(kek_id)
select distinct practice_id from data_keys where kek_id <> :kek_id order by practice_id

-- name: rewrap_key(practice_id, purpose, key_id, kek_id, wrapped)!
update data_keys set kek_id = :kek_id, wrapped = :wrapped
where practice_id = :practice_id and purpose = :purpose and key_id = :key_id and kek_id <> :kek_id

-- name: count_wrapped()
select kek_id, count(*) from data_keys group by kek_id order by kek_id

-- name: activate_newest(practice_ids)!
-- All in one statement: at any time exactly one data key of a practice seals.
update data_keys set retired_at = case when data_keys.key_id = newest.key_id then null else coalesce(retired_at, now()) end
from (select practice_id, max(key_id) as key_id from data_keys where purpose = 'data' group by practice_id) as newest
where data_keys.practice_id = newest.practice_id and purpose = 'data' and data_keys.practice_id = any(:practice_ids::uuid[])

-- name: drop_data_key(practice_id, key_id)!
delete from data_keys where practice_id = :practice_id and purpose = 'data' and key_id = :key_id and retired_at is not null

-- name: key_readers()
-- Transactions that have looked at the keys and not ended.
select virtualtransaction from pg_locks
where locktype = 'relation' and relation = 'data_keys'::regclass and granted and pid <> pg_backend_pid()
  and database = (select oid from pg_database where datname = current_database())

-- name: begin_rotation()$
select pg_try_advisory_xact_lock(hashtext('practicestudio keys'))
