"""The pipeline around the core: jobs out to a partner, logs back, decoded, matched and stored.

Nothing is here yet. It may use :mod:`satlog_native`; the core uses nothing of it.
"""
