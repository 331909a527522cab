"""The REST API: HTTP around the use cases of :mod:`partner_pipeline.work`, which hold the logic.

``app`` puts it together; ``auth`` says who asks and what is theirs; ``security`` guards every
request; ``errors`` gives every failure one shape; ``routes`` has a module a resource, ``schemas``
what goes in and out.
"""
