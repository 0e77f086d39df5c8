"""`make load-test`: how fast the directory answers, and to how many at once.

``users.py`` makes the requests: it runs under locust, in the environment .load, as a process of its own, and needs of
this package ``work.py`` and ``profile.py`` alone. Everything else runs in the environment of the project.
"""
