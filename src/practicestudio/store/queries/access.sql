-- name: insert_person(id, sign_in_name, email, sealed)!
insert into people (id, sign_in_name, email, sealed) values (:id, :sign_in_name, :email, :sealed)

-- name: put_person(id, sign_in_name, email, sealed)!
update people set sign_in_name = :sign_in_name, email = :email, sealed = :sealed where id = :id

-- name: person(id)^
select id, sealed, added_at, signed_in_at, deactivated_at from people where id = :id

-- name: lock_person(id)^
select id, sealed, added_at, signed_in_at, deactivated_at from people where id = :id for update

-- name: person_named(sign_in_name)^
select id, sealed, added_at, signed_in_at, deactivated_at from people where sign_in_name = :sign_in_name

-- name: person_mailed(email)^
select id, sealed, added_at, signed_in_at, deactivated_at from people where email = :email

-- name: people()
select id, sealed, added_at, signed_in_at, deactivated_at from people order by id

-- name: people_with_ids(ids)
select id, sealed from people where id = any(:ids::uuid[])

-- name: people_of(practice_ids)
select id, sealed, added_at, signed_in_at, deactivated_at from people
where id in (select person_id from person_roles where at_practice = any(:practice_ids::uuid[])) order by id

-- name: note_sign_in(id, at)!
update people set signed_in_at = :at where id = :id

-- name: put_deactivated(id, at)!
update people set deactivated_at = :at where id = :id

-- name: roles_of(person_id)
select at_practice, role, granted_at, granted_by from person_roles where person_id = :person_id order by at_practice, role

-- name: roles_of_all(person_ids)
select person_id, at_practice, role from person_roles where person_id = any(:person_ids::uuid[]) order by person_id, at_practice, role

-- name: insert_role(person_id, at_practice, role, granted_by)!
insert into person_roles (person_id, at_practice, role, granted_by) values (:person_id, :at_practice, :role, :granted_by) on conflict do nothing

-- name: drop_role(person_id, at_practice, role)!
delete from person_roles where person_id = :person_id and at_practice = :at_practice and role = :role

-- name: lock_holders()!
-- Whoever takes a role or a person away waits for the others, so that two do not each leave the other as the last administrator.
lock table person_roles in share row exclusive mode

-- name: holders(at_practice, role)
select p.id from person_roles r join people p on p.id = r.person_id
where r.at_practice = :at_practice and r.role = :role and p.deactivated_at is null
order by p.id

-- name: insert_session(id, token, person_id, method, second_factor, second_factor_due, at, sealed)!
insert into sessions (id, token, person_id, method, second_factor, second_factor_due, started_at, seen_at, confirmed_at, sealed)
values (:id, :token, :person_id, :method, :second_factor, :second_factor_due, :at, :at, :at, :sealed)

-- name: session(token, now)^
-- The session with all that a page asks of the person: two lists each of roles and of emergencies, in the same order.
select s.id, s.person_id, s.method, s.second_factor, s.second_factor_due, s.started_at, s.seen_at, s.confirmed_at, s.sealed,
    p.sealed, p.deactivated_at is not null, coalesce(w.must_change, false),
    exists (select 1 from totp_secrets t where t.person_id = s.person_id and t.confirmed_at is not null)
        or exists (select 1 from passkeys k where k.person_id = s.person_id),
    array(select at_practice from person_roles r where r.person_id = s.person_id order by at_practice, role),
    array(select role from person_roles r where r.person_id = s.person_id order by at_practice, role),
    array(select at_practice from emergencies e where e.person_id = s.person_id and e.ends_at > :now order by id),
    array(select ends_at from emergencies e where e.person_id = s.person_id and e.ends_at > :now order by id)
from sessions s join people p on p.id = s.person_id left join passwords w on w.person_id = s.person_id
where s.token = :token

-- name: touch_session(id, at)!
update sessions set seen_at = :at where id = :id and seen_at < :at

