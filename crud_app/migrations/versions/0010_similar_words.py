"""What resembles a search is found by the words that the directory has most, not by the texts of all employees.

Of a million texts, those with similar trigrams took seconds to compare.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

TEXT = "fold_text(nombre || ' ' || email || ' ' || posicion)"
# The statistics of `search` have up to a thousand words. For each of the three longest words of a search, up to five
# similar ones are looked up, as long as few rows have them. A small directory's texts are compared, as before.
SIMILAR = f"""
DO $do$ BEGIN IF search_kind() = 'trigram' THEN
    CREATE OR REPLACE FUNCTION similar_empleados(q text, most integer) RETURNS SETOF empleados LANGUAGE plpgsql STABLE
    SET pg_trgm.strict_word_similarity_threshold = 0.35 AS $$ BEGIN
        IF (SELECT reltuples <= 2000 FROM pg_class WHERE oid = 'empleados'::regclass) THEN
            RETURN QUERY SELECT * FROM empleados
            WHERE cardinality(folded_words(q)) > 0
                AND ({TEXT} LIKE '%' || array_to_string(folded_words(q), '%') || '%' OR fold_text(q) <<% {TEXT})
            ORDER BY strict_word_similarity(fold_text(q), {TEXT}) DESC, id LIMIT most;
        ELSE
            RETURN QUERY SELECT found.* FROM (SELECT * FROM empleados WHERE search @@ (
                SELECT string_agg(coalesce('(' || alternatives || ')', '''-'''), ' & ')::tsquery
                FROM (SELECT word FROM unnest(folded_words(q)) AS word ORDER BY length(word) DESC LIMIT 3) AS sought,
                LATERAL (SELECT string_agg('''' || known || '''', ' | ') AS alternatives FROM (
                    SELECT known, row_number() OVER closest AS place, sum(part * reltuples) OVER closest AS entries
                    FROM pg_class, pg_stats,
                        unnest(most_common_elems::text::text[], most_common_elem_freqs) AS words (known, part)
                    WHERE oid = 'empleados'::regclass AND schemaname = current_schema AND tablename = relname
                        AND attname = 'search' AND (known LIKE '%' || word || '%' OR word <<% known)
                    WINDOW closest AS (ORDER BY strict_word_similarity(word, known) DESC, known)
                ) AS similar_words WHERE place <= 5 AND entries <= 100000) AS chosen
            ) LIMIT 100) AS found ORDER BY strict_word_similarity(left(fold_text(q), 60), {TEXT}) DESC, id LIMIT most;
        END IF;
    END $$;
END IF; END $do$
"""  # noqa: S608 - our own text


def upgrade() -> None:
    """Replace the function, where there are trigrams."""
    op.execute(SIMILAR)


def downgrade() -> None:
    """Nothing: the function does what the one before did."""
