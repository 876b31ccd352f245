-- A practice is added, named and given its zone in the transaction that keeps the change and its trail, so by the role that works on one practice.
-- depends: 0004.keys

grant insert, update (name, time_zone) on practices to practicestudio_app;
