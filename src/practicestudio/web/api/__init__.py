"""The API for programs, `/api/v1`: the same use cases as the pages, by key instead of sign-in."""
