"""What was flown: the data of logs, and the applications that they are part of."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from partner_pipeline.model.document import Document, Moment, Part, Text

#: Columns of ``application_details``, as the platform reads them; one row a position.
DETAIL_FIELDS: Final = (
    *("fileId", "frame", "gpsTime", "lat", "lon", "alt", "grSpeed", "track", "xTrack"),
    *("sprayStat", "swath", "flowRate", "targetRate", "appRate", "windSpd", "windDir"),
    *("temp", "humid", "height"),
    *("satlocJobId", "filenameJobId", "swathingJobId", "jobLongLabelName", "aircraftId"),
)

#: Statistics of files that add up to those of their application; units as in a flight's summary.
SUMMED: Final = (
    *("flightTime", "sprayTime", "turnTime", "ferryTime", "distance", "sprayedDistance"),
    *("passes", "grossArea", "netArea", "overlapArea", "volume"),
)


class Totals(Part):
    """Of all files of an application; always computed from the files themselves."""

    files: int = 0
    records: int = 0
    start_time: Moment | None = None
    end_time: Moment | None = None
    flight_time: float = 0.0
    spray_time: float = 0.0
    turn_time: float = 0.0
    ferry_time: float = 0.0
    distance: float = 0.0
    sprayed_distance: float = 0.0
    passes: int = 0
    gross_area: float = 0.0
    net_area: float = 0.0
    overlap_area: float = 0.0
    volume: float = 0.0


class Application(Document):
    """The files of one job by one user within 24 hours.

    Attributes
    ----------
    job_id, user_id : str
        Internal ids; the user is the aircraft or pilot that the job was assigned to.
    uploaded_date : datetime
        Of its first file.
    totals : Totals
    version : int
        Counts the changes of `totals`: of two that recompute them at once, one does it again.
    """

    job_id: Text
    user_id: Text
    customer_id: Text
    partner_code: str | None = None
    uploaded_date: Moment
    totals: Totals = Totals()
    version: int = 0
    updated_at: Moment | None = None


class JobMatch(Part):
    """Which assignment a log belongs to, and why.

    Attributes
    ----------
    decision : str
        ``manual``: somebody said so; the others are the matching's.
    assign_id, job_id, user_id : str or None
        None: unmatched, or ambiguous.
    candidates : list of dict
        Each with its score and its reasons.
    by : str or None
        Who said so.
    """

    decision: Literal["matched", "ambiguous", "unmatched", "manual"]
    assign_id: str | None = None
    job_id: str | None = None
    user_id: str | None = None
    candidates: list[dict[str, Any]] = Field(default_factory=list)
    by: str | None = None


class ProcessingMetrics(Part):
    """What processing a log took.

    Attributes
    ----------
    seconds : dict of str to float
        By step.
    records : int
        Positions stored.
    size : int
        Of the file, bytes.
    bytes_lost_share : float
        Of the file, 0 to 1.
    """

    seconds: dict[str, float] = Field(default_factory=dict)
    records: int = 0
    size: int = 0
    bytes_lost_share: float = 0.0


class ApplicationFile(Document):
    """The data of one log.

    Attributes
    ----------
    application_id : str or None
        None: it matches no assignment yet.
    meta : dict
        ``type, matType, operator, fcName, decoderVersion, layout, layoutVersion, …``
    identity : dict
        What file name and records say of the job.
    segments : dict
        The sprayed track, GeoJSON.
    statistics : dict
        The flight's summary.
    passes : list of dict
    damage : dict
        What of the file was lost.
    notes : list of str
        What could not be told, and why.
    """

    application_id: str | None = None
    partner_code: Text
    customer_id: Text
    log_id: Text
    aircraft_id: str | None = None
    tracker_id: str | None = None
    log_file_name: str
    saved_local_file: str | None = None
    sha256: str | None = None
    job_match: JobMatch
    identity: dict[str, Any] = Field(default_factory=dict)
    meta: dict[str, Any] = Field(default_factory=dict)
    segments: dict[str, Any] = Field(default_factory=dict)
    statistics: dict[str, Any] = Field(default_factory=dict)
    passes: list[dict[str, Any]] = Field(default_factory=list)
    damage: dict[str, Any] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    processing: ProcessingMetrics = ProcessingMetrics()
    uploaded_date: Moment
    updated_at: Moment | None = None
