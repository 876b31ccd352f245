"""The faces of Practice Studio: pages for people, an API for programs. Thin: what they do is done by the use cases below."""
