"""What a run may use of the world: documents, and passages of them. Knows nothing of runs, settings or the database."""
