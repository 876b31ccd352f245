-- name: whereabouts(practice_id, states, kinds, direction, door, error_code, error, first_hour, last_hour, limit)
-- The newest hours that have messages that fit, by kind and state.
select hour, kind, state, sum(messages)::bigint from message_counts
where practice_id = :practice_id and hour >= :first_hour and hour <= :last_hour
  and (:states::text[] is null or state = any(:states::text[]))
  and (:kinds::text[] is null or kind = any(:kinds::text[]))
  and (:direction::text is null or direction = :direction)
  and (:door::text is null or door = :door)
  and (:error_code::text is null or error_code = :error_code)
  and (:error::text is null or error = :error)
group by hour, kind, state having sum(messages) > 0 order by hour desc limit :limit

-- name: whereabouts_from(practice_id, states, kinds, direction, door, error_code, error, first_hour, last_hour, limit)
-- The same from the oldest on.
select hour, kind, state, sum(messages)::bigint from message_counts
where practice_id = :practice_id and hour >= :first_hour and hour <= :last_hour
  and (:states::text[] is null or state = any(:states::text[]))
  and (:kinds::text[] is null or kind = any(:kinds::text[]))
  and (:direction::text is null or direction = :direction)
  and (:door::text is null or door = :door)
  and (:error_code::text is null or error_code = :error_code)
  and (:error::text is null or error = :error)
group by hour, kind, state having sum(messages) > 0 order by hour limit :limit

-- name: in_stretches(practice_id, of_kinds, of_states, sinces, befores, direction, door, error_code, error, limit)
-- The newest messages of these stretches.
select m.id from unnest(:of_kinds::text[], :of_states::text[], :sinces::uuid[], :befores::uuid[]) as s (kind, state, since, before)
cross join lateral (
    select id from messages
    where practice_id = :practice_id and kind = s.kind and state = s.state and id >= s.since and id < s.before
      and (:direction::text is null or direction = :direction)
      and (:door::text is null or door = :door)
      and (:error_code::text is null or error_code = :error_code)
      and (:error::text is null or error = :error)
    order by id desc limit :limit
) as m
order by m.id desc limit :limit

-- name: in_stretches_from(practice_id, of_kinds, of_states, sinces, befores, direction, door, error_code, error, limit)
-- The oldest messages of these stretches.
select m.id from unnest(:of_kinds::text[], :of_states::text[], :sinces::uuid[], :befores::uuid[]) as s (kind, state, since, before)
cross join lateral (
    select id from messages
    where practice_id = :practice_id and kind = s.kind and state = s.state and id >= s.since and id < s.before
      and (:direction::text is null or direction = :direction)
      and (:door::text is null or door = :door)
      and (:error_code::text is null or error_code = :error_code)
      and (:error::text is null or error = :error)
    order by id limit :limit
) as m
order by m.id limit :limit

-- name: of_run(practice_id, run_id, of_states, kinds, direction, door, error_code, error, since, before, limit)
-- The newest messages of a run.
select m.id from unnest(:of_states::text[]) as s (state)
cross join lateral (
    select id from messages
    where practice_id = :practice_id and run_id = :run_id::uuid and state = s.state and id >= :since and id < :before
      and (:kinds::text[] is null or kind = any(:kinds::text[]))
      and (:direction::text is null or direction = :direction)
      and (:door::text is null or door = :door)
      and (:error_code::text is null or error_code = :error_code)
      and (:error::text is null or error = :error)
    order by id desc limit :limit
) as m
order by m.id desc limit :limit

-- name: of_run_from(practice_id, run_id, of_states, kinds, direction, door, error_code, error, since, before, limit)
-- The oldest messages of a run.
select m.id from unnest(:of_states::text[]) as s (state)
cross join lateral (
    select id from messages
    where practice_id = :practice_id and run_id = :run_id::uuid and state = s.state and id >= :since and id < :before
      and (:kinds::text[] is null or kind = any(:kinds::text[]))
      and (:direction::text is null or direction = :direction)
      and (:door::text is null or door = :door)
      and (:error_code::text is null or error_code = :error_code)
      and (:error::text is null or error = :error)
    order by id limit :limit
) as m
order by m.id limit :limit

