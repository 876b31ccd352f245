-- Changing keys while everybody works: what a transaction needs to notice new ones, and the right to drop old ones.
-- depends: 0003.records

comment on column data_keys.retired_at is 'A key with a time here opens what it sealed and seals nothing: one that was replaced, or a new one that not every process knows yet.';
alter table data_keys add column resealed_at timestamptz;
comment on column data_keys.resealed_at is 'When everything of the practice that can be sealed anew had come under this key.';
grant delete on data_keys to practicestudio_dispatch;

-- Names the practice to row-level security until the transaction ends, and tells the newest of its data keys and the one that seals.
-- The lock on data_keys that this takes also shows who may still work with the keys of before.
create function enter_practice(practice uuid, out newest integer, out active integer)
    language plpgsql as $$
begin
    perform set_config('app.practice', practice::text, true);
    select max(key_id), max(key_id) filter (where retired_at is null) into newest, active
    from data_keys where practice_id = practice and purpose = 'data';
end $$;

revoke all on function enter_practice(uuid) from public;
grant execute on function enter_practice(uuid) to practicestudio_app;
