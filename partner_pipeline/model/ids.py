"""Ids of documents: random, or told by what a document is about.

A document that a flow may write twice gets an id of what it is about; then the second time finds
the first instead of making another one.
"""

from __future__ import annotations

import hashlib
import uuid


def new_id() -> str:
    """A random id: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def new_execution_id() -> str:
    """A random id of an execution: a UUID v4, as the platform writes it."""
    return str(uuid.uuid4())


def deterministic_id(kind: str, *parts: str | int) -> str:
    """The id of the one document of a kind that has these keys: 32 hexadecimal digits.

    Different keys give different ids, however they are cut: each part is hashed with its length.
    """
    digest = hashlib.sha256()
    for part in (kind, *map(str, parts)):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:32]


def log_tracker_id(partner_code: str, customer_id: str, aircraft_id: str, log_id: str) -> str:
    """Of the tracker of a partner's log."""
    return deterministic_id("partner_log", partner_code, customer_id, aircraft_id, log_id)


def application_file_id(partner_code: str, customer_id: str, log_id: str) -> str:
    """Of the data of a log."""
    return deterministic_id("application_file", partner_code, customer_id, log_id)


def execution_document_id(task_id: str, number: int) -> str:
    """Of the number-th execution of a task."""
    return deterministic_id("execution", task_id, number)


def application_id(job_id: str, user_id: str, ordinal: int) -> str:
    """Of the ordinal-th application of one job by one user."""
    return deterministic_id("application", job_id, user_id, ordinal)


def assignment_id(job_id: str, user_id: str) -> str:
    """Of the assignment of a job to a user: asked for twice it is one."""
    return deterministic_id("job_assign", job_id, user_id)
