"""`python -m practicestudio.cli`: the command without its installed script, as its own child processes are started."""

from practicestudio.cli.main import run

run()
