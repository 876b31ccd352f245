"""Bytes to values and back, each format usable alone. No socket, disk or clock here."""
