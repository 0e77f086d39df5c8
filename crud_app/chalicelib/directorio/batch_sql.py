"""The statements about batches of changes (docs/design/row-and-event.md): SQL already, like those in ``reads.py``. The
columns come from the declaration of fields; ``repository.find_statement`` fills in the parts in braces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.directorio.employee import BY_NAME, INPUTS
from chalicelib.directorio.query import KEPT_HOURS
from chalicelib.directorio.reads import utc_text
from contract.events import ACTUALIZADO, CREADO, ELIMINADO, LOTE, MESSAGE_VERSION, RESTAURADO

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The sweep closes a batch that has been idle this long.
IDLE = "interval '15 minutes'"
FORGOTTEN_BEFORE = f"now() - interval '{KEPT_HOURS} hours'"
COUNTS = {"creados": CREADO, "actualizados": ACTUALIZADO, "eliminados": ELIMINADO, "restaurados": RESTAURADO}


def _join(names: Iterable[str], pattern: str = "{0}") -> str:
    return ", ".join(map(pattern.format, names))


QUOTED, CHANGED = _join(INPUTS, "'{0}'"), (*INPUTS, "version", "actualizado_en")
#: The values of a new employee that an operation need not have.
TODAY = _join(
    (name for name in INPUTS if BY_NAME[name].default), "'{0}', CAST(timezone(:time_zone::text, now()) AS date)"
)
DEFAULTS = f"jsonb_build_object({TODAY})"
#: Do the operations of a batch that can be done, once for the actor's key; or only say what would become of each.
#:
#: Returns the results as a JSON array without its brackets, NULL if another request has the key; the digest that the
#: key had, or NULL; and whether a result lacks the row that has its address, because it came meanwhile. The same
#: statement once more, as a repetition, finds that row.
#:
#: An address that an operation frees is free for the next batch: within one, the order would be PostgreSQL's own.
APPLY = f"""WITH anterior AS (SELECT huella, evento_id FROM peticiones WHERE actor = :actor AND clave = :key
  AND creada_en >= {FORGOTTEN_BEFORE} AND NOT :simulated),
nueva AS (INSERT INTO peticiones (actor, clave, huella) SELECT :actor, :key, :digest WHERE NOT :simulated
  AND NOT EXISTS (SELECT FROM lotes WHERE id = :lote AND actor != :actor)
  ON CONFLICT (actor, clave) DO UPDATE SET huella = excluded.huella, evento_id = excluded.evento_id,
  creada_en = excluded.creada_en WHERE peticiones.creada_en < {FORGOTTEN_BEFORE} RETURNING evento_id),
pedido AS (SELECT p.* FROM json_to_recordset(CAST(:operations AS json)) AS p(orden integer, lista text,
  indice integer, id bigint, version integer, valores jsonb)),
turno AS (SELECT pedido.* FROM pedido WHERE :simulated OR EXISTS (SELECT FROM nueva)),
actual AS (SELECT {{columns}} FROM empleados WHERE id = ANY(ARRAY(SELECT id FROM turno
  WHERE lista IN ('actualizar', 'eliminar'))) ORDER BY id FOR UPDATE),
ausente AS (SELECT {{columns}} FROM bajas WHERE id = ANY(ARRAY(SELECT id FROM turno
  WHERE lista = 'restaurar')) ORDER BY id FOR UPDATE),
previa AS (SELECT actual.* FROM actual UNION ALL SELECT ausente.* FROM ausente),
destino AS (SELECT orden, lista, indice, turno.version AS wanted, previa.version AS found, to_jsonb(previa) AS antes,
  to_jsonb(nueva) AS despues, nueva.* FROM turno LEFT JOIN previa ON previa.id = turno.id
  CROSS JOIN LATERAL jsonb_populate_record(NULL::empleados, coalesce(to_jsonb(previa), {DEFAULTS}) || valores
  || jsonb_build_object('id', turno.id, 'version', previa.version + 1, 'actualizado_en', clock_timestamp())) AS nueva),
