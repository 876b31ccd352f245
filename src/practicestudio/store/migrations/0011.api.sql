-- What the API keeps: how much of its rate each key has used, and the answers to requests that must not be carried out twice.
-- depends: 0005.access

create unlogged table api_rates (
    key_id  uuid primary key,
    free_at timestamptz not null
);
comment on table api_rates is 'When each API key has all of its rate free again. A crash empties it, which costs nothing but a few calls more.';
alter table api_rates set (fillfactor = 50);
call wall_shared('api_rates', 'select, insert, update');

create table api_answers (
    practice_id uuid not null,
    key_id      uuid not null,
    token       uuid not null,
    id          uuid not null,
    request     uuid not null,
    sealed      bytea not null,
    made_at     timestamptz not null default now(),
    primary key (practice_id, key_id, token)
);
comment on table api_answers is 'Answers to requests with an Idempotency-Key: token is its blind identity, request that of what was asked. Kept with the change itself.';
create unique index api_answers_id on api_answers (practice_id, id);
create index api_answers_made on api_answers (practice_id, made_at);
call wall('api_answers');
