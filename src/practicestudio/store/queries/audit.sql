-- name: insert_entries(practice_id, at, ids, actors, actions, record_kinds, record_ids, message_ids, sealed, patient_ids, marks, via, address, session_id, emergency)!
with pending as (insert into audit_pending (practice_id, id, entry_ids) values (:practice_id, (:ids::uuid[])[1], :ids::uuid[]))
insert into audit_entries (
    practice_id, at, id, actor, action, record_kind, record_id, message_id, sealed, patient_id, mark, via, address, session_id, emergency
)
select :practice_id, :at, t.*, :via, :address, :session_id, :emergency
from unnest(
    :ids::uuid[], :actors::text[], :actions::text[], :record_kinds::text[], :record_ids::uuid[], :message_ids::uuid[], :sealed::bytea[],
    :patient_ids::uuid[], :marks::bytea[]
) as t

-- name: entries_of_record(practice_id, record_id)
select id, at, actor, action, record_kind, message_id, patient_id, via, address, session_id, emergency, sealed from audit_entries
where practice_id = :practice_id and record_id = :record_id order by id

-- name: entries_of_message(practice_id, message_id)
select id, at, actor, action, record_kind, record_id, sealed from audit_entries
where practice_id = :practice_id and message_id = :message_id order by id limit 500

-- name: only_sealer(practice_id)!
-- Until the transaction ends, nobody else seals this practice's entries.
select pg_advisory_xact_lock(hashtext('practicestudio audit'), hashtext(:practice_id::text))

-- name: practices_pending()
-- Practices with entries that are in no batch, the nil practice too, each with the oldest such entry.
select p.practice_id, oldest.id from (select practice_id from practices union all select '00000000-0000-0000-0000-000000000000'::uuid) as p
cross join lateral (select id from audit_pending where practice_id = p.practice_id order by id limit 1) as oldest

-- name: pending(practice_id, limit)
select id, entry_ids from audit_pending where practice_id = :practice_id order by id limit :limit

-- name: drop_pending(practice_id, ids)!
delete from audit_pending where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: stored_entries(practice_id, ids)
-- The columns of entries as PostgreSQL sends them, in the order of the digest.
select uuid_send(practice_id), uuid_send(id), timestamptz_send(at), textsend(actor), textsend(action), textsend(record_kind), uuid_send(record_id),
       uuid_send(message_id), sealed, uuid_send(patient_id), textsend(via), textsend(address), uuid_send(session_id), boolsend(emergency), mark
from audit_entries where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: stored_page(practice_id, after, limit)
-- As stored_entries, by id.
select uuid_send(practice_id), uuid_send(id), timestamptz_send(at), textsend(actor), textsend(action), textsend(record_kind), uuid_send(record_id),
       uuid_send(message_id), sealed, uuid_send(patient_id), textsend(via), textsend(address), uuid_send(session_id), boolsend(emergency), mark
from audit_entries where practice_id = :practice_id and id > :after order by id limit :limit

-- name: head(practice_id)^
select number, root, sealed_at from audit_batches where practice_id = :practice_id order by number desc limit 1

-- name: heads()
select p.practice_id, head.number, head.root from practices p
cross join lateral (select number, root from audit_batches where practice_id = p.practice_id order by number desc limit 1) as head

-- name: insert_batch(practice_id, number, sealed_at, entry_ids, links, previous, root, mark)!
insert into audit_batches (practice_id, number, sealed_at, entry_ids, links, previous, root, mark)
values (:practice_id, :number, :sealed_at, :entry_ids, :links, :previous, :root, :mark)

-- name: batches(practice_id, after, until, limit)
select number, sealed_at, entry_ids, links, previous, root, mark from audit_batches
where practice_id = :practice_id and number > :after and number <= :until order by number limit :limit

-- name: add_counts(practice_id, spans, starts, actors, actions, record_kinds, via, emergencies, entries)!
insert into audit_counts (practice_id, span, starts, actor, action, record_kind, via, emergency, entries)
select :practice_id, t.* from unnest(
    :spans::text[], :starts::timestamptz[], :actors::text[], :actions::text[], :record_kinds::text[], :via::text[], :emergencies::boolean[], :entries::bigint[]
) as t
on conflict (practice_id, span, starts, actor, action, record_kind, via, emergency) do update set entries = audit_counts.entries + excluded.entries

-- name: not_in_a_later_batch(practice_id, ids, after)
-- Of these entries, those that are neither pending nor in a batch after that one.
select wanted.id from unnest(:ids::uuid[]) as wanted (id)
where wanted.id not in (
    select unnest(entry_ids) from audit_pending where practice_id = :practice_id
    union all
    select unnest(entry_ids) from audit_batches where practice_id = :practice_id and number > :after
)

-- name: latest_checkpoint(practice_id)^
select id, sealed from audit_entries
where practice_id = :practice_id and group_hash = (select audit_group('system', 'system:audit:checkpoint', null, 'sealer', false))
  and actor = 'system' and action = 'system:audit:checkpoint'
order by id desc limit 1

-- name: count_sealed(practice_id)$
select sum(entries)::bigint from audit_counts where practice_id = :practice_id and span = 'day'

