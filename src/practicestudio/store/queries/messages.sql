-- name: enter_lanes(practice_id, lanes, urgencies, outbound, first_ids)!
-- Locks each lane, or makes it. What stands there keeps its place: only a more urgent newcomer hurries it.
insert into lanes (practice_id, lane, urgency, outbound, due_at, first_id)
select :practice_id, lane, urgency, outbound, now(), first_id
from unnest(:lanes::bigint[], :urgencies::smallint[], :outbound::boolean[], :first_ids::uuid[]) as t (lane, urgency, outbound, first_id)
order by lane
on conflict (practice_id, lane) do update set urgency = least(lanes.urgency, excluded.urgency), first_id = least(lanes.first_id, excluded.first_id)

-- name: insert_messages(practice_id, ids, directions, doors, kinds, lanes, urgencies, record_ids, run_ids, cause_ids, retry_ofs, fingerprints, asked)!
insert into messages (practice_id, id, direction, door, kind, lane, urgency, record_id, run_id, cause_id, retry_of, fingerprint, asked)
select :practice_id, t.*
from unnest(:ids::uuid[], :directions::text[], :doors::text[], :kinds::text[], :lanes::bigint[], :urgencies::smallint[],
            :record_ids::uuid[], :run_ids::uuid[], :cause_ids::uuid[], :retry_ofs::uuid[], :fingerprints::uuid[], :asked::bigint[]) as t

-- name: insert_bodies(practice_id, message_ids, parts, sealed)!
insert into message_bodies (practice_id, message_id, part, sealed)
select :practice_id, t.* from unnest(:message_ids::uuid[], :parts::text[], :sealed::bytea[]) as t
on conflict (practice_id, message_id, part) do update set sealed = excluded.sealed

-- name: known_fingerprints(practice_id, fingerprints, since)
select fingerprint from messages where practice_id = :practice_id and fingerprint = any(:fingerprints::uuid[]) and id >= :since

-- name: claim_lanes(worker, outbound, lanes, lease)
-- The most urgent, then oldest due lanes that nobody works on. Their due time becomes the end of the lease.
with due as (
    select practice_id, lane from lanes
    where outbound = :outbound and due_at <= now()
    order by urgency, due_at limit :lanes
    for update skip locked
)
update lanes set claimed_by = :worker, claims = claims + 1, due_at = now() + :lease::interval
from due where lanes.practice_id = due.practice_id and lanes.lane = due.lane
returning lanes.practice_id, lanes.lane, lanes.first_id, lanes.claims

-- name: extend_leases(worker, practice_ids, lanes, lease)!
update lanes set due_at = now() + :lease::interval
from unnest(:practice_ids::uuid[], :lanes::bigint[]) as t (practice_id, lane)
where lanes.practice_id = t.practice_id and lanes.lane = t.lane and lanes.claimed_by = :worker

-- name: release_lanes(worker, practice_ids, lanes)!
-- What a worker gives up unfinished is due at once for the others.
update lanes set claimed_by = null, claims = claims - 1, due_at = now()
from unnest(:practice_ids::uuid[], :lanes::bigint[]) as t (practice_id, lane)
where lanes.practice_id = t.practice_id and lanes.lane = t.lane and lanes.claimed_by = :worker

-- name: lane_heads(practice_id, lanes, first_ids, before)
-- The first unfinished message of each lane, with its body. first_ids and before let whole days be passed over.
select m.id, m.lane, m.direction, m.door, m.kind, m.urgency, m.tries, m.received_at, m.sent_at, m.record_id, m.run_id, m.cause_id, m.retry_of,
       m.position, m.asked,
       (select sealed from message_bodies b where b.practice_id = m.practice_id and b.message_id = m.id and b.part = (case m.direction when 'in' then 'received' else 'sent' end)) as sealed
from lane_heads(:practice_id, :lanes::bigint[], :first_ids::uuid[], :before) as m

-- name: finish_messages(practice_id, ids, states, tries, due_ats, error_codes, errors, record_ids)!
update messages set
    state = t.state, tries = t.tries, due_at = t.due_at, error_code = t.error_code, error = t.error,
    record_id = coalesce(t.record_id, messages.record_id),
    finished_at = case when t.state in ('received', 'working', 'waiting') then null else now() end
from unnest(:ids::uuid[], :states::text[], :tries::integer[], :due_ats::timestamptz[], :error_codes::text[], :errors::text[], :record_ids::uuid[])
    as t (id, state, tries, due_at, error_code, error, record_id)
where messages.practice_id = :practice_id and messages.id = t.id

-- name: lock_claimed_lanes(practice_id, lanes, worker)
-- The lanes of these that the worker still holds; locked, so that no newcomer slips in between the look and the leaving.
select lane from lanes where practice_id = :practice_id and lane = any(:lanes::bigint[]) and claimed_by = :worker order by lane for update

-- name: leave_lanes(practice_id, lanes, first_ids, before)!
-- After the heads are finished: an empty lane goes, another becomes due when its next head is. first_id only ever goes down:
-- another machine's clock may be behind, so a later message may carry a smaller id.
with next as (
    select l.lane, m.id, m.due_at, m.direction, m.urgency
    from unnest(:lanes::bigint[]) as l (lane) left join lane_heads(:practice_id, :lanes::bigint[], :first_ids::uuid[], :before) as m using (lane)
), gone as (
    delete from lanes using next where lanes.practice_id = :practice_id and lanes.lane = next.lane and next.id is null
)
update lanes set claimed_by = null, claims = 0, due_at = coalesce(next.due_at, now()), outbound = next.direction = 'out', urgency = next.urgency
from next where lanes.practice_id = :practice_id and lanes.lane = next.lane and next.id is not null

