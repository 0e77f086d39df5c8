"""The app under ``chalice local``: a real server, real threads."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
from chalice import Response
from chalice.config import Config
from chalice.local import create_local_server

from sample_app import ANY_TYPE, make_app

THREADS = 8
ROUNDS = 10


@contextmanager
def serving(app):
    """A client of Chalice's development server on a free port of this machine."""
    server = create_local_server(app, Config.create(), "127.0.0.1", 0)
    thread = threading.Thread(target=server.server.serve_forever)
    thread.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server.server_address[1]}", timeout=60) as client:
            yield client
    finally:
        server.shutdown()
        server.server.server_close()
        thread.join()


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

    def talk(client, number):
        contexts = []
        for turn in range(ROUNDS):
            name, language = f"{number}-{turn}", ("es", "en")[number % 2]
            headers = {"X-Request-Id": name, "Accept-Language": language}
            answer = client.post(f"/juntos/{name}", params={"id": name}, content=name, headers=headers)
            told = answer.json()
            assert (answer.status_code, told["ids"], told["language"]) == (200, [name] * 4, language)
            assert answer.headers["X-Request-Id"] == told["context"]
            contexts.append(told["context"])
        return contexts

    with serving(app) as client, ThreadPoolExecutor(THREADS) as pool:
        seen = [context for contexts in pool.map(talk, [client] * THREADS, range(THREADS)) for context in contexts]
    assert len(set(seen)) == len(seen) == THREADS * ROUNDS


def test_the_server_hands_requests_on_and_answers_back():
    app = make_app()
    cookies = ["a=b", "c=d"]
    app.route("/binario")(lambda: Response(b"\x00\xff", {"Content-Type": "image/png", "Set-Cookie": cookies}, 201))
    app.route("/resto/{proxy+}")(lambda: app.current_request.uri_params)
    with serving(app) as client:
        # The rest of a path has AWS's name and that of Chalice's server.
        assert client.get("/resto/a%20b").json() == {"proxy": "a b", "proxy+": "a b"}

        answer = client.get("/empleados/a%2Fb%20%C3%B1/?q=a+b&q=%25", headers={"Cookie": "a=b"})
        seen = answer.json()
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
        assert (seen["parameters"], seen["query"]) == ({"id": "a/b ñ"}, {"q": ["a b", "%"]})
        assert (seen["cookie"], seen["client"]) == ("a=b", "127.0.0.1")

        answer = client.get("/binario")
        assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (201, b"\x00\xff", "image/png")
        assert answer.headers.get_list("Set-Cookie") == cookies

        answer = client.head("/empleados")
        assert (answer.status_code, answer.content, answer.headers.get_list("Content-Length")) == (200, b"", ["0"])

        answer = client.patch("/empleados")
        assert (answer.status_code, answer.json()["status"]) == (405, 405)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"

        answer = client.post("/empleados", content=b"\xff\x00", headers={"Content-Type": "application/octet-stream"})
        assert (answer.status_code, answer.json()["body"]) == (200, "/wA=")
