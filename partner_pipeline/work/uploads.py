"""Files that people send: hostile until they are read, and nowhere but in a folder of their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from partner_pipeline.errors import StorageError, ValidationError
from partner_pipeline.partners.storage import safe_name
from partner_pipeline.work.context import Context
from partner_pipeline.work.job_entry import job_of_file
from partner_pipeline.work.own_file import OwnFile, submit_own_file
from satlog_native.jobs.model import JobFile

#: Formats that are read by satlog itself; those of the map libraries are not taken from strangers.
_JOB_SUFFIXES: Final = (".job", ".geojson", ".json", ".kml")
_LONGEST_NAME: Final = 120


def job_of_upload(source: BinaryIO, file_name: str, *, number: str | None = None) -> JobFile:
    """The job in a file that somebody sends.

    Parameters
    ----------
    source : file
    file_name : str
        As the sender called it: its ending tells the format, and where the file says nothing, it is
        the job's number.
    number : str, optional
        Whatever the file says.

    Raises
    ------
    ValidationError
        Another format, or a file that cannot be read.
    """
    name = safe_name(file_name, "job", _LONGEST_NAME)
    if Path(name).suffix.lower() not in _JOB_SUFFIXES:
        raise ValidationError(
            f"adding a job: {name!r} is of no format that is taken here; send a file ending in "
            f"{', '.join(_JOB_SUFFIXES)}"
        )
    with _kept(source, name) as path:
        try:
            return job_of_file(path, number=number)
        except ValidationError as error:
            # Where the file lies meanwhile is nobody's business.
            raise ValidationError(str(error).replace(str(path), name)) from error


def own_log_of_upload(
    context: Context, customer_id: str, user_id: str, source: BinaryIO, file_name: str
) -> OwnFile:
    """Take a log that somebody sends; raises as :func:`submit_own_file`."""
    with _kept(source, "upload.log") as path:
        return submit_own_file(context, customer_id, user_id, path, file_name)


@contextmanager
def _kept(source: BinaryIO, name: str) -> Iterator[Path]:
    try:
        with tempfile.TemporaryDirectory(prefix="satlog-upload-") as folder:
            path = Path(folder, name)
            with path.open("xb") as file:
                shutil.copyfileobj(source, file)
            yield path
    except OSError as error:
        raise StorageError(f"taking an upload: {error}; is there room for it?") from error
