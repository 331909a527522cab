"""A worker process that a test kills: takes one message and keeps it, saying so on stdout."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any


def main() -> None:
    from partner_pipeline.broker.amqp import AmqpBroker
    from partner_pipeline.broker.base import Broker
    from partner_pipeline.broker.embedded import EmbeddedBroker

    kind, url, queue, lease = sys.argv[1:]
    year = timedelta(days=365)
    broker: Broker
    if kind == "embedded":
        broker = EmbeddedBroker(
            Path(url), retention=year, lease=timedelta(seconds=float(lease)), delivery_limit=3
        )
    else:
        broker = AmqpBroker(url, management_url=None, retention=year, delivery_limit=3)
    with broker.consume([queue], prefetch=1) as consumer:
        delivery = consumer.get(60)
        found: Any = None if delivery is None else delivery.message.content()
        print(json.dumps(found), flush=True)
        sys.stdin.read()


main()
