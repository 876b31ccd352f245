-- name: start_run(practice_id, id, what, full_pull)^
-- A run that was broken off goes on where it stood.
insert into sync_runs (practice_id, id, what, full_pull, state) values (:practice_id, :id, :what, :full_pull, 'running')
on conflict (practice_id, id) do update set state = 'running', ended_at = null, error_code = null, error = null
returning place, counts

-- name: save_run(practice_id, id, place, counts)$
-- Returns where the log stands: what is asked for next is asked for after that.
update sync_runs set place = :place, counts = :counts where practice_id = :practice_id and id = :id
returning nextval('message_position')

-- name: end_run(practice_id, id, state, error_code, error)!
update sync_runs set state = :state, ended_at = now(), error_code = :error_code, error = :error where practice_id = :practice_id and id = :id

-- name: run(practice_id, id)^
select id, what, full_pull, state, place, counts, started_at, ended_at, error_code, error from sync_runs where practice_id = :practice_id and id = :id

-- name: runs(practice_id, limit)
select id, what, full_pull, state, place, counts, started_at, ended_at, error_code, error from sync_runs
where practice_id = :practice_id order by id desc limit :limit

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

-- name: job_message(practice_id, lane)^
-- The job's message that is in work, or else the one that failed last. By indexes that do not grow with the log.
(select id, state from messages
 where practice_id = :practice_id and lane = :lane and state in ('received', 'working', 'waiting') order by position limit 1)
union all
(select id, state from messages where practice_id = :practice_id and state = 'failed' and lane = :lane order by id desc limit 1)
limit 1

-- name: was_run(practice_id, what)$
select exists (select from sync_runs where practice_id = :practice_id and what = :what)