-- name: group_counts(practice_id, spans, froms, untils, id_froms, id_untils, whole_from, whole_until, actor, actions, via, emergency)
-- How many entries of each group there are in a period: what is counted, what is counted out at its ends, and what is in no batch yet.
select actor, action, record_kind, via, emergency, sum(entries)::bigint from (
    select c.actor, c.action, c.record_kind, c.via, c.emergency, c.entries
    from unnest(:spans::text[], :froms::timestamptz[], :untils::timestamptz[]) as part (span, start, until)
    join audit_counts c on c.practice_id = :practice_id and c.span = part.span and c.starts >= part.start and c.starts < part.until
    union all
    select e.actor, e.action, coalesce(e.record_kind, ''), e.via, e.emergency, 1
    from unnest(:id_froms::uuid[], :id_untils::uuid[]) as part (start, until)
    join audit_entries e on e.practice_id = :practice_id and e.id >= part.start and e.id < part.until
    union all
    select e.actor, e.action, coalesce(e.record_kind, ''), e.via, e.emergency, 1 from audit_pending p
    cross join unnest(p.entry_ids) as pending (id) join audit_entries e on e.practice_id = :practice_id and e.id = pending.id
    where p.practice_id = :practice_id and pending.id >= :whole_from and pending.id < :whole_until
) as counted
where (:actor::text is null or actor = :actor) and (:actions::text[] is null or action = any(:actions::text[]))
  and (:via::text is null or via = :via) and (not :emergency or emergency)
group by 1, 2, 3, 4, 5

-- name: newest_of_groups(practice_id, actors, actions, record_kinds, vias, emergencies, befores, ranks, since, limit)
-- Of these groups the newest entries, those of a lower rank first.
with g as materialized (
    select before, rank, audit_group(actor, action, record_kind, via, emergency) as group_hash
    from unnest(:actors::text[], :actions::text[], :record_kinds::text[], :vias::text[], :emergencies::boolean[], :befores::uuid[], :ranks::bigint[])
        as wanted (actor, action, record_kind, via, emergency, before, rank)
), newest as materialized (
    select g.rank, e.id from g cross join lateral (
        select id from audit_entries
        where practice_id = :practice_id and group_hash = g.group_hash and id >= :since and id < g.before
        order by id desc limit :limit
    ) as e
    order by g.rank, e.id desc limit :limit
)
select id, actor, action, record_kind, record_id, message_id, patient_id, via, address, session_id, emergency
from newest join audit_entries using (id) where practice_id = :practice_id order by rank, id desc

-- name: oldest_of_groups(practice_id, actors, actions, record_kinds, vias, emergencies, after, until, limit)
with g as materialized (
    select audit_group(actor, action, record_kind, via, emergency) as group_hash
    from unnest(:actors::text[], :actions::text[], :record_kinds::text[], :vias::text[], :emergencies::boolean[])
        as wanted (actor, action, record_kind, via, emergency)
), oldest as materialized (
    select e.id from g cross join lateral (
        select id from audit_entries
        where practice_id = :practice_id and group_hash = g.group_hash and id > :after and id < :until
        order by id limit :limit
    ) as e
    order by e.id limit :limit
)
select id, actor, action, record_kind, record_id, message_id, patient_id, via, address, session_id, emergency
from oldest join audit_entries using (id) where practice_id = :practice_id order by id

-- name: newest_entries(practice_id, since, before, actor, actions, via, emergency, limit)
select id, actor, action, record_kind, record_id, message_id, patient_id, via, address, session_id, emergency from audit_entries
where practice_id = :practice_id and id >= :since and id < :before
  and (:actor::text is null or actor = :actor) and (:actions::text[] is null or action = any(:actions::text[]))
  and (:via::text is null or via = :via) and (not :emergency or emergency)
order by id desc limit :limit

-- name: oldest_entries(practice_id, after, until, actor, actions, via, emergency, limit)
select id, actor, action, record_kind, record_id, message_id, patient_id, via, address, session_id, emergency from audit_entries
where practice_id = :practice_id and id > :after and id < :until
  and (:actor::text is null or actor = :actor) and (:actions::text[] is null or action = any(:actions::text[]))
  and (:via::text is null or via = :via) and (not :emergency or emergency)
order by id limit :limit

-- name: entries_about(practice_id, since, until, actor, actions, via, emergency, record_id, patient_id)
-- All entries about one record or one patient that fit, newest first.
select id, actor, action, record_kind, record_id, message_id, patient_id, via, address, session_id, emergency from audit_entries
where practice_id = :practice_id and id >= :since and id < :until
  and (:actor::text is null or actor = :actor) and (:actions::text[] is null or action = any(:actions::text[]))
  and (:via::text is null or via = :via) and (not :emergency or emergency)
  and (:record_id::uuid is null or record_id = :record_id)
  and (
    :patient_id::uuid is null or record_id = :patient_id and record_kind = 'patient'
    or patient_id = :patient_id and record_kind is distinct from 'patient'
  )
order by id desc

-- name: entry(practice_id, id)^
select id, actor, action, record_kind, record_id, message_id, patient_id, via, address, session_id, emergency, sealed
from audit_entries where practice_id = :practice_id and id = :id

-- name: batch_of(practice_id, id, written)$
-- It was sealed soon after it was written.
select number from (
    select number, entry_ids from audit_batches where practice_id = :practice_id and sealed_at >= :written order by sealed_at limit 300
) as soon where entry_ids @> array[:id::uuid] limit 1

-- name: actors(practice_id)
select distinct actor from audit_counts where practice_id = :practice_id and span = 'day' order by actor

-- name: stream_entries(practice_id, after, until, actor, actions, via, emergency, record_id, patient_id, limit)
select id, actor, action, record_kind, record_id, message_id, patient_id, via, address, session_id, emergency, sealed from audit_entries
where practice_id = :practice_id and id > :after and id < :until
  and (:actor::text is null or actor = :actor) and (:actions::text[] is null or action = any(:actions::text[]))
  and (:via::text is null or via = :via) and (not :emergency or emergency)
  and (:record_id::uuid is null or record_id = :record_id)
  and (
    :patient_id::uuid is null or record_id = :patient_id and record_kind = 'patient'
    or patient_id = :patient_id and record_kind is distinct from 'patient'
  )
order by id limit :limit
