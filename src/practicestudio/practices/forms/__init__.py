"""The forms of a practice's settings: what each field is called, and what was entered turned into a checked value."""
