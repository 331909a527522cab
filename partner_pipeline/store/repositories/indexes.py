"""Every index of the store, made at start."""

from __future__ import annotations

from typing import Final

from partner_pipeline.model.people import UserKind
from partner_pipeline.store.base import Filter, Index


def _index(collection: str, *paths: str) -> Index:
    return Index(collection, tuple((path, 1) for path in paths))


def _unique(collection: str, *paths: str, where: Filter | None = None) -> Index:
    return Index(collection, tuple((path, 1) for path in paths), unique=True, where=where)


INDEXES: Final[tuple[Index, ...]] = (
    _unique("users", "username", where={"username": {"$gt": ""}}),
    _index("users", "kind"),
    _index("users", "customerId", "kind"),
    _unique("users", "partner", "customerId", where={"kind": UserKind.PARTNER_SYSTEM_USER.value}),
    _unique("users", "partnerCode", where={"kind": UserKind.PARTNER.value}),
    _index("users", "partnerInfo.partnerCode", "partnerInfo.partnerAircraftId"),
    _index("jobs", "customer"),
    _index("jobs", "startDate", "endDate"),
    _index("job_assigns", "user", "status"),
    _index("job_assigns", "job"),
    _index("job_assigns", "partnerCode", "status"),
    _unique("job_assigns", "partnerCode", "extJobId", where={"extJobId": {"$gt": ""}}),
    _unique("partner_log_trackers", "partnerCode", "customerId", "aircraftId", "logId"),
    _index("partner_log_trackers", "status", "updatedAt"),
    _index("partner_log_trackers", "updatedAt"),
    _index("partner_log_trackers", "customerId", "updatedAt"),
    _index("task_trackers", "enqueuedAt"),
    _index("task_trackers", "customerId", "enqueuedAt"),
    _index("task_trackers", "taskId", "enqueuedAt"),
    _unique("task_trackers", "executionId"),
    _unique("task_trackers", "taskId", "executionId"),
    _unique("task_trackers", "taskId", "number"),
    _index("task_trackers", "queueName", "status", "enqueuedAt"),
    _index("task_trackers", "status", "processingStartedAt"),
    _index("task_trackers", "errorCategory", "status"),
    _index("applications", "jobId", "userId", "uploadedDate"),
    _unique("application_files", "partnerCode", "customerId", "logId"),
    _index("application_files", "applicationId", "uploadedDate"),
    _index("application_files", "partnerCode", "updatedAt"),
    _index("application_files", "jobMatch.decision", "updatedAt"),
    _index("application_files", "jobMatch.jobId", "updatedAt"),
    _unique("application_details", "fileId", "frame"),
    _index("outbox", "status", "notBefore"),
    _index("outbox", "createdAt"),
    _index("audit", "subject", "subjectId", "at"),
    _index("audit", "at"),
    _index("sessions", "userId"),
    _index("sessions", "expiresAt"),
    _index("attempts", "expiresAt"),
)
"""Partial unique indexes hold for documents that have the field, or are of the kind."""
