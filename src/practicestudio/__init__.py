"""Practice Studio: a medical practice and its athenahealth integration."""
