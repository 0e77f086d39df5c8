"""Where the database has trigrams (pg_trgm), parts of words and words with a slip of the pen are found.

Where it has none, or the owner may not create the extension, the functions find nothing, and the API says so
(`X-Search`). Writes wait while the index is built: up to a minute for a million employees. To add
trigrams later: `alembic downgrade 0008`, then `make migrate`.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

# As `search_query`, but the words one by one.
SEARCH_WORDS = """
CREATE FUNCTION search_words(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN regexp_split_to_array(search_query($1)::text, ' & ')
"""
TEXT = "fold_text(nombre || ' ' || email || ' ' || posicion)"
# Both conditions use the index. The threshold is a setting of the function, so that the planner knows it.
TRIGRAMS = f"""
DO $do$ BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX empleados_trigramas_idx ON empleados USING gin (({TEXT}) gin_trgm_ops) WITH (fastupdate = off);
    CREATE FUNCTION similar_empleados(q text, most integer) RETURNS SETOF empleados LANGUAGE sql STABLE
    SET pg_trgm.strict_word_similarity_threshold = 0.35 AS $$
        SELECT * FROM empleados
        WHERE cardinality(folded_words(q)) > 0
            AND ({TEXT} LIKE '%' || array_to_string(folded_words(q), '%') || '%' OR fold_text(q) <<% {TEXT})
        ORDER BY strict_word_similarity(fold_text(q), {TEXT}) DESC, id LIMIT most
    $$;
    CREATE FUNCTION search_kind() RETURNS text LANGUAGE sql IMMUTABLE RETURN 'trigram';
EXCEPTION WHEN feature_not_supported OR undefined_file OR insufficient_privilege OR undefined_object THEN
    CREATE FUNCTION similar_empleados(q text, most integer) RETURNS SETOF empleados LANGUAGE sql STABLE
    AS $$ SELECT * FROM empleados WHERE false $$;
    CREATE FUNCTION search_kind() RETURNS text LANGUAGE sql IMMUTABLE RETURN 'prefix';
END $do$
"""  # noqa: S608 - our own text


def upgrade() -> None:
    """Make the index if possible, and the functions that say what is possible."""
    op.execute(SEARCH_WORDS)
    op.execute(TRIGRAMS)


def downgrade() -> None:
    """Drop them; an extension stays."""
    op.execute("DROP FUNCTION similar_empleados, search_kind, search_words")
    op.execute("DROP INDEX IF EXISTS empleados_trigramas_idx")
