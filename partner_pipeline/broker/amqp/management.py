"""RabbitMQ's management API: looking at messages without taking them."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final
from urllib.parse import quote

import httpx

from partner_pipeline.errors import BrokerError

_TIMEOUT: Final = httpx.Timeout(30.0, connect=3.0)


class Management:
    """The API of one virtual host.

    Parameters
    ----------
    url : str
        With the account's name and password.
    vhost : str
    """

    def __init__(self, url: str, vhost: str) -> None:
        parsed = httpx.URL(url)
        self._name = f"RabbitMQ's management API at {parsed.host}:{parsed.port or parsed.scheme}"
        self._vhost = quote(vhost, safe="")
        self._client = httpx.Client(
            base_url=parsed.copy_with(userinfo=b""),
            auth=(parsed.username, parsed.password),
            timeout=_TIMEOUT,
        )

    def look(self, queue: str, count: int) -> list[tuple[bytes, dict[str, Any], bool]]:
        """The first messages of a queue: body, properties, whether it was delivered before.

        Raises
        ------
        BrokerError
            When the API does not answer, refuses the account or has no such queue.
        """
        asked = {"count": count, "ackmode": "ack_requeue_true", "encoding": "base64"}
        path = f"/api/queues/{self._vhost}/{quote(queue, safe='')}/get"
        doing = f"looking into {queue}"
        try:
            answer = self._client.post(path, json=asked)
        except httpx.HTTPError as error:
            raise BrokerError(
                f"{doing}: {self._name} does not answer ({type(error).__name__}); is the plugin "
                "rabbitmq_management on, and RABBITMQ_MANAGEMENT_URL right?"
            ) from error
        if answer.status_code != httpx.codes.OK:
            raise BrokerError(f"{doing}: {self._name} says {_meaning(answer.status_code)}")
        try:
            return [_message(found) for found in answer.json()]
        except (ValueError, TypeError, KeyError, binascii.Error) as error:
            message = f"{doing}: {self._name} gave an unreadable answer: {error!r}"
            raise BrokerError(message) from error

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


def _meaning(status: int) -> str:
    return {
        401: "401: it refuses the account; the user needs the tag 'management'",
        404: "404: there is no such queue; declare it first",
    }.get(status, str(status))


def _message(found: dict[str, Any]) -> tuple[bytes, dict[str, Any], bool]:
    properties = found["properties"]
    if not isinstance(properties, dict):  # it writes an empty object as a list
        properties = {}
    return base64.b64decode(found["payload"]), properties, bool(found["redelivered"])
