"""Real services for the pipeline's tests: those of the environment, else scripts/services."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from provided import provided

if TYPE_CHECKING:
    from pipeline.workers.tools import Room


@pytest.fixture(scope="session")
def mongo_uri() -> str:
    """Of a MongoDB or of the server that speaks its protocol."""
    return provided("mongodb", "MONGODB_URI")


@pytest.fixture(scope="session")
def amqp_url() -> str:
    """Of RabbitMQ."""
    return provided("rabbitmq", "AMQP_URL")


@pytest.fixture(scope="session")
def amqp_management_url() -> str:
    """Of RabbitMQ's management API, with the account."""
    return provided("rabbitmq", "RABBITMQ_MANAGEMENT_URL")


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Of Redis."""
    return provided("redis", "REDIS_URL")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """The pipeline with logs to work on, on SQLite and embedded queues."""
    from pipeline.workers.tools import open_room

    with open_room(tmp_path) as opened:
        yield opened


@pytest.fixture(params=["embedded", "servers"])
def any_room(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Room]:
    """The same on either kind of store and queue."""
    from pipeline.workers.tools import open_room, servers_of

    servers = servers_of(request) if request.param == "servers" else {}
    with open_room(tmp_path, **servers) as opened:
        assert opened.store.store.name == ("mongodb" if servers else "sqlite")
        yield opened


@pytest.fixture
def mongo_database(mongo_uri: str) -> Iterator[str]:
    """The name of a database that no other test uses; dropped afterwards."""
    import pymongo

    name = f"test_{uuid.uuid4().hex}"
    yield name
    with pymongo.MongoClient[dict[str, Any]](mongo_uri) as client:
        client.drop_database(name)


@pytest.fixture
def queue_prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of queues that no other test uses; RabbitMQ's are deleted if the test used RabbitMQ."""
    prefix = f"test_{uuid.uuid4().hex[:12]}_"
    if "amqp_url" not in request.fixturenames:
        yield prefix
        return
    amqp_url = request.getfixturevalue("amqp_url")
    management_url = request.getfixturevalue("amqp_management_url")
    yield prefix
    _delete_queues(amqp_url, management_url, prefix)


def _delete_queues(amqp_url: str, management_url: str, prefix: str) -> None:
    import httpx
    from pika import URLParameters

    vhost = quote(URLParameters(amqp_url).virtual_host, safe="")
    with httpx.Client(base_url=management_url) as api:
        for queue in api.get(f"/api/queues/{vhost}?columns=name").raise_for_status().json():
            if queue["name"].startswith(prefix):
                api.delete(f"/api/queues/{vhost}/{queue['name']}")
