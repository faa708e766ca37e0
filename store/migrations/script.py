"""Several statements of SQL in one text."""

from sqlalchemy import Connection, text


def execute(connection: Connection, script: str) -> None:
    """Each ends with a semicolon at the end of a line."""
    for statement in script.strip().split(";\n"):
        connection.execute(text(statement.rstrip(";")))
