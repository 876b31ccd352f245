-- name: lock_open(practice_id)
select id, rule, about, severity, sentence, opened_at, last_true, closed_at, acknowledged_at, acknowledged_by
from alerts where practice_id = :practice_id and closed_at is null order by opened_at, id for update

-- name: open_alerts(practice_id)
select id, rule, about, severity, sentence, opened_at, last_true, closed_at, acknowledged_at, acknowledged_by
from alerts where practice_id = :practice_id and closed_at is null order by opened_at desc, id desc

-- name: alerts(practice_id, before, limit)
select id, rule, about, severity, sentence, opened_at, last_true, closed_at, acknowledged_at, acknowledged_by
from alerts where practice_id = :practice_id and (:before::uuid is null or id < :before) order by id desc limit :limit

-- name: open_alert(practice_id, id, rule, about, severity, sentence, now)!
insert into alerts (practice_id, id, rule, about, severity, sentence, opened_at, last_true)
values (:practice_id, :id, :rule, :about, :severity, :sentence, :now, :now)

-- name: see_alerts(practice_id, ids, severities, sentences, now)!
update alerts set last_true = :now, severity = t.severity, sentence = t.sentence
from unnest(:ids::uuid[], :severities::text[], :sentences::text[]) as t (id, severity, sentence)
where alerts.practice_id = :practice_id and alerts.id = t.id

-- name: close_alerts(practice_id, ids, now)!
update alerts set closed_at = :now where practice_id = :practice_id and id = any(:ids::uuid[])

-- name: acknowledge(practice_id, id, now, by)$
update alerts set acknowledged_at = :now, acknowledged_by = :by
where practice_id = :practice_id and id = :id and acknowledged_at is null returning rule

-- name: drop_alerts(practice_id, before)!
delete from alerts where practice_id = :practice_id and closed_at < :before

-- name: channels(practice_id)
select id, scheme, least, enabled, sealed, changed_at, changed_by from alert_channels where practice_id = :practice_id order by id

-- name: put_channel(practice_id, id, scheme, least, enabled, sealed, changed_by)!
insert into alert_channels (practice_id, id, scheme, least, enabled, sealed, changed_by)
values (:practice_id, :id, :scheme, :least, :enabled, :sealed, :changed_by)
on conflict (practice_id, id) do update set scheme = excluded.scheme, least = excluded.least, enabled = excluded.enabled, sealed = excluded.sealed,
    changed_at = now(), changed_by = excluded.changed_by

-- name: drop_channel(practice_id, id)!
delete from alert_channels where practice_id = :practice_id and id = :id

-- name: put_notes(practice_id, ids, alert_ids, channel_ids, what, now)!
insert into alert_notes (practice_id, id, alert_id, channel_id, what, due_at)
select :practice_id, t.id, t.alert_id, t.channel_id, :what, :now from unnest(:ids::uuid[], :alert_ids::uuid[], :channel_ids::uuid[]) as t (id, alert_id, channel_id)

-- name: told_openings(practice_id, alert_id)
-- Channels that were told, or are being told, that the alert opened.
select distinct channel_id from alert_notes where practice_id = :practice_id and alert_id = :alert_id and what = 'opened'

-- name: claim_notes(practice_id, now, until)
-- What is due, claimed until then by whoever sends it now.
with due as (
    select id from alert_notes where practice_id = :practice_id and state = 'waiting' and due_at <= :now
    order by due_at, id limit 100 for update skip locked
)
update alert_notes n set due_at = :until from due, alerts a
where n.practice_id = :practice_id and n.id = due.id and a.practice_id = :practice_id and a.id = n.alert_id
returning n.id, n.channel_id, n.what, n.tries, a.rule, a.severity, a.sentence, a.opened_at, a.closed_at

-- name: note_sent(practice_id, id, now)!
update alert_notes set state = 'sent', tries = tries + 1, ended_at = :now, error = null where practice_id = :practice_id and id = :id

-- name: note_not_sent(practice_id, id, due_at, now, error)!
-- due_at: when it is tried again; null when it is given up.
update alert_notes set tries = tries + 1, error = :error, due_at = coalesce(:due_at::timestamptz, due_at),
    state = case when :due_at::timestamptz is null then 'failed' else 'waiting' end, ended_at = case when :due_at::timestamptz is null then :now else null end
where practice_id = :practice_id and id = :id

-- name: notes(practice_id, alert_ids)
select alert_id, channel_id, what, state, tries, due_at, ended_at, error from alert_notes
where practice_id = :practice_id and alert_id = any(:alert_ids::uuid[]) order by id

-- name: channel_faults(practice_id, since)
-- Of each channel the newest note's end, where that is a failure, or a try that failed.
select channel_id, error from (
    select distinct on (channel_id) channel_id, state, error from alert_notes
    where practice_id = :practice_id and id >= :since and (state <> 'waiting' or error is not null) order by channel_id, id desc
) as t where error is not null

-- name: drop_notes(practice_id, before)!
delete from alert_notes n where practice_id = :practice_id and id < :before and state <> 'waiting'
  and not exists (select from alerts a where a.practice_id = n.practice_id and a.id = n.alert_id)

-- name: put_health(practice_id, of_practice, at, state, because, figures)!
insert into practice_health (practice_id, of_practice, at, state, because, figures) values (:practice_id, :of_practice, :at, :state, :because, :figures)
on conflict (practice_id, of_practice) do update set at = excluded.at, state = excluded.state, because = excluded.because, figures = excluded.figures

-- name: healths(practice_id)
select of_practice, at, state, because, figures from practice_health where practice_id = :practice_id
