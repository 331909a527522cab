"""The parts of a process, from its settings: store, broker, partners, keys."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pydantic import SecretStr

from partner_pipeline.broker import open_broker
from partner_pipeline.key_file import load_keys
from partner_pipeline.model.clock import Now, utc_now
from partner_pipeline.observe.mail import Mailer
from partner_pipeline.observe.metrics import Metrics
from partner_pipeline.partners.auth_cache import open_auth_cache
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.partners.registry import PartnerContext, PartnerRegistry
from partner_pipeline.settings import Settings
from partner_pipeline.store import open_store
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context


@contextmanager
def open_context(
    settings: Settings, *, now: Now = utc_now, sleep: Callable[[float], object] = time.sleep
) -> Iterator[Context]:
    """All parts, open and ready: indexes are made, queues declared; closed at the end.

    Parameters
    ----------
    settings : Settings
    now : callable
        Gives the time; servers have their own.
    sleep : callable
        Waits so many seconds before a partner is called once more.

    Raises
    ------
    InfrastructureError
        If the store or the broker does not answer.
    SettingsError
        If the keys of partner passwords cannot be used.
    """
    with ExitStack() as parts:
        store = open_store(settings)
        parts.callback(store.close)
        repositories = Repositories(store, now)
        repositories.ensure_indexes()
        broker = open_broker(settings, now=now)
        parts.callback(broker.close)
        broker.declare(settings.task_queues)
        keys = KeyRing(load_keys(settings))
        cache = open_auth_cache(_plain(settings.redis_url), _plain(settings.redis_pwd), keys)
        parts.callback(cache.close)
        metrics = Metrics()
        partners = PartnerRegistry(PartnerContext(settings, cache, sleep, metrics.api_call))
        parts.callback(partners.close)
        yield Context(
            settings=settings,
            repositories=repositories,
            broker=broker,
            partners=partners,
            keys=keys,
            owner=f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            metrics=metrics,
            mailer=Mailer.of(settings),
            now=now,
        )


def _plain(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
