"""Pages of the web: addresses checked, asked for politely, bounded in time and size; every failure has its reason."""
