"""What is kept: runs, sections, versions, evidence and the library, in a SQLite file or on a PostgreSQL server."""