-- name: confirm_session(id, token, second_factor, at)!
update sessions set token = :token, second_factor = coalesce(:second_factor, second_factor), second_factor_due = false, confirmed_at = :at, seen_at = :at
where id = :id

-- name: end_session(id)^
delete from sessions where id = :id returning id, person_id

-- name: end_sessions_of(person_id, but)
delete from sessions where person_id = :person_id and id is distinct from :but returning id

-- name: end_old_sessions(started, seen)
delete from sessions where started_at <= :started or seen_at <= :seen returning id, person_id

-- name: sessions_of(person_id)
select id, person_id, method, second_factor, second_factor_due, started_at, seen_at, confirmed_at, sealed from sessions where person_id = :person_id
order by seen_at desc

-- name: password(person_id)^
select sealed, must_change, ends_at from passwords where person_id = :person_id

-- name: put_password(person_id, sealed, must_change, ends_at)!
insert into passwords (person_id, sealed, must_change, ends_at) values (:person_id, :sealed, :must_change, :ends_at)
on conflict (person_id) do update set sealed = excluded.sealed, must_change = excluded.must_change, ends_at = excluded.ends_at, changed_at = now()

-- name: has_second_factor(person_id)$
select exists (select 1 from totp_secrets where person_id = :person_id and confirmed_at is not null)
    or exists (select 1 from passkeys where person_id = :person_id)

-- name: lock_failures(counter, at)^
insert into failures (counter, failures, last_at) values (:counter, 0, :at)
on conflict (counter) do update set counter = excluded.counter
returning failures, last_at

-- name: put_failures(counter, failures, at)!
update failures set failures = :failures, last_at = :at where counter = :counter

-- name: drop_failures(counter)!
delete from failures where counter = :counter

-- name: take_back_failure(counter)!
update failures set failures = greatest(failures - 1, 0) where counter = :counter

-- name: drop_old_failures(before)!
delete from failures where last_at < :before

-- name: known_device(token, person_id)$
select true from known_devices where token = :token and person_id = :person_id

-- name: rename_device(before, after)!
update known_devices set token = :after where token = :before

-- name: put_known_device(token, person_id, at)!
insert into known_devices (token, person_id, seen_at) values (:token, :person_id, :at)
on conflict (token, person_id) do update set seen_at = excluded.seen_at

-- name: drop_known_devices(person_id)!
delete from known_devices where person_id = :person_id

-- name: drop_old_devices(before)!
delete from known_devices where seen_at < :before

-- name: drop_second_factors(person_id)!
with codes as (delete from recovery_codes where person_id = :person_id), keys as (delete from passkeys where person_id = :person_id)
delete from totp_secrets where person_id = :person_id

-- name: drop_old_challenges(before)!
delete from challenges where ends_at < :before

-- name: put_challenge(holder, purpose, id, sealed, ends_at)!
insert into challenges (holder, purpose, id, sealed, ends_at) values (:holder, :purpose, :id, :sealed, :ends_at)
on conflict (holder, purpose) do update set id = excluded.id, sealed = excluded.sealed, ends_at = excluded.ends_at

-- name: take_challenge(holder, purpose)^
delete from challenges where holder = :holder and purpose = :purpose returning id, sealed, ends_at

-- name: put_totp_secret(person_id, sealed)!
insert into totp_secrets (person_id, sealed) values (:person_id, :sealed)
on conflict (person_id) do update set sealed = excluded.sealed where totp_secrets.confirmed_at is null

-- name: totp_secret(person_id)^
select sealed, confirmed_at from totp_secrets where person_id = :person_id

-- name: take_totp_step(person_id, step)!
update totp_secrets set last_step = :step where person_id = :person_id and last_step < :step

-- name: confirm_totp_secret(person_id, at, step)!
update totp_secrets set confirmed_at = :at, last_step = :step where person_id = :person_id

-- name: drop_totp_secret(person_id)!
delete from totp_secrets where person_id = :person_id and confirmed_at is not null

-- name: insert_recovery_codes(person_id, codes)!
insert into recovery_codes (person_id, code) select :person_id, unnest(:codes::uuid[])

