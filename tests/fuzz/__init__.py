"""Fuzz targets: bytes in, and what must hold of a decoder whatever they are.

:mod:`fuzz.properties` says what must hold, :mod:`fuzz.seeds` makes logs to start from, and
``python -m fuzz.run`` puts them under atheris (see scripts/fuzz.sh).
"""
