"""The names of HTTP statuses: in English for the ALB, and in their language for people.

The standard library's ``http.HTTPStatus`` has the English ones, but importing it costs more than this table.
"""

from __future__ import annotations

#: status → reason phrase (RFC 9110 and the IANA registry)
PHRASES = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    207: "Multi-Status",
    208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    511: "Network Authentication Required",
}

#: status → the Spanish phrase; only errors are shown to people
SPANISH = {
    400: "Solicitud incorrecta",
    401: "No autenticado",
    402: "Pago requerido",
    403: "Prohibido",
    404: "No encontrado",
    405: "Método no permitido",
    406: "No aceptable",
    407: "Autenticación de proxy requerida",
    408: "Tiempo de solicitud agotado",
    409: "Conflicto",
    410: "Ya no existe",
    411: "Longitud requerida",
    412: "Precondición fallida",
    413: "Contenido demasiado grande",
    414: "URI demasiado larga",
    415: "Tipo de contenido no admitido",
    416: "Rango no satisfactible",
    417: "Expectativa fallida",
    421: "Solicitud mal dirigida",
    422: "Contenido no procesable",
    423: "Bloqueado",
    424: "Dependencia fallida",
    425: "Demasiado pronto",
    426: "Actualización de protocolo requerida",
    428: "Precondición requerida",
    429: "Demasiadas solicitudes",
    431: "Cabeceras demasiado grandes",
    451: "No disponible por motivos legales",
    500: "Error interno del servidor",
    501: "No implementado",
    502: "Respuesta incorrecta del servicio interno",
    503: "Servicio no disponible",
    504: "El servicio interno no respondió a tiempo",
    505: "Versión de HTTP no admitida",
    506: "La variante también negocia",
    507: "Almacenamiento insuficiente",
    508: "Bucle detectado",
    511: "Autenticación de red requerida",
}


def phrase(status: int) -> str:
    """The reason phrase. An unregistered status has the name of its class (RFC 9110, section 15)."""
    return PHRASES.get(status) or PHRASES.get(status // 100 * 100, "Unknown")


def titles(status: int) -> dict[str, str]:
    """The phrase in each language that this table knows."""
    english = phrase(status)
    spanish = SPANISH.get(status) or SPANISH.get(status // 100 * 100)
    return {"en": english, "es": spanish} if spanish else {"en": english}
