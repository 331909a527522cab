"""Which job a log says it belongs to: from its file's name, else from record 120's label.

The rules for the file's name, tried in this order, in any case, on the name without folders and
extension:

1. ``yyyymmdd_JOB<id>``: the id runs to the end (``20250915_JOB789_field1.log`` → ``789_field1``);
2. ten digits (and not an eleventh), optional text without ``_`` or blank, then ``_`` or blank, then
   the id, which runs to the end (``2507140724SatlocG4_b4ef.log`` → ``b4ef``);
3. ``JOB<id>`` at the start; the id runs to the first character that is no part of a word
   (``JOB146 HK4704.log`` → ``146``).

Names come from foreign systems and are compared as text: Unicode is brought to one form (NFC) and
blanks at the ends are cut; nothing else is changed.

`job_identity` is for one log, `with_job_identity` for a frame of them. Both use the same patterns,
written so that Python's and polars' regular expressions read them alike.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

__all__ = ["JobIdentity", "job_identity", "with_job_identity"]

_BLANKS = " \t\r\n"
_FOLDERS = r"(?s)^.*[/\\]"
_EXTENSION = r"\.[A-Za-z][A-Za-z0-9]{0,3}$"
# Letters, digits and marks of any script and "_"; spelled as what a word does not hold, because
# Python and polars disagree on \w.
_WORD = r"[^\x00-/:-@\[-^`{-\xa0\u2000-\u206f]"
_RULES = (
    r"(?is)^[0-9]{8}_JOB(.+)$",
    r"(?is)^[0-9]{10}(?:[^0-9_ ][^_ ]*)?[_ ]+([^_ ].*)$",
    rf"(?is)^JOB({_WORD}+)",
)
_COMPILED = tuple(re.compile(rule) for rule in _RULES)


@dataclass(frozen=True, slots=True)
class JobIdentity:
    """The job identity of a log.

    Attributes
    ----------
    id : str or None
        The job id chosen; None where the log tells none.
    source : {"file_name", "job_label"} or None
        Where `id` comes from.
    filename_job_id : str or None
        The id in the file's name.
    job_label : str or None
        Record 120's job label.
    numeric_job_id : int or None
        Record 120's numeric job id, for reference only: it never identifies a job.
    """

    id: str | None
    source: Literal["file_name", "job_label"] | None
    filename_job_id: str | None
    job_label: str | None
    numeric_job_id: int | None


def job_identity(
    file_name: str | None, job_label: str | None = None, numeric_job_id: int | None = None
) -> JobIdentity:
    r"""Tell the job identity of one log.

    Parameters
    ----------
    file_name : str or None
        The log's file name; folders (``/`` or ``\``) are ignored.
    job_label : str or None
        Record 120's job label; empty or blank counts as none.
    numeric_job_id : int or None
        Record 120's numeric job id; 0 is the unit's way of saying none.
    """
    from_name = None if file_name is None else _filename_job_id(file_name)
    label = None if job_label is None else _normal(job_label) or None
    chosen = from_name or label
    source: Literal["file_name", "job_label"] | None = "file_name" if from_name else "job_label"
    return JobIdentity(
        id=chosen,
        source=source if chosen else None,
        filename_job_id=from_name,
        job_label=label,
        numeric_job_id=numeric_job_id or None,
    )


def _filename_job_id(file_name: str) -> str | None:
    base = re.sub(_FOLDERS, "", _normal(file_name))
    base = re.sub(_EXTENSION, "", base).strip(_BLANKS)
    for rule in _COMPILED:
        match = rule.search(base)
        if match and (found := match[1].strip(_BLANKS)):
            return found
    return None


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip(_BLANKS)


def with_job_identity(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell the job identity of many logs.

    Parameters
    ----------
    frame : polars.DataFrame
        One row a log, with the string columns ``file_name`` and ``job_label`` (nulls allowed).

    Returns
    -------
    polars.DataFrame
        `frame` with the columns ``job_label`` (normalised), ``filename_job_id``, ``job_id`` and
        ``job_id_source``; each row as `job_identity` gives it.
    """
    import polars as pl

    def normal(text: pl.Expr) -> pl.Expr:
        return text.cast(pl.String).str.normalize("NFC").str.strip_chars(_BLANKS)

    def filled(text: pl.Expr) -> pl.Expr:
        return pl.when(text != "").then(text)

    base = normal(pl.col("file_name")).str.replace(_FOLDERS, "").str.replace(_EXTENSION, "")
    base = base.str.strip_chars(_BLANKS)
    found = [filled(base.str.extract(rule).str.strip_chars(_BLANKS)) for rule in _RULES]
    return frame.with_columns(
        filled(normal(pl.col("job_label"))).alias("job_label"),
        pl.coalesce(found).alias("filename_job_id"),
    ).with_columns(
        pl.coalesce("filename_job_id", "job_label").alias("job_id"),
        pl.when(pl.col("filename_job_id").is_not_null())
        .then(pl.lit("file_name"))
        .when(pl.col("job_label").is_not_null())
        .then(pl.lit("job_label"))
        .alias("job_id_source"),
    )
