-- name: start_run(practice_id, id, what, full_pull)^
-- A run that was broken off goes on where it stood.
insert into sync_runs (practice_id, id, what, full_pull, state) values (:practice_id, :id, :what, :full_pull, 'running')
on conflict (practice_id, id) do update set state = 'running', error_code = null, error = null
returning place, counts

-- name: save_run(practice_id, id, place, counts)!
update sync_runs set place = :place, counts = :counts where practice_id = :practice_id and id = :id

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

-- name: begin_reading(practice_id, feed, since)!
update feeds set reading_since = coalesce(reading_since, :since) where practice_id = :practice_id and feed = :feed

-- name: end_reading(practice_id, feed, until)!
update feeds set reading_since = null, read_until = :until, active_since = coalesce(active_since, now()) where practice_id = :practice_id and feed = :feed

-- name: last_job_message(practice_id, kind)^
select id, state from messages where practice_id = :practice_id and kind = :kind and direction = 'out' order by id desc limit 1
