"""The pipeline around the core: jobs out to a partner, logs back, decoded, matched and stored.

::

    cli  api  workers        what people and processes call
          |
        work                 one use case a module: assign, upload, poll, process, recover, ...
          |
    partners  broker  store  observe
          |
        model                documents, states, categories of failure

Arrows run downwards only. Everything may use :mod:`satlog_native`, which uses nothing of this.
"""
