-- name: latest_run(practice_id, what)^
select id, state, counts, error from sync_runs where practice_id = :practice_id and what = :what order by id desc limit 1

-- name: run_messages(practice_id, run_id)
select state, count(*) from messages where practice_id = :practice_id and run_id = :run_id group by state

-- name: messages_since(practice_id, kinds, since)
select state, count(*) from messages where practice_id = :practice_id and kind = any(:kinds::text[]) and id >= :since group by state

-- name: pulled_records(practice_id, what, record_kind)$
-- Records that the first pull of a kind made or linked.
select count(distinct e.record_id) from audit_entries e
join messages m on m.practice_id = e.practice_id and m.id = e.message_id
where e.practice_id = :practice_id and e.record_kind = :record_kind and e.actor = 'athenahealth'
  and m.run_id = (select id from sync_runs where practice_id = :practice_id and what = :what order by id limit 1)

-- name: changed_records(practice_id, record_kind, pushes)$
-- Records that athenahealth changed or added since: by messages that neither a pull nor the answer to a push brought.
select count(distinct e.record_id) from audit_entries e
join messages m on m.practice_id = e.practice_id and m.id = e.message_id
left join messages c on c.practice_id = m.practice_id and c.id = m.cause_id
where e.practice_id = :practice_id and e.record_kind = :record_kind and e.actor = 'athenahealth' and m.run_id is null
  and (c.kind is null or not c.kind = any(:pushes::text[]))

-- name: pushed_messages(practice_id, kinds)$
select count(*) from messages where practice_id = :practice_id and direction = 'out' and kind = any(:kinds::text[]) and state = 'done'

-- name: calls(practice_id)$
-- Tries that went over the wire; the others tell how a message was worked.
select count(*) from tries where practice_id = :practice_id and method is not null

-- name: working_time(practice_id)$
-- Seconds from the first message to the last end of one.
select coalesce(extract(epoch from max(finished_at) - min(received_at)), 0)::float8 from messages where practice_id = :practice_id

-- name: ridden_out(practice_id)
-- Calls that went wrong, for messages that are done all the same.
select t.operation, t.status, t.error_code, count(*) from tries t
join messages m on m.practice_id = t.practice_id and m.id = t.message_id
where t.practice_id = :practice_id and t.method is not null and t.error_code is not null and m.state = 'done'
group by 1, 2, 3 order by 1, 2, 3
