"""Another process of the pipeline, for tests that kill it."""

from __future__ import annotations

import json
import sys
from datetime import datetime

from partner_pipeline.settings import Settings
from partner_pipeline.work.assign import Assignee, assign
from partner_pipeline.work.poll import poll
from pipeline.work.tools import open_context


def main(arguments: str) -> None:
    told = json.loads(arguments)
    now = datetime.fromisoformat(told["now"])
    settings = Settings.load(_env_file=None, **told["settings"])
    with open_context(settings, lambda: now) as (context, _):
        if told["do"] == "poll":
            poll(context)
        else:
            assign(context, told["job"], [Assignee(told["user"])], "child")


if __name__ == "__main__":
    main(sys.argv[1])
