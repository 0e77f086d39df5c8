"""The statements of the outbox, of the sweep and of erasure. They depend on no field and on no audience, so they are
SQL already; ``repository.find_statement`` fills in ``{without_person}``.
"""

from __future__ import annotations

from chalicelib.directorio.query import KEPT_HOURS

#: The advisory lock of the sweep: two sweeps at a time would publish the same events. Any number that is ours alone.
SWEEP_LOCK = 0x656D706C  # "empl"
#: A request has this long to publish its own event before the sweep considers it left over: no request lives longer.
GRACE = "interval '30 seconds'"
#: Idempotency-Keys that were used before this moment are forgotten.
FORGOTTEN_BEFORE = f"now() - interval '{KEPT_HOURS} hours'"
IS_PENDING = f"publicado_en IS NULL AND ocurrido_en < now() - {GRACE}"
#: What an event tells of the employee; NULL if the employee was erased.
TOLD = "payload -> 'empleado' ->> 'email'"
#: An event that waits for its publication is needed as it is.
IS_OLD = f"ocurrido_en < now() - make_interval(0, :months::integer) AND publicado_en IS NOT NULL AND {TOLD} IS NOT NULL"

UPKEEP = {
    # ``mark_eventos`` of one. The next statement of the connection waits for it, but not for the disk: a mark that a
    # crash of the server loses costs a duplicate, which readers absorb.
    "mark_evento": """UPDATE eventos SET publicado_en = clock_timestamp(), message_id = :sns_message_id
  WHERE id = :event_id AND publicado_en IS NULL AND set_config('synchronous_commit', 'off', true) IS NOT NULL""",
    # Whether this transaction is the only sweep.
    "lock_sweep": f"SELECT pg_try_advisory_xact_lock({SWEEP_LOCK})",
    # Until this transaction ends, no sweep has events in its hands. Waits as long as for any lock.
    "wait_for_sweep": f"SELECT CAST(pg_advisory_xact_lock({SWEEP_LOCK}) AS text)",
    # The oldest events that were left unpublished, less those of employees that are held back. A batch's own event has
    # no employee.
    "pending_eventos": f"""SELECT CAST(id AS text), coalesce(empleado_id, 0), tipo, CAST(payload AS text) FROM eventos
  WHERE {IS_PENDING} AND coalesce(empleado_id, 0) != ALL(:held_back::bigint[])
  ORDER BY numero LIMIT :limit::integer""",
    "mark_eventos": """UPDATE eventos SET publicado_en = clock_timestamp(), message_id = marked.message_id
  FROM unnest(:event_ids::uuid[], :sns_message_ids::text[]) AS marked (id, message_id)
  WHERE eventos.id = marked.id AND publicado_en IS NULL""",
    # How many events are left over, and the age of the oldest in seconds (0 if there is none).
    "measure_outbox": f"""SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(ocurrido_en)), 0)
  FROM eventos WHERE {IS_PENDING}""",
    "forget_peticiones": f"""WITH steps AS (DELETE FROM lotes_pasos WHERE creado_en < {FORGOTTEN_BEFORE})
  DELETE FROM peticiones WHERE creada_en < {FORGOTTEN_BEFORE}""",
    # The first leavers whose time is up, locked so that they cannot be restored meanwhile.
    "overdue_bajas": """SELECT id FROM bajas WHERE baja_en < now() - make_interval(0, 0, 0, :days::integer)
  ORDER BY baja_en, id LIMIT :limit::integer FOR UPDATE SKIP LOCKED""",
    # All who have, or ever had, this address. Reads the whole history.
    "find_people": f"""SELECT id FROM empleados WHERE email = :email::text
  UNION SELECT id FROM bajas WHERE email = :email
  UNION SELECT empleado_id FROM eventos WHERE {TOLD} = :email ORDER BY id""",
    # See ``erasure.Person``.
    "describe_person": f"""WITH person AS (SELECT id, email FROM empleados UNION ALL SELECT id, email FROM bajas),
history AS (SELECT publicado_en, {TOLD} AS email FROM eventos WHERE empleado_id = :row_id::bigint),
had AS (SELECT email FROM person WHERE id = :row_id UNION SELECT email FROM history WHERE email IS NOT NULL)
SELECT EXISTS (SELECT FROM person WHERE id = :row_id), count(*), count(email),
  count(email) FILTER (WHERE publicado_en IS NULL), ARRAY(SELECT email FROM had WHERE NOT EXISTS
  (SELECT FROM empleados WHERE empleados.email = had.email AND id != :row_id)) FROM history""",
    # Take people who are no employees out of everything, and publish no event of theirs that is left. Returns a row for
    # each event that was emptied.
    "erase_people": f"""WITH leavers AS (DELETE FROM bajas WHERE id = ANY(:row_ids::bigint[])),
requests AS (DELETE FROM peticiones USING eventos
  WHERE peticiones.evento_id = eventos.id AND empleado_id = ANY(:row_ids))
UPDATE eventos SET payload = {{without_person}}, valores = NULL,
  publicado_en = coalesce(publicado_en, clock_timestamp())
  WHERE empleado_id = ANY(:row_ids) AND {TOLD} IS NOT NULL RETURNING numero""",
    # Published events, older than the given months, that still hold a person's data.
    "count_old_eventos": f"SELECT count(*) FROM eventos WHERE {IS_OLD}",
    # Take the persons out of the first of those events, after a number. Returns how many, and the last number.
    "empty_old_eventos": f"""WITH emptied AS (UPDATE eventos SET payload = {{without_person}}, valores = NULL
  WHERE numero IN (SELECT numero FROM eventos WHERE {IS_OLD} AND numero > :after ORDER BY numero LIMIT :limit::integer)
  RETURNING numero)
SELECT count(*), max(numero) FROM emptied""",
}
