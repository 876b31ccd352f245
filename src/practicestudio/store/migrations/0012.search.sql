-- Searching patients by the index of their keys. Behind row-level security the server may not look into an index for arrays, whose operators are
-- not leakproof, and read every patient of the practice instead. So a function of the owner's looks, and keeps to the practice by itself.
-- depends: 0010.reviews

create policy search on patients for select to practicestudio_owner using (true);

-- Patients of the transaction's practice that have all of these keys, by id, behind the one given. Planned anew for the keys each time: common
-- ones are found sooner by going through the patients.
create function search_patients(keys bigint[], after uuid, most integer)
    returns table (id uuid, version integer, status text, sealed bytea, merged_into uuid, created_at timestamptz, changed_at timestamptz)
    language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    return query
    select p.id, p.version, p.status, p.sealed, p.merged_into, p.created_at, p.changed_at from patients p
    where p.practice_id = current_practice() and p.search_keys @> keys and p.status <> 'deleted' and p.merged_into is null and p.id > after
    order by p.id limit most;
end $$;

revoke all on function search_patients(bigint[], uuid, integer) from public;
grant execute on function search_patients(bigint[], uuid, integer) to practicestudio_app;
