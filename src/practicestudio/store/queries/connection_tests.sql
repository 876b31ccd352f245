-- name: begin_test(practice_id, id, door, asked_by)!
insert into connection_tests (practice_id, id, door, asked_by, state) values (:practice_id, :id, :door, :asked_by, 'running')

-- name: add_step(practice_id, id, step)!
update connection_tests set steps = steps || :step::jsonb where practice_id = :practice_id and id = :id

-- name: end_test(practice_id, id, state, seconds, certificate_ends)!
update connection_tests set state = :state, seconds = :seconds, certificate_ends = :certificate_ends where practice_id = :practice_id and id = :id

-- name: running_test(practice_id, door, since)$
select id from connection_tests where practice_id = :practice_id and id >= :since and door = :door and state = 'running' order by id desc limit 1

-- name: test(practice_id, id)^
select id, door, asked_by, state, steps, started_at, seconds, certificate_ends from connection_tests where practice_id = :practice_id and id = :id

-- name: tests(practice_id, door, before, limit)
select id, door, asked_by, state, steps, started_at, seconds, certificate_ends from connection_tests
where practice_id = :practice_id and door = :door and (:before::uuid is null or id < :before) order by id desc limit :limit

-- name: last_test(practice_id, door)^
select id, door, asked_by, state, steps, started_at, seconds, certificate_ends from connection_tests
where practice_id = :practice_id and door = :door and state <> 'running' order by id desc limit 1

-- name: drop_tests(practice_id, door, keep, daily_since)!
-- Of what is older than the newest `keep`, the last test of each day (GMT) stays, for those since `daily_since`.
delete from connection_tests old
where practice_id = :practice_id and door = :door
  and id < (select id from connection_tests where practice_id = :practice_id and door = :door order by id desc offset :keep - 1 limit 1)
  and (started_at < :daily_since or exists (
      select from connection_tests later
      where later.practice_id = :practice_id and later.door = :door and later.id > old.id
        and (later.started_at at time zone 'UTC')::date = (old.started_at at time zone 'UTC')::date
  ))
