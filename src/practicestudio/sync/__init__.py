"""The use cases: what is pulled, received, changed and pushed, one verb a module."""
