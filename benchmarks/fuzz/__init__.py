"""`make fuzz`: what comes from outside is changed at random, guided by coverage, until something breaks.

``child.py`` runs under atheris, in the environment .fuzz, as a process of its own, and needs of this package
``targets.py`` and ``mutation.py`` alone. Everything else runs in the environment of the project.
"""
