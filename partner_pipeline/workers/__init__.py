"""Processes that run the use cases of :mod:`partner_pipeline.work`.

``opening`` makes the parts of a process; ``sync`` takes tasks from the queue; ``periodic`` does
what comes round by the clock (poll, recover, archive, alert); ``running`` runs any of them until
SIGTERM, and ends them in order.
"""
