"""`make load-test`: how fast the directory answers, and to how many at once.

``locustfile.py`` makes the requests: it runs under locust, in the environment .load, as a process of its own, because
locust replaces the sockets and threads of its process. It imports ``results.py`` and nothing else of the project.
"""
