"""PostgreSQL: the embedded server, migrations, named queries, and the sealing that keeps what is at rest unreadable."""
