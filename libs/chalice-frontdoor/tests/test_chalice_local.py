"""The app under ``chalice local``: a real server."""

import threading

import httpx
from chalice import Response
from chalice.config import Config
from chalice.local import create_local_server

from sample_app import make_app


def test_the_server_hands_requests_on_and_answers_back():
    app = make_app()
    cookies = ["a=b", "c=d"]
    app.route("/binario")(lambda: Response(b"\x00\xff", {"Content-Type": "image/png", "Set-Cookie": cookies}, 201))
    app.route("/resto/{proxy+}")(lambda: app.current_request.uri_params)
    server = create_local_server(app, Config.create(), "127.0.0.1", 0)
    thread = threading.Thread(target=server.server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server.server_address[1]}"
        with httpx.Client(base_url=address, timeout=600, trust_env=False) as client:  # no proxy of the machine
            # The rest of a path has AWS's name and that of Chalice's server.
            assert client.get("/resto/a%20b").json() == {"proxy": "a b", "proxy+": "a b"}

            answer = client.get("/empleados/a%2Fb%20%C3%B1/?q=a+b&q=%25", headers={"Cookie": "a=b"})
            seen = answer.json()
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
            assert (seen["parameters"], seen["query"]) == ({"id": "a/b ñ"}, {"q": ["a b", "%"]})
            assert (seen["cookie"], seen["client"]) == ("a=b", "127.0.0.1")

            answer = client.get("/binario")
            assert (answer.status_code, answer.content) == (201, b"\x00\xff")
            assert (answer.headers["Content-Type"], answer.headers.get_list("Set-Cookie")) == ("image/png", cookies)

            answer = client.head("/empleados")
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers.get_list("Content-Length") == ["0"]

            answer = client.patch("/empleados")
            assert (answer.status_code, answer.json()["status"]) == (405, 405)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"

            binary = {"Content-Type": "application/octet-stream"}
            answer = client.post("/empleados", content=b"\xff\x00", headers=binary)
            assert (answer.status_code, answer.json()["body"]) == (200, "/wA=")
    finally:
        server.shutdown()
        server.server.server_close()
        thread.join()
