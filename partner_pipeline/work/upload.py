"""A job to its partner: at most once, as far as the partner lets us know.

Sending a job is not safe to repeat, and SatLoc has no way to ask whether it has one. So an upload
whose outcome is not known (no answer came, or the worker died while it was sent) is *uncertain*: it
is not sent again before a person has said what became of it, see :func:`not_there`,
:func:`confirm_uploaded` and :func:`upload_again`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, Literal

from partner_pipeline.errors import (
    DuplicateKey,
    PipelineError,
    UncertainError,
    ValidationError,
)
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.jobs import JobAssign
from partner_pipeline.model.people import Aircraft, PartnerInfo
from partner_pipeline.model.states import AssignStatus
from partner_pipeline.model.tasks import UploadJobTask
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.partners.base import Account, BasePartnerService, JobUpload
from partner_pipeline.work.alerting import raise_alert
from partner_pipeline.work.context import Context
from partner_pipeline.work.enqueueing import partner_of
from partner_pipeline.work.failpoints import failpoint
from partner_pipeline.work.failure import Failure
from partner_pipeline.work.jobfiles import job_metadata, job_upload

#: Failures that say something of the account, or of the partner.
_OF_ACCOUNT: Final = frozenset(
    {
        ErrorCategory.AUTHENTICATION,
        ErrorCategory.PARTNER_DOWN,
        ErrorCategory.RATE_LIMIT,
        ErrorCategory.TRANSIENT,
    }
)

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Upload:
    """What became of an upload that did not fail.

    Attributes
    ----------
    state : str
        ``uploaded``; ``already``: it was before; ``busy``: somebody else is at it; ``gone``: the
        assignment was taken back.
    ext_job_id : str or None
        The partner's id of the job.
    """

    assign_id: str
    state: Literal["uploaded", "already", "busy", "gone"]
    ext_job_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As the result of a task."""
        return {"assignId": self.assign_id, "status": self.state, "extJobId": self.ext_job_id}


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Everything that one upload takes."""

    service: BasePartnerService
    account: Account
    account_user_id: str
    aircraft_id: str
    file: JobUpload
    metadata: dict[str, Any]


def upload_task(context: Context, message: UploadJobTask) -> dict[str, Any]:
    """The work of ``upload_partner_job``; its result. Raises as :func:`upload_assignment`."""
    return upload_assignment(context, message.assign_id).to_dict()


def upload_assignment(context: Context, assign_id: str) -> Upload:
    """Upload the job of an assignment, unless the partner has it.

    Raises
    ------
    ValidationError
        If it cannot be uploaded as it is, or if it is uncertain whether it was.
    PipelineError
        As :meth:`BasePartnerService.upload_job`, except UncertainError.
    """
    assigns = context.repositories.assigns
    claim = new_id()
    until = context.now() + context.settings.stuck_timeout
    claimed = assigns.claim_upload(assign_id, claim, until)
    if claimed is None:
        return _left(assign_id, assigns.get(assign_id))
    failpoint("upload.claimed")
    begun = time.perf_counter()
    try:
        ext_job_id = _upload(context, claimed, claim)
    except PipelineError as error:
        context.metrics.sync("upload", time.perf_counter() - begun, error.category)
        raise
    context.metrics.sync("upload", time.perf_counter() - begun)
    if ext_job_id is None:
        return Upload(assign_id, "busy")
    return Upload(assign_id, "uploaded", ext_job_id)


def _left(assign_id: str, found: JobAssign | None) -> Upload:
    if found is None:
        return Upload(assign_id, "gone")
    if found.status is AssignStatus.UPLOADED:
        return Upload(assign_id, "already", found.ext_job_id)
    return Upload(assign_id, "busy")


def _upload(context: Context, assign: JobAssign, claim: str) -> str | None:
    """The partner's id of the job; None: somebody else has taken the upload over."""
    if assign.sync.uncertain_since is not None:
        raise _uncertain(
            context, assign, claim, f"it was being sent at {assign.sync.uncertain_since}"
        )
    try:
        parcel = _parcel(context, assign)
    except PipelineError as error:
        _failed(context, assign, claim, error)
        raise
    if context.repositories.assigns.sending(assign.id, claim) is None:
        return None
    ext_job_id = _send(context, assign, claim, parcel)
    failpoint("upload.sent")
    _store(context, assign, claim, ext_job_id)
    failpoint("upload.stored")
    context.repositories.users.account_worked(parcel.account_user_id)
    return ext_job_id


