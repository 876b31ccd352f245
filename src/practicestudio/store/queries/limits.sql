-- name: soft_commit()!
-- What is lost of a limit's count by a crash of the database is less than a second's, and athenahealth's own count corrects it.
set local synchronous_commit = off

-- name: ensure_budget(credential)!
insert into rate_limits (credential) values (:credential) on conflict do nothing

-- name: lock_budget(credential)^
-- The present is read after the lock is held.
with locked as materialized (
    select next_at, day, day_used, day_remaining, minute, minute_used from rate_limits where credential = :credential for update
)
select locked.*, clock_timestamp() from locked

-- name: put_budget(credential, next_at, day, day_used, day_remaining, minute, minute_used)!
update rate_limits set next_at = :next_at, day = :day, day_used = :day_used, day_remaining = :day_remaining, minute = :minute, minute_used = :minute_used
where credential = :credential

-- name: token(credential)^
select sealed, expires_at, refused_until, refused_why from tokens where credential = :credential

-- name: begin_refresh(credential, lease)$
-- A row for the one caller who may now ask for a token.
insert into tokens (credential, refreshing_until) values (:credential, clock_timestamp() + :lease::interval)
on conflict (credential) do update set refreshing_until = excluded.refreshing_until
where tokens.refreshing_until is null or tokens.refreshing_until <= clock_timestamp()
returning true

-- name: put_token(credential, sealed, expires_at)!
insert into tokens (credential, sealed, expires_at) values (:credential, :sealed, :expires_at)
on conflict (credential) do update set sealed = excluded.sealed, expires_at = excluded.expires_at, refreshing_until = null, refused_until = null, refused_why = null

-- name: refuse_token(credential, refused_until, refused_why)!
insert into tokens (credential, refused_until, refused_why) values (:credential, :refused_until, :refused_why)
on conflict (credential) do update set refused_until = excluded.refused_until, refused_why = excluded.refused_why, refreshing_until = null

-- name: forget_refusal(credential)!
update tokens set sealed = null, expires_at = null, refused_until = null, refused_why = null, refreshing_until = null where credential = :credential

-- name: budgets()
select credential, day, day_used, day_remaining from rate_limits
