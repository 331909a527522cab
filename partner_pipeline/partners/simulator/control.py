"""The simulator's control interface over HTTP, for this machine only.

=========== ============================ ==========================================================
``GET``     ``/_control/accounts``       accounts with passwords and aircraft
``GET``     ``/_control/received``       every request so far
``GET``     ``/_control/uploads``        every job received
``POST``    ``/_control/script``         ``{"endpoint", "faults": [{"kind", …}]}``: next answers
``POST``    ``/_control/rate``           ``{"endpoint", "probability", "fault": {"kind", …}}``
``POST``    ``/_control/clear``          no more faults
``POST``    ``/_control/password``       ``{"username", "password"}``: changes it, and logs out
``POST``    ``/_control/log``            ``{"aircraftId", "fileName", "logId"}``: one more log
=========== ============================ ==========================================================
"""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any

from partner_pipeline.errors import ValidationError
from partner_pipeline.partners.simulator.answers import Answer, message
from partner_pipeline.partners.simulator.faults import Fault
from partner_pipeline.partners.simulator.world import describe

if TYPE_CHECKING:
    from partner_pipeline.partners.simulator.server import SatlocSimulator


def answer(simulator: SatlocSimulator, method: str, what: str, body: bytes, client: str) -> Answer:
    """Answer a request of the control interface."""
    if not ipaddress.ip_address(client).is_loopback:
        return message(403, "The control interface answers this machine only.")
    try:
        if method == "GET":
            value = _told(simulator, what)
        else:
            content = json.loads(body or b"{}")
            value = _done(simulator, what, content if isinstance(content, dict) else {})
    except (ValueError, KeyError, TypeError) as error:
        return message(400, f"{type(error).__name__}: {error}")
    return Answer(body=json.dumps(value).encode())


def _told(simulator: SatlocSimulator, what: str) -> Any:
    match what:
        case "accounts":
            return describe(simulator.world)
        case "received":
            return [
                {
                    "endpoint": each.endpoint,
                    "fields": each.fields,
                    "at": each.at.isoformat(),
                    "faults": list(each.faults),
                }
                for each in simulator.received()
            ]
        case "uploads":
            return [
                {
                    "jobId": each.job_id,
                    "aircraftId": each.aircraft_id,
                    "fileName": each.file_name,
                    "size": len(each.data),
                    "metadata": each.metadata,
                    "receivedAt": each.received_at.isoformat(),
                    "problem": each.problem,
                }
                for each in simulator.world.uploads
            ]
    raise _unknown(what)


def _done(simulator: SatlocSimulator, what: str, content: dict[str, Any]) -> Any:
    match what:
        case "script":
            faults = [Fault(**fault) for fault in content["faults"]]
            simulator.faults.script(content["endpoint"], *faults)
        case "rate":
            fault = Fault(**content["fault"])
            simulator.faults.rate(content["endpoint"], float(content["probability"]), fault)
        case "clear":
            simulator.faults.clear()
        case "password":
            simulator.world.change_password(content["username"], content["password"])
        case "log":
            log = simulator.world.add_log(
                content["aircraftId"], content.get("fileName"), log_id=content.get("logId")
            )
            return {"id": log.id, "fileName": log.file_name}
        case _:
            raise _unknown(what)
    return True


def _unknown(what: str) -> ValidationError:
    return ValidationError(f"the control interface has no {what[:100]!r} for this method")
