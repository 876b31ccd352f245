-- name: insert_review(practice_id, id, kind, message_id, record_kind, record_id, sealed)!
insert into reviews (practice_id, id, kind, message_id, record_kind, record_id, sealed)
values (:practice_id, :id, :kind, :message_id, :record_kind, :record_id, :sealed)

-- name: open_conflicts(practice_id, record_id)
select id, kind, message_id, record_kind, record_id, sealed, state, decision, created_at, decided_at, decided_by, undone_at, undone_by
from reviews where practice_id = :practice_id and state = 'open' and kind = 'conflict' and record_id = :record_id for update

-- name: outdate_conflicts(practice_id, record_id)
update reviews set state = 'outdated', decided_at = now()
where practice_id = :practice_id and kind = 'conflict' and record_id = :record_id and state = 'open'
returning message_id

-- name: outdate_matches(practice_id, lane)
update reviews set state = 'outdated', decided_at = now() from messages m
where reviews.practice_id = :practice_id and reviews.kind = 'match' and reviews.state = 'open'
  and m.practice_id = :practice_id and m.id = reviews.message_id and m.lane = :lane
returning reviews.message_id

-- name: records_in_question(practice_id, record_kind)
select record_id from reviews where practice_id = :practice_id and state = 'open' and kind = 'conflict' and record_kind = :record_kind

-- name: lanes_of_matches(practice_id, lanes)
-- Of these lanes, those about which a person is being asked who it is, and those whose answer was taken back.
select m.lane, r.state from reviews r join messages m on m.practice_id = r.practice_id and m.id = r.message_id
where r.practice_id = :practice_id and r.state in ('open', 'undone') and r.kind = 'match' and m.lane = any(:lanes::bigint[])

-- name: list_open(practice_id, kind, since, before, after, limit)
-- since, before: bounds of the ids, and so of when it was asked. after: the last id of the page before.
select id, kind, message_id, record_kind, record_id, sealed, state, decision, created_at, decided_at, decided_by, undone_at, undone_by
from reviews
where practice_id = :practice_id and state = 'open'
  and (:kind::text is null or kind = :kind)
  and (:since::uuid is null or id >= :since)
  and (:before::uuid is null or id < :before)
  and (:after::uuid is null or id > :after)
order by id limit :limit

-- name: list_closed(practice_id, states, kind, since, before, after, limit)
-- The last decided first. after: the last id of the page before.
select id, kind, message_id, record_kind, record_id, sealed, state, decision, created_at, decided_at, decided_by, undone_at, undone_by
from reviews
where practice_id = :practice_id and state <> 'open' and state = any(:states::text[])
  and (:kind::text is null or kind = :kind)
  and (:since::uuid is null or id >= :since)
  and (:before::uuid is null or id < :before)
  and (:after::uuid is null or (decided_at, id) < (select r.decided_at, r.id from reviews r where r.practice_id = :practice_id and r.id = :after))
order by decided_at desc, id desc limit :limit

-- name: count_reviews(practice_id, since, before)
select state, kind, count(*), min(created_at) from reviews
where practice_id = :practice_id and (:since::uuid is null or id >= :since) and (:before::uuid is null or id < :before)
group by state, kind

-- name: reviews_of_record(practice_id, record_id)
select id, kind, message_id, record_kind, record_id, sealed, state, decision, created_at, decided_at, decided_by, undone_at, undone_by
from reviews where practice_id = :practice_id and record_id = :record_id order by id desc limit 100

-- name: reviews_of_message(practice_id, message_id)
select id, kind, message_id, record_kind, record_id, sealed, state, decision, created_at, decided_at, decided_by, undone_at, undone_by
from reviews where practice_id = :practice_id and message_id = :message_id order by id desc

-- name: review(practice_id, id)^
select id, kind, message_id, record_kind, record_id, sealed, state, decision, created_at, decided_at, decided_by, undone_at, undone_by
from reviews where practice_id = :practice_id and id = :id

-- name: lock_review(practice_id, id)^
select id, kind, message_id, record_kind, record_id, sealed, state, decision, created_at, decided_at, decided_by, undone_at, undone_by
from reviews where practice_id = :practice_id and id = :id for update

-- name: decide_review(practice_id, id, decision, record_id, decided_by, sealed)!
update reviews set state = 'decided', decision = :decision, record_id = coalesce(:record_id, record_id), decided_at = now(), decided_by = :decided_by,
       sealed = :sealed
where practice_id = :practice_id and id = :id and state = 'open'

-- name: undo_review(practice_id, id, undone_by, sealed)!
update reviews set state = 'undone', undone_at = now(), undone_by = :undone_by, sealed = :sealed
where practice_id = :practice_id and id = :id and state = 'decided'

-- name: decisions_of_messages(practice_id, message_ids)
select distinct on (message_id) message_id, decision from reviews
where practice_id = :practice_id and message_id = any(:message_ids::uuid[]) and kind = 'match' and state = 'decided' order by message_id, id desc

-- name: received_bodies(practice_id, message_ids)
select message_id, sealed from message_bodies where practice_id = :practice_id and message_id = any(:message_ids::uuid[]) and part = 'received'

-- name: open_about(practice_id, message_id)
-- The open question about the same athenahealth patient as that of a message.
select r.id from reviews r
join messages m on m.practice_id = r.practice_id and m.id = r.message_id
where r.practice_id = :practice_id and r.state = 'open' and r.kind = 'match'
  and m.lane = (select lane from messages where practice_id = :practice_id and id = :message_id)
order by r.id desc limit 1
