"""The app under ``chalice local``: a real server, real threads."""

import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from chalice import Response
from chalice.config import Config
from chalice.local import create_local_server

from sample_app import ANY_TYPE, make_app

THREADS = 8
ROUNDS = 10


@contextmanager
def serving(app):
    """Chalice's development server on a free port of this machine."""
    server = create_local_server(app, Config.create(), "127.0.0.1", 0)
    thread = threading.Thread(target=server.server.serve_forever)
    thread.start()
    try:
        yield server.server.server_address[1]
    finally:
        server.shutdown()
        server.server.server_close()
        thread.join()


def ask(port, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, fields)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_requests_in_many_threads_do_not_meet():
    """Every view waits until all threads are inside one: what it sees afterwards must still be its own."""
    app = make_app()
    barrier = threading.Barrier(THREADS)

    @app.route("/juntos/{id}", methods=["POST"], content_types=ANY_TYPE)
    def juntos(id):  # noqa: A002 - the route's parameter
        barrier.wait(timeout=60)
        request = app.current_request
        ids = [id, request.client_request_id, request.raw_body.decode(), request.query_params["id"]]
        return {"ids": ids, "language": request.language, "context": app.lambda_context.aws_request_id}

    def talk(number, port):
        contexts = []
        for turn in range(ROUNDS):
            name, language = f"{number}-{turn}", ("es", "en")[number % 2]
            fields = {"X_Request_Id": name, "Accept_Language": language}
            status, headers, body = ask(port, "POST", f"/juntos/{name}?id={name}", name.encode(), **fields)
            answer = json.loads(body)
            assert (status, answer["ids"], answer["language"]) == (200, [name] * 4, language)
            assert headers["X-Request-Id"] == answer["context"]
            contexts.append(answer["context"])
        return contexts

    with serving(app) as port, ThreadPoolExecutor(THREADS) as pool:
        seen = [context for contexts in pool.map(talk, range(THREADS), [port] * THREADS) for context in contexts]
    assert len(set(seen)) == len(seen) == THREADS * ROUNDS


def test_the_server_hands_requests_on_and_answers_back():
    app = make_app()

    @app.route("/binario")
    def binario():
        return Response(b"\x00\xff", {"Content-Type": "image/png", "Set-Cookie": ["a=b", "c=d"]}, 201)

    app.route("/resto/{proxy+}")(lambda: app.current_request.uri_params)
    with serving(app) as port:
        # The rest of a path has AWS's name and that of Chalice's server.
        assert json.loads(ask(port, "GET", "/resto/a%20b")[2]) == {"proxy": "a b", "proxy+": "a b"}

        status, headers, body = ask(port, "GET", "/empleados/a%2Fb%20%C3%B1/?q=a+b&q=%25", Cookie="a=b")
        seen = json.loads(body)
        assert (status, headers["Content-Type"]) == (200, "application/json")
        assert (seen["parameters"], seen["query"]) == ({"id": "a/b ñ"}, {"q": ["a b", "%"]})
        assert (seen["cookie"], seen["client"]) == ("a=b", "127.0.0.1")

        status, headers, body = ask(port, "GET", "/binario")
        assert (status, body, headers["Content-Type"]) == (201, b"\x00\xff", "image/png")
        assert headers.get_all("Set-Cookie") == ["a=b", "c=d"]

        status, headers, body = ask(port, "HEAD", "/empleados")
        assert (status, body, headers.get_all("Content-Length")) == (200, b"", ["0"])

        status, headers, body = ask(port, "PATCH", "/empleados")
        assert (status, json.loads(body)["status"]) == (405, 405)
        assert (headers["Content-Type"], headers["Allow"]) == ("application/problem+json", "GET, HEAD, OPTIONS, POST")

        status, _, body = ask(port, "POST", "/empleados", b"\xff\x00", Content_Type="application/octet-stream")
        assert (status, json.loads(body)["body"]) == (200, "/wA=")