-- name: related(practice_id, record_id, patient_id, cause_id, retry_of, states, kinds, direction, door, error_code, error, since, before)
-- All messages of this record, of this patient and the patient's appointments, caused by this message, or copied from it; the newest first.
with found as materialized (
    select id, state, kind, direction, door, error_code, error from messages
    where practice_id = :practice_id and record_id = :record_id::uuid and id >= :since and id < :before
    union all
    select id, state, kind, direction, door, error_code, error from messages
    where practice_id = :practice_id and id >= :since and id < :before and record_id = any(array(
        select a.id from appointments a where a.practice_id = :practice_id and a.patient_id = :patient_id::uuid
        union all select :patient_id::uuid where :patient_id::uuid is not null))
    union all
    select id, state, kind, direction, door, error_code, error from messages
    where practice_id = :practice_id and cause_id = :cause_id::uuid and id >= :since and id < :before
    union all
    select id, state, kind, direction, door, error_code, error from messages
    where practice_id = :practice_id and retry_of = :retry_of::uuid and id >= :since and id < :before
)
select id, state from found
where true
  and (:states::text[] is null or state = any(:states::text[]))
  and (:kinds::text[] is null or kind = any(:kinds::text[]))
  and (:direction::text is null or direction = :direction)
  and (:door::text is null or door = :door)
  and (:error_code::text is null or error_code = :error_code)
  and (:error::text is null or error = :error)
order by id desc

-- name: entries(practice_id, ids)
select m.id, m.received_at, m.direction, m.door, m.kind, m.lane, m.urgency, m.state, m.tries, m.due_at, m.sent_at, m.finished_at,
       m.error_code, m.error, m.record_id, m.run_id, m.cause_id, m.retry_of, m.decided_by
from unnest(:ids::uuid[]) as wanted (id) cross join lateral (select * from messages where practice_id = :practice_id and id = wanted.id) as m
order by m.id desc

-- name: scan(practice_id, states, kinds, direction, door, error_code, error, since, before, limit)
-- For whoever reads the whole log: the newest messages before an id.
select id, received_at, direction, door, kind, lane, urgency, state, tries, due_at, sent_at, finished_at, error_code, error, record_id, run_id,
       cause_id, retry_of, decided_by
from messages
where practice_id = :practice_id and id >= :since and id < :before
  and (:states::text[] is null or state = any(:states::text[]))
  and (:kinds::text[] is null or kind = any(:kinds::text[]))
  and (:direction::text is null or direction = :direction)
  and (:door::text is null or door = :door)
  and (:error_code::text is null or error_code = :error_code)
  and (:error::text is null or error = :error)
order by id desc limit :limit

-- name: count_fitting(practice_id, states, kinds, direction, door, error_code, error, starts, start_ids, first_hour, last_hour, since, head_end, tail_start, before)
-- How many messages fit, by bucket and state. starts: the first hour of each bucket, start_ids: its first id; what comes before is of bucket 0.
-- Whole hours are told by the counts; what is before head_end and behind tail_start is counted itself.
select bucket, state, sum(messages)::bigint from (
    select width_bucket(hour, :starts::integer[]) as bucket, state, messages, kind, direction, door, error_code, error from message_counts
    where practice_id = :practice_id and hour >= :first_hour and hour < :last_hour
    union all
    select width_bucket(id, :start_ids::uuid[]), state, 1, kind, direction, door, error_code, error from messages
    where practice_id = :practice_id and id >= :since and id < :head_end
    union all
    select width_bucket(id, :start_ids::uuid[]), state, 1, kind, direction, door, error_code, error from messages
    where practice_id = :practice_id and id >= :tail_start and id < :before
) as t
where true
  and (:states::text[] is null or state = any(:states::text[]))
  and (:kinds::text[] is null or kind = any(:kinds::text[]))
  and (:direction::text is null or direction = :direction)
  and (:door::text is null or door = :door)
  and (:error_code::text is null or error_code = :error_code)
  and (:error::text is null or error = :error)
