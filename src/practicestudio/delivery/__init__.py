"""The message log: what crosses the wall is stored here first, worked in order by lane, tried again by rule, and kept as evidence."""