cambio AS (SELECT destino.*, cambios, valores, titular.id AS titular_id, CASE WHEN lista = 'crear' THEN 201
  WHEN found IS NULL THEN 404 WHEN wanted != found THEN 412 WHEN lista = 'eliminar' THEN 204 ELSE 200 END AS posible
  FROM destino LEFT JOIN empleados AS titular ON titular.email = destino.email
  AND titular.id IS DISTINCT FROM destino.id AND lista != 'eliminar' CROSS JOIN LATERAL (SELECT array_agg(campo)
  AS cambios, jsonb_object_agg(campo, jsonb_build_object('antes', antes -> campo, 'despues', despues -> campo))
  AS valores FROM unnest(ARRAY[{QUOTED}]) AS campo WHERE antes ->> campo IS DISTINCT FROM despues ->> campo) AS v),
decidido AS (SELECT cambio.*, CASE WHEN posible IN (200, 201) AND (titular_id IS NOT NULL
  OR row_number() OVER (PARTITION BY email, posible IN (200, 201) AND titular_id IS NULL ORDER BY orden) > 1)
  THEN 409 ELSE posible END AS estado FROM cambio),
hacer AS (SELECT decidido.* FROM decidido WHERE NOT :simulated),
creado AS (INSERT INTO empleados ({_join(INPUTS)}) SELECT {_join(INPUTS)} FROM hacer WHERE estado = 201
  ORDER BY orden ON CONFLICT (email) DO NOTHING RETURNING {{columns}}),
cambiado AS (UPDATE empleados SET {_join(CHANGED, "{0} = hacer.{0}")} FROM hacer
  WHERE empleados.id = hacer.id AND lista = 'actualizar' AND estado = 200 AND cambios IS NOT NULL RETURNING hacer.*),
borrado AS (DELETE FROM empleados USING hacer WHERE empleados.id = hacer.id AND estado = 204 RETURNING hacer.*),
baja AS (INSERT INTO bajas ({{columns}}, baja_en) SELECT {{columns}}, actualizado_en FROM borrado),
vuelto AS (DELETE FROM bajas USING hacer WHERE bajas.id = hacer.id AND lista = 'restaurar' AND estado = 200
  RETURNING hacer.*),
restaurado AS (INSERT INTO empleados ({{columns}}) SELECT {{columns}} FROM vuelto),
hecho AS (SELECT cada.*, gen_random_uuid() AS evento_id FROM (SELECT '{CREADO}' AS tipo, {{columns}}, ARRAY(SELECT campo
  FROM unnest(ARRAY[{QUOTED}]) AS campo WHERE to_jsonb(creado) ->> campo IS NOT NULL) AS cambios, NULL::jsonb AS valores
  FROM creado UNION ALL SELECT '{ACTUALIZADO}', {{columns}}, cambios, valores FROM cambiado
  UNION ALL SELECT '{ELIMINADO}', {{columns}}, ARRAY[]::text[], NULL FROM borrado
  UNION ALL SELECT '{RESTAURADO}', {{columns}}, ARRAY[]::text[], NULL FROM vuelto) AS cada),
evento AS ({{evento_of_lote}}),
lote AS (INSERT INTO lotes (id, origen, actor, creados, actualizados, eliminados, restaurados, cambios)
  SELECT :lote, :origin, :actor, {_join(COUNTS.values(), "count(*) FILTER (WHERE tipo = '{0}')")},
  ARRAY(SELECT DISTINCT unnest(CASE tipo WHEN '{ACTUALIZADO}' THEN cambios ELSE ARRAY[{QUOTED}] END)
  FROM hecho ORDER BY 1) FROM hecho HAVING EXISTS (SELECT FROM nueva)
  ON CONFLICT (id) DO UPDATE SET {_join(COUNTS, "{0} = lotes.{0} + excluded.{0}")}, ultimo_en = now(),
  cerrado_en = CASE WHEN excluded.cambios = ARRAY[]::text[] THEN lotes.cerrado_en END,
  cambios = CASE WHEN lotes.cerrado_en IS NULL THEN ARRAY(SELECT DISTINCT unnest(lotes.cambios || excluded.cambios)
  ORDER BY 1) ELSE excluded.cambios END),
nuevo AS (SELECT {{columns}} FROM hecho WHERE tipo != '{ELIMINADO}'),
resultado AS (SELECT orden, lista, indice, CASE WHEN estado = 201 AND creado.id IS NULL AND NOT :simulated
  THEN 409 ELSE estado END AS estado, CASE WHEN estado = 201 THEN creado.id WHEN estado = 409 THEN coalesce(titular_id,
  (SELECT nuevo.id FROM nuevo WHERE nuevo.email = decidido.email)) WHEN estado IN (200, 412) THEN decidido.id END AS id
  FROM decidido LEFT JOIN creado ON estado = 201 AND creado.email = decidido.email),
