-- name: start_run(practice_id, id, what, full_pull)^
-- A run that was broken off goes on where it stood.
insert into sync_runs (practice_id, id, what, full_pull, state) values (:practice_id, :id, :what, :full_pull, 'running')
on conflict (practice_id, id) do update set state = 'running', ended_at = null, error_code = null, error = null, stop_wanted_by = null
returning place, counts

-- name: save_run(practice_id, id, place, counts)^
-- Returns where the log stands: what is asked for next is asked for after that; and who wants the run stopped.
update sync_runs set place = :place, counts = :counts where practice_id = :practice_id and id = :id
returning nextval('message_position'), stop_wanted_by

-- name: end_open_run(practice_id, id, error_code, error)!
-- A run that goes on later, stopped for good until somebody wants it.
update sync_runs set state = 'stopped', ended_at = now(), error_code = :error_code, error = :error
where practice_id = :practice_id and id = :id and state in ('running', 'stopped')

-- name: want_stop(practice_id, id, by)!
update sync_runs set stop_wanted_by = :by where practice_id = :practice_id and id = :id and state = 'running'

-- name: end_run(practice_id, id, state, error_code, error)!
update sync_runs set state = :state, ended_at = now(), error_code = :error_code, error = :error where practice_id = :practice_id and id = :id

-- name: run(practice_id, id)^
select id, what, full_pull, state, place, counts, started_at, ended_at, error_code, error from sync_runs where practice_id = :practice_id and id = :id

-- name: runs(practice_id, before, limit)
select id, what, full_pull, state, place, counts, started_at, ended_at, error_code, error from sync_runs
where practice_id = :practice_id and (:before::uuid is null or id < :before) order by id desc limit :limit

-- name: feed(practice_id, feed)^
select subscribed_at, active_since, reading_since, read_until from feeds where practice_id = :practice_id and feed = :feed

-- name: put_subscribed(practice_id, feed)!
insert into feeds (practice_id, feed, subscribed_at) values (:practice_id, :feed, now())
on conflict (practice_id, feed) do update set subscribed_at = now()

-- name: put_active(practice_id, feed)!
insert into feeds (practice_id, feed, active_since) values (:practice_id, :feed, now())
on conflict (practice_id, feed) do update set active_since = now()

-- name: begin_reading(practice_id, feed, since)$
update feeds set reading_since = coalesce(reading_since, :since) where practice_id = :practice_id and feed = :feed
returning nextval('message_position')

-- name: end_reading(practice_id, feed, until)!
update feeds set reading_since = null, read_until = :until where practice_id = :practice_id and feed = :feed

-- name: job_message(practice_id, kind, lane)^
-- The job's message that is in work, or else the one that failed last. By indexes that do not grow with the log, nor with what else has failed.
with stuck as materialized (
    select id, state from messages where practice_id = :practice_id and kind = :kind and state in ('failed', 'parked') and lane = :lane
)
(select id, state from messages
 where practice_id = :practice_id and lane = :lane and state in ('received', 'working', 'waiting') order by position limit 1)
union all
(select id, state from stuck order by id desc limit 1)
limit 1

-- name: latest_jobs(practice_id, kinds, states)
-- Of each kind of job the newest message in each state: the counts tell the hour in which it is, and only that hour is looked at.
select m.* from (
    select kind, state, max(hour) as hour from (
        select kind, state, hour from message_counts
        where practice_id = :practice_id and kind = any(:kinds::text[]) and state = any(:states::text[])
        group by kind, state, hour having sum(messages) > 0
    ) as there group by kind, state
) as newest cross join lateral (
    select id, kind, state, received_at, finished_at, due_at, tries, error, decided_by from messages
    where practice_id = :practice_id and kind = newest.kind and state = newest.state
      and id >= first_id_of_hour(newest.hour) and id < first_id_of_hour(newest.hour + 1)
    order by id desc limit 1
) as m

-- name: job_history(practice_id, kinds, states, before, limit)
-- The newest jobs before an id, each with its run, if it had one. The counts tell how many hours back there are enough of them.
with there as (
    select hour, case when hour = hour_of(:before::uuid) then 0 else sum(messages) end as messages from message_counts
    where practice_id = :practice_id and kind = any(:kinds::text[]) and state = any(:states::text[])
      and (:before::uuid is null or hour <= hour_of(:before::uuid))
    group by hour having sum(messages) > 0
), back as (
    select hour, sum(messages) over (order by hour desc) as messages from there
), first as (
    select coalesce(max(hour) filter (where messages >= :limit), min(hour)) as hour from back
)
select m.id, m.kind, m.state, m.received_at, m.finished_at, m.due_at, m.tries, m.error, m.decided_by, r.state, r.counts
from first cross join lateral (
    select id, kind, state, received_at, finished_at, due_at, tries, error, decided_by from messages
    where practice_id = :practice_id and kind = any(:kinds::text[]) and state = any(:states::text[])
      and id >= first_id_of_hour(first.hour) and (:before::uuid is null or id < :before)
    order by id desc limit :limit
) as m left join sync_runs r on r.practice_id = :practice_id and r.id = m.id order by m.id desc

-- name: feeds(practice_id)
select feed, subscribed_at, active_since, reading_since, read_until from feeds where practice_id = :practice_id

-- name: schedule_stands(practice_id)
select job, due_at, last_started from schedules where practice_id = :practice_id

-- name: was_run(practice_id, what)$
select exists (select from sync_runs where practice_id = :practice_id and what = :what)
