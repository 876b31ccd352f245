"""The command `practicestudio`, one module a group of commands. What takes long to load is loaded by the command that needs it."""
