"""A worker in a process of its own: works on what waits, with one thread, and tells when it ended.

``python -m benchmarks.pipeline_worker LOG``, its settings in the environment. The log is processed
once before anything counts: what a process does but once is in no time.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from partner_pipeline.observe.logs import configure_logging
from partner_pipeline.settings import Settings
from partner_pipeline.work.flown import read_flown_log
from partner_pipeline.work.handling import handle
from partner_pipeline.workers.opening import open_context


def main() -> None:
    settings = Settings.load(_env_file=None)
    configure_logging(settings)
    with open_context(settings) as context:
        read_flown_log(Path(sys.argv[1]), "warm.log")
        with context.broker.consume(settings.task_queues, prefetch=1) as consumer:
            print("ready", flush=True)
            sys.stdin.readline()
            count, ended = 0, time.time()
            while (delivery := consumer.get(1.0)) is not None:
                handle(context, delivery)
                count, ended = count + 1, time.time()
        print(count, ended, flush=True)


if __name__ == "__main__":
    main()
