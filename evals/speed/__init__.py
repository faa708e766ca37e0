"""How fast reports are written: drafters replayed over what was said, and timed on a server."""
