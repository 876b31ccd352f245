-- name: soft_commit()!
-- What is lost of a rate's count by a crash is less than a second's.
set local synchronous_commit = off

-- name: take_call(key_id, interval, window)^
-- The generic cell rate algorithm: every call moves the time at which all is free again by one interval, and is refused where that would be
-- further ahead than the window. Whether it was taken, and how far ahead that time is now.
with taken as (
    insert into api_rates as rate (key_id, free_at) values (:key_id, clock_timestamp() + :interval::interval)
    on conflict (key_id) do update set free_at = greatest(rate.free_at, clock_timestamp()) + :interval::interval
    where greatest(rate.free_at, clock_timestamp()) + :interval::interval <= clock_timestamp() + :window::interval
    returning free_at
)
select true, free_at - clock_timestamp() from taken
union all
select false, free_at - clock_timestamp() from api_rates where key_id = :key_id and not exists (select from taken)

-- name: try_lock(key)$
select pg_try_advisory_xact_lock(:key)

-- name: kept_answer(practice_id, key_id, token, since)^
select id, request, sealed from api_answers where practice_id = :practice_id and key_id = :key_id and token = :token and made_at >= :since

-- name: keep_answer(practice_id, key_id, token, id, request, sealed)!
insert into api_answers (practice_id, key_id, token, id, request, sealed) values (:practice_id, :key_id, :token, :id, :request, :sealed)
on conflict (practice_id, key_id, token) do update
set id = excluded.id, request = excluded.request, sealed = excluded.sealed, made_at = excluded.made_at

-- name: drop_old_answers(practice_id, before)!
delete from api_answers where practice_id = :practice_id and made_at < :before
