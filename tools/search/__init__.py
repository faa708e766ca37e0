"""Search engines and catalogues of the world behind one Protocol, and their answers made into one list."""
