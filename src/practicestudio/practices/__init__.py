"""Practices: their connections, credentials, schedules and rules, every change kept with who made it."""