def _parcel(context: Context, assign: JobAssign) -> _Parcel:
    repositories = context.repositories
    partner_code = partner_of(assign)
    if partner_code == "SATLOC" and not context.settings.satloc_file_upload_enabled:
        raise ValidationError(
            f"uploading assignment {assign.id}: uploads to SatLoc are switched off; set "
            "SATLOC_FILE_UPLOAD_ENABLED and upload it again"
        )
    service = context.service(partner_code)
    job = repositories.jobs.require(assign.job)
    account = context.account(partner_code, assign.customer_id)
    user = repositories.users.account(partner_code, assign.customer_id)
    return _Parcel(
        service=service,
        account=account,
        account_user_id="" if user is None else user.id,
        aircraft_id=_at_partner(context, assign, partner_code).partner_aircraft_id,
        file=job_upload(job),
        metadata=job_metadata(job, assign),
    )


def _at_partner(context: Context, assign: JobAssign, partner_code: str) -> PartnerInfo:
    aircraft = context.repositories.users.require_kind(assign.user, Aircraft)
    info = aircraft.partner_info
    if info is None or info.partner_code != partner_code:
        raise ValidationError(
            f"uploading assignment {assign.id}: aircraft {aircraft.id!r} is not {partner_code}'s "
            "any more; assign the job anew"
        )
    return info


def _send(context: Context, assign: JobAssign, claim: str, parcel: _Parcel) -> str:
    """Send it; every error that comes back tells whether the partner may have it."""
    try:
        return parcel.service.upload_job(
            parcel.account, parcel.aircraft_id, parcel.file, parcel.metadata
        )
    except UncertainError as error:
        raise _uncertain(context, assign, claim, str(error)) from error
    except PipelineError as error:
        if error.category in _OF_ACCOUNT:
            context.repositories.users.account_failed(
                parcel.account_user_id, Failure.of(error).message, error.category
            )
        _failed(context, assign, claim, error)
        raise
    except Exception as error:
        # A mistake in a partner's package: nobody can tell how far it had come.
        raise _uncertain(context, assign, claim, Failure.of(error).message) from error


def _store(context: Context, assign: JobAssign, claim: str, ext_job_id: str) -> None:
    assigns = context.repositories.assigns
    # Should the store fail now, the partner's id is at least in the log.
    _log.info("job uploaded", assign=assign.id, ext_job_id=ext_job_id)
    try:
        stored = assigns.uploaded(assign.id, ext_job_id)
    except DuplicateKey as error:
        why = f"the partner gave it the id {ext_job_id!r}, which another assignment has"
        raise _uncertain(context, assign, claim, why) from error
    if stored is not None:
        context.metrics.assignment(AssignStatus.UPLOADED)
    elif assigns.get(assign.id) is None:
        _log.warning("assignment was taken back while its job was sent", assign=assign.id)


def _failed(context: Context, assign: JobAssign, claim: str, error: PipelineError) -> None:
    """It surely did not arrive."""
    failure = Failure.of(error)
    context.repositories.assigns.upload_failed(assign.id, claim, failure.message, failure.category)


def _uncertain(context: Context, assign: JobAssign, claim: str, why: str) -> ValidationError:
    """Nobody knows whether it arrived: that is written down, and people are told."""
    error = ValidationError(
        f"uploading assignment {assign.id} is uncertain: {why}. The partner may have the job, so "
        "it is not sent again by itself. Look at the partner, then confirm that it is there (with "
        "its id), or that it is not"
    )
    told = Failure.of(error)
    context.repositories.assigns.upload_failed(
        assign.id, claim, told.message, told.category, certain=False
    )
    raise_alert(
        context,
        f"upload-uncertain:{assign.id}",
        "high",
        f"Job {assign.job}: uncertain whether {assign.partner_code} has it",
        told.message,
    )
    return error
