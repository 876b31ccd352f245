-- People, how they get in, and what they may. They are of all practices, so only a transaction that names the nil practice sees them; whatever is
-- about one practice names it in at_practice. Names and secrets are sealed, and found by their blind identity; a secret that only has to be
-- known again is kept as its SHA-256.
-- depends: 0004.keys

-- Closes a table of all practices: the app role sees it only where its transaction names the nil practice.
create procedure wall_shared(relation regclass, privileges text default 'select, insert, update, delete')
    language plpgsql as $$
begin
    execute format('alter table %s enable row level security', relation);
    execute format('alter table %s force row level security', relation);
    execute format('create policy of_all_practices on %s for all to practicestudio_app using (current_practice() = ''00000000-0000-0000-0000-000000000000'') with check (current_practice() = ''00000000-0000-0000-0000-000000000000'')', relation);
    execute format('grant %s on %s to practicestudio_app', privileges, relation);
end $$;

create table people (
    id             uuid primary key,
    sign_in_name   uuid not null unique,
    email          uuid unique,
    sealed         bytea not null,
    added_at       timestamptz not null default now(),
    signed_in_at   timestamptz,
    deactivated_at timestamptz
);
comment on table people is 'Who may sign in; sign_in_name and email are blind identities of what is sealed. Nobody is ever deleted, for the trail names them.';
call wall_shared('people', 'select, insert, update');

create table person_roles (
    person_id   uuid not null,
    at_practice uuid not null,
    role        text not null,
    granted_at  timestamptz not null default now(),
    granted_by  text not null,
    primary key (person_id, at_practice, role)
);
comment on column person_roles.at_practice is 'The nil practice: at every practice, also those added later.';
create index person_roles_practice on person_roles (at_practice, role);
call wall_shared('person_roles', 'select, insert, delete');

create table passwords (
    person_id   uuid primary key,
    sealed      bytea not null,
    must_change boolean not null,
    changed_at  timestamptz not null default now(),
    ends_at     timestamptz
);
comment on table passwords is 'The argon2id hash of each password, sealed, so that a stolen database alone gives nothing to guess against. One that must be changed ends.';
call wall_shared('passwords');

create table sessions (
    id                uuid primary key,
    token             text not null unique,
    person_id         uuid not null,
    method            text not null check (method in ('password', 'passkey', 'sso')),
    second_factor     text check (second_factor in ('totp', 'passkey', 'recovery_code', 'provider')),
    second_factor_due boolean not null,
    started_at        timestamptz not null,
    seen_at           timestamptz not null,
    confirmed_at      timestamptz not null,
    sealed            bytea not null
);
comment on column sessions.token is 'SHA-256 of what the browser holds.';
comment on column sessions.confirmed_at is 'When the person last proved who it is: at the sign-in, by the second factor, or by confirming again.';
create index sessions_person on sessions (person_id);
create index sessions_started on sessions (started_at);
call wall_shared('sessions');

create table known_devices (
    token     text not null,
    person_id uuid not null,
    seen_at   timestamptz not null,
    primary key (token, person_id)
);
comment on table known_devices is 'Browsers from which somebody has signed in, by the SHA-256 of their cookie: strangers'' failures do not count against them.';
create index known_devices_person on known_devices (person_id);
call wall_shared('known_devices');

create table failures (
    counter  uuid primary key,
    failures integer not null,
    last_at  timestamptz not null
);
comment on table failures is 'Failed tries by what they are counted for: the blind identity of a name, a device, an address.';
create index failures_last on failures (last_at);
call wall_shared('failures');

create table challenges (
    holder  text not null,
    purpose text not null,
    sealed  bytea not null,
    id      uuid not null unique,
    ends_at timestamptz not null,
    primary key (holder, purpose)
);
comment on table challenges is 'What a browser was asked and has to answer, once: holder is the SHA-256 of its cookie, or its session.';
create index challenges_end on challenges (ends_at);
call wall_shared('challenges');

create table totp_secrets (
    person_id    uuid primary key,
    sealed       bytea not null,
    confirmed_at timestamptz,
    last_step    bigint not null default 0
);
comment on column totp_secrets.last_step is 'The time step of the last code that was taken: that code and those before it are not taken again.';
call wall_shared('totp_secrets');

create table passkeys (
    id         uuid primary key,
    person_id  uuid not null,
    credential uuid not null unique,
    sealed     bytea not null,
    sign_count bigint not null,
    added_at   timestamptz not null default now(),
    used_at    timestamptz
);
comment on column passkeys.credential is 'Blind identity of the credential id.';
create index passkeys_person on passkeys (person_id);
call wall_shared('passkeys');

create table recovery_codes (
    person_id uuid not null,
    code      uuid not null,
    used_at   timestamptz,
    primary key (person_id, code)
);
comment on column recovery_codes.code is 'Blind identity of the code.';
call wall_shared('recovery_codes');

create table sign_in_providers (
    id         uuid primary key,
    sealed     bytea not null,
    changed_at timestamptz not null default now(),
    changed_by text not null
);
comment on table sign_in_providers is 'OpenID Connect providers that people may sign in through; the client secret is sealed with the rest.';
call wall_shared('sign_in_providers');

create table sign_in_links (
    provider_id uuid not null,
    subject     uuid not null,
    person_id   uuid not null,
    linked_at   timestamptz not null default now(),
    used_at     timestamptz,
    primary key (provider_id, subject)
);
comment on column sign_in_links.subject is 'Blind identity of issuer and subject.';
create index sign_in_links_person on sign_in_links (person_id);
call wall_shared('sign_in_links');

create table api_keys (
    id          uuid primary key,
    token       text not null unique,
    prefix      text not null,
    at_practice uuid not null,
    scopes      text[] not null,
    sealed      bytea not null,
    made_at     timestamptz not null default now(),
    made_by     text not null,
    ends_at     timestamptz not null,
    used_at     timestamptz,
    revoked_at  timestamptz,
    revoked_by  text
);
comment on column api_keys.token is 'SHA-256 of the whole key; prefix is its beginning, by which people recognise it.';
create index api_keys_practice on api_keys (at_practice, id);
call wall_shared('api_keys', 'select, insert, update');

create table emergencies (
    id          uuid primary key,
    person_id   uuid not null,
    at_practice uuid not null,
    sealed      bytea not null,
    started_at  timestamptz not null,
    ends_at     timestamptz not null
);
comment on table emergencies is 'Emergency access: who took it, where, until when; the reason is sealed.';
create index emergencies_person on emergencies (person_id, ends_at);
create index emergencies_practice on emergencies (at_practice, id);
call wall_shared('emergencies', 'select, insert, update');
