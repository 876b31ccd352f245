-- name: stand(credential)^
select day, day_used, day_remaining from rate_limits where credential = :credential

-- name: calls_by_second(practice_id, since, before)
-- The time of a try is in its id. Requests for tokens have a limit of their own.
select to_timestamp((('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000)::double precision), count(*)
from tries where practice_id = :practice_id and id >= :since and id < :before and method is not null and operation <> 'token' group by 1

-- name: samples(practice_id, credential, since)
select minute, day, day_used, day_left, calls, busiest_second from limit_use
where practice_id = :practice_id and credential = :credential and minute >= :since order by minute

-- name: put_sample(practice_id, credential, minute, day, day_used, day_left, calls, busiest_second)!
insert into limit_use (practice_id, credential, minute, day, day_used, day_left, calls, busiest_second)
values (:practice_id, :credential, :minute, :day, :day_used, :day_left, :calls, :busiest_second)
on conflict (practice_id, credential, minute) do update set
    day = excluded.day, day_used = excluded.day_used, day_left = excluded.day_left, calls = excluded.calls, busiest_second = excluded.busiest_second

-- name: drop_samples(practice_id, before)!
delete from limit_use where practice_id = :practice_id and minute < :before
