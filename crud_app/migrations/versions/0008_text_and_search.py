"""Letters that do not decompose are folded, in index, query and order alike; the texts that are there are cleaned.

Only rows that change are written, in one statement for each table, and no index is built again. Meanwhile reads go on
and writes wait: a second for ten thousand employees, up to a minute for a million.

Names and positions with characters that are refused today stay as they are: the log lists their numbers.
"""

from __future__ import annotations

import logging

from alembic import context, op

revision = "0008"
down_revision = "0007"

# What is dropped: marks of Latin, Greek, Cyrillic, Hebrew and Arabic, joiners. Those of Indic scripts are vowels.
MARKS = (
    r"\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc"
    r"\u06df-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\ufe20-\ufe2f"
)
LETTERS, PLAIN = "łøđðħŧıŋɓɗɖƙƴəς", "loddhtinbddkyeσ"  # noqa: RUF001 - Greek
FOLDED = f"translate(lower(regexp_replace(normalize($1, NFKD), '[{MARKS}]', '', 'g')), '{LETTERS}', '{PLAIN}')"
for letter, pair in {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}.items():
    FOLDED = f"replace({FOLDED}, '{letter}', '{pair}')"

# Not STRICT: PostgreSQL puts such a function's body in the place of its call only without the CASE.
FOLD_TEXT = f"""
CREATE OR REPLACE FUNCTION fold_text(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length($1) = char_length($1) THEN lower($1) ELSE {FOLDED} END
"""

# Indic and South-East Asian letters and marks, and the marks of kana, belong to words: not all are alphanumeric.
FOLDED_WORDS = r"""
CREATE OR REPLACE FUNCTION folded_words(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_remove(regexp_split_to_array(fold_text($1), '[^[:alnum:]\u0900-\u1cff\u3099\u309a\ua980-\uabff]+'), '')
"""

# Each word is a prefix, so one that begins another is not needed. Of one letter there would be too many words: it
# stands for itself, unless it is a whole word in Chinese or Japanese. At most six words, the longest ones.
SEARCH_QUERY = """
CREATE OR REPLACE FUNCTION search_query(text) RETURNS tsquery LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (
    SELECT string_agg(
        '''' || word || '''' || CASE WHEN length(word) = 1 AND ascii(word) < 11904 THEN '' ELSE ':*' END, ' & '
    )::tsquery
    FROM (
        SELECT DISTINCT length(word), word FROM unnest(folded_words($1)) AS word
        WHERE length(word) = 1 OR NOT EXISTS (
            SELECT FROM unnest(folded_words($1)) AS longer WHERE longer <> word AND starts_with(longer, word)
        )
        ORDER BY length(word) DESC, word
        LIMIT 6
    ) AS used
)
"""

# As contract/text.py cleans; a text that consists of nothing to see stays.
UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2064\u3164\ufe00-\ufe0f\ufeff"
    r"\uffa0\U000e0100-\U000e01ef"
)
CLEAN_TEXT = rf"""
CREATE FUNCTION pg_temp.clean_text(text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN coalesce(nullif(btrim(regexp_replace(normalize(regexp_replace(regexp_replace($1, '[{UNSEEN}]', '', 'g'),
        '(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])', '', 'g'), NFC),
    '[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+', ' ', 'g')), ''), $1)
"""
# A text of ASCII with single spaces stays as it was. `actualizado_en` moves by a microsecond: if no indexed column
# changed, PostgreSQL would keep the entries that the functions of before made for the row.
REFRESH = r"""
UPDATE {table} SET nombre = pg_temp.clean_text(nombre), posicion = pg_temp.clean_text(posicion),
    actualizado_en = actualizado_en + interval '1 microsecond'
WHERE (nombre ~ '[^ -~]|  ' OR posicion ~ '[^ -~]|  ') AND (
    (nombre, posicion) <> (pg_temp.clean_text(nombre), pg_temp.clean_text(posicion))
    OR nombre || posicion ~ '[\u0900-\u1cff\u3099\u309a\ua980-\uabff]'
    OR (pg_temp.folded(nombre), pg_temp.folded(posicion)) <> (fold_text(nombre), fold_text(posicion))
)
"""
REFUSED = r"\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u206f\ufff9-\uffff\U000e0000-\U000e007f"
UNCLEAN = rf"""
SELECT string_agg(DISTINCT id::text, ', ') FROM empleados, unnest(ARRAY[nombre, posicion]) AS line
WHERE line ~ '[{REFUSED}]' OR line !~ '[^ \u0300-\u036f\u200b-\u200f\u00ad\ufeff]' OR length(nombre) > 120
    OR length(posicion) > 80
"""  # noqa: S608 - our own characters


def upgrade() -> None:
    """Replace the functions, then write the rows for which they say something else."""
    before = context.script.get_revision("0001").module.FOLD_TEXT
    op.execute("LOCK TABLE empleados, bajas IN SHARE ROW EXCLUSIVE MODE")
    op.execute(before.replace("fold_text", "pg_temp.folded"))
    for function in (CLEAN_TEXT, FOLD_TEXT, FOLDED_WORDS, SEARCH_QUERY):
        op.execute(function)
    for table in ("empleados", "bajas"):
        op.execute(REFRESH.format(table=table))
    op.execute("DROP FUNCTION pg_temp.folded, pg_temp.clean_text")
    if not context.is_offline_mode() and (unclean := op.get_bind().exec_driver_sql(UNCLEAN).scalar()):
        logging.getLogger("alembic.runtime.migration").warning("To be corrected by hand, employees %s", unclean)