group by 1, 2 having sum(messages) > 0

-- name: count_of_run(practice_id, run_id, states, kinds, direction, door, error_code, error, start_ids, since, before)
-- The same for a run.
select width_bucket(id, :start_ids::uuid[]), state, count(*) from messages
where practice_id = :practice_id and run_id = :run_id::uuid and id >= :since and id < :before
  and (:states::text[] is null or state = any(:states::text[]))
  and (:kinds::text[] is null or kind = any(:kinds::text[]))
  and (:direction::text is null or direction = :direction)
  and (:door::text is null or door = :door)
  and (:error_code::text is null or error_code = :error_code)
  and (:error::text is null or error = :error)
group by 1, 2

-- name: count_of_whole_run(practice_id, run_id, start_ids, since, before)
-- The same for a run that nothing narrows: its index tells it.
select width_bucket(id, :start_ids::uuid[]), state, count(*) from messages
where practice_id = :practice_id and run_id = :run_id and id >= :since and id < :before
group by 1, 2

-- name: choices(practice_id, first_hour)
-- What there is to choose from, with its counts: kinds, doors and error codes since an hour.
select kind, door, error_code, sum(messages)::bigint from message_counts
where practice_id = :practice_id and hour >= :first_hour
group by grouping sets ((kind), (door), (error_code)) having sum(messages) > 0

-- name: lock_counts()
select pg_advisory_xact_lock(hashtext('practicestudio counts'))

-- name: fold_message_counts()!
-- Adds up what stands in several rows.
with many as (
    select practice_id, hour from message_counts
    group by practice_id, hour, direction, door, kind, state, error_code, error having count(*) > 1 or sum(messages) = 0
), gone as (
    delete from message_counts using (select distinct practice_id, hour from many) as m
    where message_counts.practice_id = m.practice_id and message_counts.hour = m.hour
    returning message_counts.*
)
insert into message_counts
select practice_id, hour, direction, door, kind, state, error_code, error, sum(messages)
from gone group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(messages) <> 0

-- name: fold_call_counts()!
with many as (
    select practice_id, hour from call_counts
    group by practice_id, hour, operation, method, path_template, status, error_code having count(*) > 1
), gone as (
    delete from call_counts using (select distinct practice_id, hour from many) as m
    where call_counts.practice_id = m.practice_id and call_counts.hour = m.hour
    returning call_counts.*
)
insert into call_counts
select practice_id, hour, operation, method, path_template, status, error_code, sum(calls), sum(duration_ms)
from gone group by 1, 2, 3, 4, 5, 6, 7

-- name: call_whereabouts(practice_id, operation, path_template, answers, error_code, first_hour, last_hour, limit)
-- The newest hours that have calls that fit, by operation.
select hour, operation, sum(calls)::bigint from call_counts
where practice_id = :practice_id and hour >= :first_hour and hour <= :last_hour and method is not null
  and (:operation::text is null or operation = :operation)
  and (:path_template::text is null or path_template = :path_template)
  and (:answers::smallint[] is null or coalesce(status / 100, 0) = any(:answers::smallint[]))
  and (:error_code::text is null or error_code = :error_code)
group by hour, operation order by hour desc limit :limit

-- name: call_whereabouts_from(practice_id, operation, path_template, answers, error_code, first_hour, last_hour, limit)
-- The same from the oldest on.
select hour, operation, sum(calls)::bigint from call_counts
where practice_id = :practice_id and hour >= :first_hour and hour <= :last_hour and method is not null
  and (:operation::text is null or operation = :operation)
  and (:path_template::text is null or path_template = :path_template)
  and (:answers::smallint[] is null or coalesce(status / 100, 0) = any(:answers::smallint[]))
  and (:error_code::text is null or error_code = :error_code)
