"""Tasks: what their messages say, what they are called, and what became of each execution."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter
from pydantic import ValidationError as PydanticError

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.document import Document, Moment, Part, Text, problems
from partner_pipeline.model.states import TaskStatus

#: Code of "partner" for logs that users bring themselves.
OWN_FILES: Final = "USER"

_DEVELOPMENT_PREFIX: Final = "dev_"
_LONGEST_BODY: Final = 1 << 20


class TaskType(StrEnum):
    """What is to be done."""

    UPLOAD_JOB = "upload_partner_job"
    PROCESS_LOG = "process_partner_log"
    PROCESS_FILE = "process_partner_data_file"


class TaskMessage(Part):
    """What every message says.

    Attributes
    ----------
    task_id : str
        Business key: the same for every try.
    execution_id : str
        This try.
    partner_code, customer_id : str
        For whom.
    """

    task_type: TaskType
    task_id: Text
    execution_id: Text
    partner_code: Text
    customer_id: Text

    @staticmethod
    def parse(body: bytes) -> AnyTask:
        """Read a message.

        Raises
        ------
        ValidationError
            Not JSON, an unknown task, or fields that are not as expected; says which, and shows
            nothing of the body, which may hold anything.
        """
        if len(body) > _LONGEST_BODY:
            raise ValidationError(
                f"reading a task message: expected at most {_LONGEST_BODY:,} bytes, "
                f"found {len(body):,}"
            )
        try:
            return _ANY_TASK.validate_json(body)
        except PydanticError as error:
            raise ValidationError(f"reading a task message: {problems(error)}") from None


class UploadJobTask(TaskMessage):
    """Upload the job of an assignment to the partner."""

    task_type: Literal[TaskType.UPLOAD_JOB] = TaskType.UPLOAD_JOB
    assign_id: Text


class ProcessLogTask(TaskMessage):
    """Decode, analyse, match and store a log that was downloaded."""

    task_type: Literal[TaskType.PROCESS_LOG] = TaskType.PROCESS_LOG
    tracker_id: Text
    aircraft_id: Text
    log_id: Text


class ProcessFileTask(TaskMessage):
    """Decode, analyse, match and store a log that a user brought.

    Attributes
    ----------
    saved_local_file : str
        Where it lies within the storage folder.
    log_file_name : str
        As the user called it: may tell the job.
    sha256 : str
        Of the file; its log id as well.
    user_id : str
        Who brought it.
    """

    task_type: Literal[TaskType.PROCESS_FILE] = TaskType.PROCESS_FILE
    saved_local_file: Text
    log_file_name: Text
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    user_id: Text


AnyTask = Annotated[
    UploadJobTask | ProcessLogTask | ProcessFileTask, Field(discriminator="task_type")
]
_ANY_TASK: Final[TypeAdapter[AnyTask]] = TypeAdapter(AnyTask)


def log_task_id(queue: str, partner_code: str, aircraft_id: str, log_id: str) -> str:
    """Business key of processing a log: ``partner_tasks:SATLOC:<aircraft>:<log>``."""
    return _task_id(queue, partner_code, aircraft_id, log_id)


def upload_task_id(queue: str, partner_code: str, assign_id: str) -> str:
    """Business key of uploading a job: ``partner_tasks:SATLOC:upload:<assignment>``."""
    return _task_id(queue, partner_code, "upload", assign_id)


def file_task_id(queue: str, customer_id: str, sha256: str) -> str:
    """Business key of processing a user's own log: ``partner_tasks:USER:<customer>:<sha256>``."""
    return _task_id(queue, OWN_FILES, customer_id, sha256)


def _task_id(queue: str, *parts: str) -> str:
    # Ids of partners may hold anything: a colon in one must not make two tasks the same.
    escaped = (part.replace("%", "%25").replace(":", "%3A") for part in parts)
    return ":".join((queue.removeprefix(_DEVELOPMENT_PREFIX), *escaped))


class TaskTracker(Document):
    """What became of one execution of a task.

    Attributes
    ----------
    task_id : str
        Business key, the same for every execution.
    execution_id : str
        UUID v4, as messages and people name it.
    number : int
        1 the first execution of the task, 2 the next: no two have the same. The document's id is
        told by task and number.
    superseded_by : str or None
        The execution that follows a failed one: from then on this one cannot be taken up again.
    claim : str or None
        Who works on it now: only the holder ends it.
    recoveries : int
        How often it was begun and not ended.
    process_time : float or None
        s.
    retry_count : int
        Which retry this is; 0 the first execution.
    error_stack : str or None
        Where it failed, without values.
    result : dict or None
        What came of it.
    archive_file : str or None
        Where its dead letter was archived, within the archive folder.
    metadata : dict
        The task's message, and what else helps to understand it.
    """

    task_id: Text
    execution_id: Text
    number: int
    superseded_by: str | None = None
    task_type: TaskType
    partner_code: Text
    customer_id: Text
    queue_name: Text
    status: TaskStatus
    claim: str | None = None
    recoveries: int = 0
    enqueued_at: Moment
    processing_started_at: Moment | None = None
    completed_at: Moment | None = None
    failed_at: Moment | None = None
    first_failed_at: Moment | None = None
    process_time: float | None = None
    retry_count: int = 0
    error_message: str | None = None
    error_category: ErrorCategory | None = None
    error_stack: str | None = None
    result: dict[str, Any] | None = None
    archive_file: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    updated_at: Moment
