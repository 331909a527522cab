"""A process that says when it is ready, takes all it can get and prints the numbers."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path


def main() -> None:
    from partner_pipeline.broker.embedded import EmbeddedBroker

    taken = []
    with (
        EmbeddedBroker(Path(sys.argv[1]), retention=timedelta(days=1)) as broker,
        broker.consume(["tasks"], prefetch=1) as consumer,
    ):
        print("ready", flush=True)
        while delivery := consumer.get(3.0):
            taken.append(delivery.message.content()["number"])
            delivery.ack()
    print(json.dumps(taken))


main()
