-- name: doors(practice_id, first_hour)
-- The newest hour in which each door received, and in which it sent. What only asks is neither.
select door, direction, max(hour) from (
    select door, direction, hour from message_counts
    where practice_id = :practice_id and hour >= :first_hour and (direction = 'in' or not only_asks(kind) and state = 'done')
    group by door, direction, hour having sum(messages) > 0
) as t group by door, direction order by door, direction

-- name: last_received(practice_id, door, since, before)$
select received_at from messages
where practice_id = :practice_id and id >= :since and id < :before and direction = 'in' and door = :door order by id desc limit 1

-- name: last_sent(practice_id, door, since, before)$
select max(finished_at) from messages
where practice_id = :practice_id and id >= :since and id < :before and direction = 'out' and door = :door and state = 'done' and not only_asks(kind)

-- name: recent(practice_id, since, limit)
-- The newest messages since then, at most so many, by direction: how many, how many of the last five minutes, since when, and how long half of
-- them, and 95 % of them, took from received to finished.
select direction, count(*), count(*) filter (where received_at >= now() - interval '5 minutes'), min(received_at),
       percentile_cont(0.5) within group (order by seconds), percentile_cont(0.95) within group (order by seconds)
from (
    select direction, received_at, case when state = 'done' then extract(epoch from finished_at - received_at)::double precision end as seconds
    from messages where practice_id = :practice_id and id >= :since and (direction = 'in' or not only_asks(kind)) order by id desc limit :limit
) as t group by direction

-- name: trend(practice_id, first_hour)
-- By hour: received, sent, and apart from them what failed or waits for a person.
select hour, (sum(messages) filter (where direction = 'in' and state not in ('failed', 'parked')))::bigint,
       (sum(messages) filter (where direction = 'out' and state not in ('failed', 'parked')))::bigint,
       (sum(messages) filter (where state in ('failed', 'parked')))::bigint
from message_counts
where practice_id = :practice_id and hour >= :first_hour and (direction = 'in' or not only_asks(kind)) group by hour having sum(messages) > 0 order by hour

-- name: open_counts(practice_id)
-- What is not finished, or needs a person, by state.
select state, sum(messages)::bigint from message_counts
where practice_id = :practice_id and state in ('received', 'working', 'waiting', 'failed', 'parked') group by state having sum(messages) > 0

-- name: counts(practice_id)
-- All messages by door, direction and state.
select door, direction, state, sum(messages)::bigint from message_counts where practice_id = :practice_id group by 1, 2, 3 having sum(messages) > 0

-- name: lanes(practice_id, now)^
-- Since when the lane waits for a worker that waits longest; how many lanes are held.
select min(due_at) filter (where due_at <= :now), count(*) filter (where held_because is not null) from lanes where practice_id = :practice_id

-- name: failed_since(practice_id, since)$
select count(*) from messages where practice_id = :practice_id and state = 'failed' and finished_at >= :since

-- name: calls_answered(practice_id, since)^
-- Calls since then: how many, how many of them went well, and when the newest did.
select count(*), count(*) filter (where error_code is null), max(id::text) filter (where error_code is null)
from tries where practice_id = :practice_id and id >= :since and method is not null

-- name: oldest_review(practice_id)^
select count(*), min(created_at) from reviews where practice_id = :practice_id and state = 'open'

-- name: late_job(practice_id, before)^
-- The job that should have been started longest ago.
select job, due_at from schedules where practice_id = :practice_id and due_at < :before order by due_at limit 1

-- name: token(credential)^
select expires_at, refused_until, refused_why from tokens where credential = :credential

-- name: begin_round(practice_id, now, every)$
-- A row for the one process that may look now.
insert into monitor_rounds (practice_id, begun_at) values (:practice_id, :now)
on conflict (practice_id) do update set begun_at = excluded.begun_at where monitor_rounds.begun_at <= excluded.begun_at - :every::interval
returning true

-- name: lock_round()$
select pg_try_advisory_xact_lock(hashtext('practicestudio monitor'))

-- name: end_round(practice_id, now, faults)!
update monitor_rounds set ended_at = :now, faults = :faults where practice_id = :practice_id

-- name: last_round(practice_id)^
select begun_at, ended_at, faults from monitor_rounds where practice_id = :practice_id

-- name: applied_migrations()
select applied_migrations()

-- name: emergencies(of_practice, now)
select id, started_at from emergencies where at_practice = :of_practice and ends_at > :now and started_at <= :now order by id desc limit 20
