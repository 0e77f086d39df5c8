"""SQL that waits for another session: tests act when something happens, not after a pause."""

from __future__ import annotations


def once_active(statement: str, action: str) -> str:
    """Wait until another session runs a statement that begins with ``statement``, then call ``action`` with its pid."""
    return f"""DO $$ DECLARE found int; BEGIN LOOP
        SELECT pid INTO found FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active' AND query LIKE '{statement}%';
        EXIT WHEN found IS NOT NULL;
        PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
    END LOOP; PERFORM {action}(found); END $$"""  # noqa: S608 - the tests' own text
