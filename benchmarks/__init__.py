"""How fast satlog is, beside its rivals and beside copying the same bytes.

``make bench`` measures all of it and writes ``RESULTS.md`` (:mod:`benchmarks.report`).
``python -m pytest benchmarks`` runs the same as pytest-benchmark groups, a question each; with
``--benchmark-disable`` it runs each once, on small logs.
"""
