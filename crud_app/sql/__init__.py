"""The app's SQL, written with SQLAlchemy. `make statements` compiles it into `chalicelib/statements.py`.

Chalice packages none of this, so no Lambda imports SQLAlchemy (docs/adr/0027).
"""
