"""Bytes into text worth quoting: one module a format, and two doors, `local` for files and `page` for the web."""