group by hour, operation order by hour limit :limit

-- name: calls_in_stretches(practice_id, operations, sinces, befores, path_template, answers, error_code, limit)
select t.id, t.message_id, t.run_id, t.operation, t.method, t.path_template, t.status, t.duration_ms, t.error_code, t.request_id, t.remaining_today, t.urgency
from unnest(:operations::text[], :sinces::uuid[], :befores::uuid[]) as s (operation, since, before)
cross join lateral (
    select * from tries
    where practice_id = :practice_id and operation = s.operation and id >= s.since and id < s.before and method is not null
      and (:path_template::text is null or path_template = :path_template)
      and (:answers::smallint[] is null or coalesce(status / 100, 0) = any(:answers::smallint[]))
      and (:error_code::text is null or error_code = :error_code)
    order by id desc limit :limit
) as t
order by t.id desc limit :limit

-- name: calls_in_stretches_from(practice_id, operations, sinces, befores, path_template, answers, error_code, limit)
select t.id, t.message_id, t.run_id, t.operation, t.method, t.path_template, t.status, t.duration_ms, t.error_code, t.request_id, t.remaining_today, t.urgency
from unnest(:operations::text[], :sinces::uuid[], :befores::uuid[]) as s (operation, since, before)
cross join lateral (
    select * from tries
    where practice_id = :practice_id and operation = s.operation and id >= s.since and id < s.before and method is not null
      and (:path_template::text is null or path_template = :path_template)
      and (:answers::smallint[] is null or coalesce(status / 100, 0) = any(:answers::smallint[]))
      and (:error_code::text is null or error_code = :error_code)
    order by id limit :limit
) as t
order by t.id limit :limit

-- name: scan_calls(practice_id, operation, path_template, answers, error_code, since, before, limit)
-- For whoever reads the whole log: the newest calls before an id.
select id, message_id, run_id, operation, method, path_template, status, duration_ms, error_code, request_id, remaining_today, urgency
from tries
where practice_id = :practice_id and id >= :since and id < :before and method is not null
  and (:operation::text is null or operation = :operation)
  and (:path_template::text is null or path_template = :path_template)
  and (:answers::smallint[] is null or coalesce(status / 100, 0) = any(:answers::smallint[]))
  and (:error_code::text is null or error_code = :error_code)
order by id desc limit :limit

-- name: count_calls(practice_id, operation, path_template, answers, error_code, starts, start_ids, first_hour, last_hour, since, head_end, tail_start, before)
-- As count_fitting: how many calls fit, by bucket and answer.
select bucket, coalesce(status / 100, 0), sum(calls)::bigint from (
    select width_bucket(hour, :starts::integer[]) as bucket, calls, operation, method, path_template, status, error_code from call_counts
    where practice_id = :practice_id and hour >= :first_hour and hour < :last_hour
    union all
    select width_bucket(id, :start_ids::uuid[]), 1, operation, method, path_template, status, error_code from tries
    where practice_id = :practice_id and id >= :since and id < :head_end
    union all
    select width_bucket(id, :start_ids::uuid[]), 1, operation, method, path_template, status, error_code from tries
    where practice_id = :practice_id and id >= :tail_start and id < :before
) as t
where method is not null
  and (:operation::text is null or operation = :operation)
  and (:path_template::text is null or path_template = :path_template)
  and (:answers::smallint[] is null or coalesce(status / 100, 0) = any(:answers::smallint[]))
  and (:error_code::text is null or error_code = :error_code)
group by 1, 2

-- name: endpoints(practice_id, first_hour)
-- What was asked of athenahealth since an hour: how often, how often in vain, and how long it took in all.
select operation, method, path_template, sum(calls)::bigint, coalesce(sum(calls) filter (where error_code is not null), 0)::bigint, sum(duration_ms)
from call_counts where practice_id = :practice_id and hour >= :first_hour and method is not null
group by operation, method, path_template order by sum(calls) desc

