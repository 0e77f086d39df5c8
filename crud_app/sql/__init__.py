"""The app's SQL, written with SQLAlchemy. `make statements` compiles it into `chalicelib/directorio/statements.py`.

Chalice packages none of this, so no Lambda imports SQLAlchemy (docs/design/database.md).
"""