paso AS (INSERT INTO lotes_pasos (id, resultado) SELECT evento_id, (SELECT jsonb_agg(to_jsonb(resultado))
  FROM resultado) FROM nueva),
repetido AS (SELECT r.orden, r.lista, r.indice, r.estado, coalesce(r.id, titular.id) AS id
  FROM anterior JOIN lotes_pasos ON lotes_pasos.id = anterior.evento_id CROSS JOIN LATERAL
  jsonb_to_recordset(resultado) AS r(orden integer, lista text, indice integer, estado integer, id bigint)
  JOIN pedido ON pedido.orden = r.orden LEFT JOIN empleados AS titular ON r.estado = 409 AND titular.email =
  pedido.valores ->> 'email' WHERE anterior.huella = :digest),
dicho AS (SELECT resultado.* FROM resultado UNION ALL SELECT repetido.* FROM repetido),
conocido AS (SELECT nuevo.*, 1 AS rango FROM nuevo UNION ALL SELECT actual.*, 2 FROM actual
  UNION ALL SELECT {{columns}}, 3 FROM empleados WHERE id = ANY(ARRAY(SELECT id FROM dicho))),
visto AS (SELECT DISTINCT ON (id) * FROM conocido ORDER BY id, rango),
cuerpo AS (SELECT visto.id, CAST(row_to_json(fila) AS text) AS body FROM visto JOIN LATERAL (SELECT {{fields}}) AS fila
  ON true)
SELECT string_agg('{{"lista":"' || lista || '","indice":' || indice || ',"estado":' || estado || coalesce(',"'
  || CASE estado WHEN 409 THEN 'existente' ELSE 'empleado' END || '":' || body, '') || '}}', ',' ORDER BY orden),
  (SELECT huella FROM anterior), coalesce(bool_or(estado = 409 AND body IS NULL), false)
  FROM dicho LEFT JOIN cuerpo ON cuerpo.id = dicho.id"""
#: Close the actor's batch, or without one all that are idle, and write the event of each, unless it changed nothing or
#: was closed before.
#:
#: Returns for each, and for one that was closed before, its counts as JSON, and the event's id, tipo and mensaje, or
#: NULL.
CLOSE = f"""WITH cerrado AS (UPDATE lotes SET cerrado_en = clock_timestamp() WHERE cerrado_en IS NULL
  AND (id = :lote AND actor = :actor OR :lote IS NULL AND ultimo_en < now() - {IDLE}) RETURNING lotes.*),
evento AS (INSERT INTO eventos (id, tipo, ocurrido_en, actor, payload, lote)
  SELECT message.id, '{LOTE}', cerrado_en, cerrado.actor, row_to_json(message), cerrado.id FROM cerrado
  CROSS JOIN LATERAL (SELECT {_join(COUNTS, "cerrado.{0}")}) AS resumen
  CROSS JOIN LATERAL (SELECT {MESSAGE_VERSION} AS version, gen_random_uuid() AS id, '{LOTE}' AS tipo,
  {utc_text("cerrado_en")} AS ocurrido_en, cerrado.actor,
  cerrado.id AS lote, origen, row_to_json(resumen) AS resumen, cerrado.cambios, :aviso::boolean AS aviso) AS message
  WHERE cerrado.cambios != ARRAY[]::text[] RETURNING eventos.id, eventos.payload, eventos.lote),
lote AS (SELECT cerrado.* FROM cerrado UNION ALL SELECT lotes.* FROM lotes
  WHERE cerrado_en IS NOT NULL AND id = :lote AND actor = :actor)
SELECT CAST(row_to_json(fila) AS text), CAST(evento.id AS text), '{LOTE}', CAST(evento.payload AS text)
  FROM lote LEFT JOIN evento ON evento.lote = lote.id
  CROSS JOIN LATERAL (SELECT lote.id, lote.origen, {_join(COUNTS, "lote.{0}")}) AS fila"""
BATCHES = {"apply_lote": APPLY, "close_lotes": CLOSE}