-- name: use_recovery_code(person_id, code, at)!
update recovery_codes set used_at = :at where person_id = :person_id and code = :code and used_at is null

-- name: unused_recovery_codes(person_id)
select code from recovery_codes where person_id = :person_id and used_at is null

-- name: drop_recovery_codes(person_id)!
delete from recovery_codes where person_id = :person_id

-- name: insert_passkey(id, person_id, credential, sealed, sign_count)!
insert into passkeys (id, person_id, credential, sealed, sign_count) values (:id, :person_id, :credential, :sealed, :sign_count)
on conflict (credential) do nothing

-- name: passkey(credential)^
select id, person_id, sealed, sign_count, added_at, used_at from passkeys where credential = :credential

-- name: passkeys_of(person_id)
select id, person_id, sealed, sign_count, added_at, used_at from passkeys where person_id = :person_id order by id

-- name: use_passkey(id, before, after, at)!
update passkeys set sign_count = :after, used_at = :at where id = :id and sign_count = :before

-- name: drop_passkey(id, person_id)!
delete from passkeys where id = :id and person_id = :person_id

-- name: insert_api_key(id, token, prefix, at_practice, scopes, sealed, made_by, ends_at)!
insert into api_keys (id, token, prefix, at_practice, scopes, sealed, made_by, ends_at)
values (:id, :token, :prefix, :at_practice, :scopes::text[], :sealed, :made_by, :ends_at)

-- name: api_key_of(token)^
select id, prefix, at_practice, scopes, sealed, made_at, made_by, ends_at, used_at, revoked_at from api_keys where token = :token

-- name: api_keys_at(at_practice)
select id, prefix, at_practice, scopes, sealed, made_at, made_by, ends_at, used_at, revoked_at from api_keys
where at_practice = :at_practice order by id desc

-- name: touch_api_key(id, at)!
update api_keys set used_at = :at where id = :id

-- name: revoke_api_key(id, at_practice, by, at)$
update api_keys set revoked_at = :at, revoked_by = :by where id = :id and at_practice = :at_practice and revoked_at is null returning true

-- name: insert_emergency(id, person_id, at_practice, sealed, started_at, ends_at)!
insert into emergencies (id, person_id, at_practice, sealed, started_at, ends_at)
values (:id, :person_id, :at_practice, :sealed, :started_at, :ends_at)

-- name: running_emergencies(person_id, now)
select id, person_id, at_practice, sealed, started_at, ends_at from emergencies where person_id = :person_id and ends_at > :now order by id

-- name: end_emergency(id, at)!
update emergencies set ends_at = :at where id = :id and ends_at > :at

-- name: emergencies_at(at_practice, most)
select id, person_id, at_practice, sealed, started_at, ends_at from emergencies where at_practice = :at_practice order by id desc limit :most

-- name: providers()
select id, sealed from sign_in_providers order by id

-- name: provider(id)^
select id, sealed from sign_in_providers where id = :id

-- name: put_provider(id, sealed, by)!
insert into sign_in_providers (id, sealed, changed_by) values (:id, :sealed, :by)
on conflict (id) do update set sealed = excluded.sealed, changed_by = excluded.changed_by, changed_at = now()

-- name: drop_provider(id)!
with links as (delete from sign_in_links where provider_id = :id)
delete from sign_in_providers where id = :id

-- name: use_link(provider_id, subject, at)$
update sign_in_links set used_at = :at where provider_id = :provider_id and subject = :subject returning person_id

-- name: insert_link(provider_id, subject, person_id)!
insert into sign_in_links (provider_id, subject, person_id) values (:provider_id, :subject, :person_id) on conflict do nothing

-- name: has_link(person_id)$
select exists (select 1 from sign_in_links where person_id = :person_id)

-- name: links_of(person_id)
select provider_id, linked_at from sign_in_links where person_id = :person_id order by linked_at

-- name: drop_link(provider_id, person_id)!
delete from sign_in_links where provider_id = :provider_id and person_id = :person_id