-- name: hold_lanes(practice_id, lanes, because)!
update lanes set due_at = null, claimed_by = null, held_because = :because where practice_id = :practice_id and lane = any(:lanes::bigint[])

-- name: make_days(first, last)!
call make_days(:first, :last)

-- name: message_days()
select to_date(right(c.relname, 8), 'YYYYMMDD') from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'messages'::regclass order by 1

-- name: drop_day(day)$
select drop_day(:day)

-- name: mark_working(practice_id, id, tries)$
-- Returns where the log stands: what is stored from now on has a higher position.
update messages set state = 'working', tries = :tries where practice_id = :practice_id and id = :id and state in ('received', 'working', 'waiting')
returning nextval('message_position')

-- name: position()$
select nextval('message_position')

-- name: mark_sent(practice_id, id)!
update messages set sent_at = coalesce(sent_at, now()) where practice_id = :practice_id and id = :id

-- name: insert_tries(practice_id, ids, message_ids, run_ids, operations, methods, path_templates, statuses, durations, error_codes, errors, request_ids, remaining, urgencies)!
insert into tries (practice_id, id, message_id, run_id, operation, method, path_template, status, duration_ms, error_code, error, request_id, remaining_today, urgency)
select :practice_id, t.*
from unnest(:ids::uuid[], :message_ids::uuid[], :run_ids::uuid[], :operations::text[], :methods::text[], :path_templates::text[], :statuses::smallint[],
            :durations::real[], :error_codes::text[], :errors::text[], :request_ids::text[], :remaining::integer[], :urgencies::text[]) as t

-- name: message(practice_id, id)^
select id, received_at, direction, door, kind, lane, urgency, state, tries, due_at, sent_at, finished_at, error_code, error, record_id, run_id,
       cause_id, retry_of, decided_by
from messages where practice_id = :practice_id and id = :id

-- name: message_bodies(practice_id, id)
select part, sealed from message_bodies where practice_id = :practice_id and message_id = :id

-- name: message_tries(practice_id, id)
select id, operation, method, path_template, status, duration_ms, error_code, error, request_id, remaining_today
from tries where practice_id = :practice_id and message_id = :id order by id

-- name: lock_messages(practice_id, ids)
select id, lane, direction, urgency, state, kind, door, record_id, run_id from messages
where practice_id = :practice_id and id = any(:ids::uuid[]) order by lane, position for update

-- name: requeue_messages(practice_id, ids, decided_by)!
update messages set state = 'received', tries = 0, due_at = null, error_code = null, error = null, finished_at = null, decided_by = :decided_by
where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: decide_messages(practice_id, ids, state, error, decided_by)!
update messages set state = :state, error = coalesce(:error, error), decided_by = :decided_by, finished_at = now()
where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: wake_lanes(practice_id, lanes)!
-- Held or waiting lanes become due now; a lane that a worker holds stays with it.
update lanes set due_at = case when claimed_by is null then now() else due_at end, held_because = null
where practice_id = :practice_id and lane = any(:lanes::bigint[])

-- name: last_of_record(practice_id, record_id, kind)^
select id, state from messages where practice_id = :practice_id and record_id = :record_id and kind = :kind order by id desc limit 1

-- name: failed_of_kind(practice_id, kind, error_code)
select id from messages where practice_id = :practice_id and state = 'failed' and kind = :kind and error_code = :error_code order by id

-- name: where_lanes_stand(practice_id, lanes)
-- Of these lanes, those that have something in work, and those of which an inbound message is in the error queue.
select lane, 'work' from lanes where practice_id = :practice_id and lane = any(:lanes::bigint[])
union all
select distinct m.lane, 'error queue' from messages m
where m.practice_id = :practice_id and m.state in ('failed', 'parked') and m.direction = 'in' and m.lane = any(:lanes::bigint[])
  and not exists (select from lanes l where l.practice_id = :practice_id and l.lane = m.lane)

-- name: unfinished(practice_id, kinds)$
select count(*) from messages where practice_id = :practice_id and state in ('received', 'working', 'waiting') and (:kinds::text[] is null or kind = any(:kinds::text[]))

-- name: due_lanes()$
select count(*) from lanes where due_at <= now()

-- name: lanes_at_work()$
select count(*) from lanes where due_at is not null

-- name: lock_lane(practice_id, lane)^
-- Whether a worker has the lane, where it stands; locked, so that none takes it.
select claimed_by is not null from lanes where practice_id = :practice_id and lane = :lane for update

-- name: lanes_of_messages(practice_id, ids)
select id, lane from messages where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: park_message(practice_id, id, error_code, error, decided_by)!
update messages set state = 'parked', error_code = :error_code, error = :error, due_at = null, finished_at = now(), decided_by = :decided_by
where practice_id = :practice_id and id = :id and state <> 'working'

-- name: unfinished_of_lane(practice_id, lane, record_id)
select id from messages
where practice_id = :practice_id and lane = :lane and state in ('received', 'working', 'waiting') and direction = 'out' and record_id = :record_id

-- name: last_received(practice_id, kind, record_ids)
-- The newest body that came for each of these records.
select distinct on (m.record_id) m.record_id, m.id, b.sealed
from messages m join message_bodies b on b.practice_id = m.practice_id and b.message_id = m.id and b.part = 'received'
where m.practice_id = :practice_id and m.record_id = any(:record_ids::uuid[]) and m.direction = 'in' and m.kind = :kind
order by m.record_id, m.id desc
