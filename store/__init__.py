"""What is kept: runs, sections, versions, evidence and the library, in one SQLite file."""