-- name: bodies(practice_id, since, before, largest)
-- The sealed bodies of a part of the log; null where one is so large that it is better read by itself.
select part, uuid_send(message_id), case when octet_length(sealed) <= :largest then sealed end from message_bodies
where practice_id = :practice_id and message_id >= :since and message_id < :before

-- name: bodies_of_fitting(practice_id, since, before, largest, states, kinds, direction, door, error_code, error)
-- The same of the messages that fit.
select b.part, uuid_send(b.message_id), case when octet_length(b.sealed) <= :largest then b.sealed end
from messages m join message_bodies b on b.practice_id = m.practice_id and b.message_id = m.id
where m.practice_id = :practice_id and m.id >= :since and m.id < :before
  and b.practice_id = :practice_id and b.message_id >= :since and b.message_id < :before
  and (:states::text[] is null or m.state = any(:states::text[]))
  and (:kinds::text[] is null or m.kind = any(:kinds::text[]))
  and (:direction::text is null or m.direction = :direction)
  and (:door::text is null or m.door = :door)
  and (:error_code::text is null or m.error_code = :error_code)
  and (:error::text is null or m.error = :error)

-- name: body(practice_id, message_id, part)$
select sealed from message_bodies where practice_id = :practice_id and message_id = :message_id and part = :part

-- name: part(practice_id, since, before, messages)^
-- A part of the log that ends at `before`: its first id, and how many messages it has, at most so many.
select (array_agg(id))[count(*)], count(*) from (
    select id from messages where practice_id = :practice_id and id >= :since and id < :before order by id desc limit :messages
) as t having count(*) > 0

-- name: failures(practice_id, starts, first_hour)
-- How often a try failed, by bucket of time and error code, whatever became of the message since. starts: the first hour of each.
select width_bucket(hour, :starts::integer[]), error_code, sum(calls)::bigint from call_counts
where practice_id = :practice_id and hour >= :first_hour and error_code is not null
group by 1, 2

-- name: error_groups(practice_id, states, kinds, error_code, error, first_hour, last_hour)
-- The error queue by cause, told by the counts, with the newest message of each and the oldest.
with groups as (
    select kind, state, error_code, error, sum(messages)::bigint as messages, min(hour) as first, max(hour) as last from (
        select kind, state, error_code, error, hour, sum(messages) as messages from message_counts
        where practice_id = :practice_id and state in ('failed', 'parked') and hour >= :first_hour and hour < :last_hour
          and (:states::text[] is null or state = any(:states::text[]))
          and (:kinds::text[] is null or kind = any(:kinds::text[]))
          and (:error_code::text is null or error_code = :error_code)
          and (:error::text is null or error = :error)
        group by kind, state, error_code, error, hour having sum(messages) > 0
    ) as by_hour
    group by kind, state, error_code, error
)
select kind, state, error_code, error, messages,
       (select id from messages m where m.practice_id = :practice_id and m.kind = g.kind and m.state = g.state and m.error = g.error
          and m.id >= first_id_of_hour(g.last) and m.id < first_id_of_hour(g.last + 1) order by m.id desc limit 1),
       (select id from messages m where m.practice_id = :practice_id and m.kind = g.kind and m.state = g.state and m.error = g.error
          and m.id >= first_id_of_hour(g.first) and m.id < first_id_of_hour(g.first + 1) order by m.id limit 1)
from groups as g order by messages desc, kind, error

-- name: error_trends(practice_id, starts, first_hour)
-- The same by bucket of time. starts: the first hour of each.
select kind, state, error_code, error, width_bucket(hour, :starts::integer[]), sum(messages)::bigint from message_counts
where practice_id = :practice_id and state in ('failed', 'parked') and hour >= :first_hour
group by 1, 2, 3, 4, 5
