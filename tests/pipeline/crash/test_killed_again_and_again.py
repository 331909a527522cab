"""200 logs, and everything that works on them is killed in the middle, again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from partner_pipeline.model.states import LogStatus
from pipeline.crash.harness import Orders, child, ended, tail
from pipeline.crash.tools import offer_many, processed, values_of, wait_for
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import EMBEDDED, Stage

LOGS = 200

#: Processed logs at which the processes are killed.
DEATHS = (15, 60, 110, 150)


@pytest.mark.slow
@EMBEDDED
def test_a_killed_pipeline_goes_on_where_it_was(stage: Stage, tmp_path: Path) -> None:
    for customer in (0, 1):
        stage.flown(customer)
    offer_many(stage, LOGS - 2)
    log = tmp_path / "children.log"

    def orders(role: str) -> Orders:
        stage.clock.advance(hours=1)
        offered = [log.id for log in stage.simulator.world.logs]
        settings = values_of(stage.settings)
        return Orders(role, settings, stage.clock.time, log, offered=offered)

    for count in DEATHS:
        with child(orders("serving")) as process:
            wait_for(
                lambda: processed(stage.store) >= count or not process.is_alive(),  # noqa: B023
                lambda: tail(log),
                120.0,
            )
            assert process.is_alive(), tail(log)
    assert stage.statuses()[LogStatus.PROCESSED] < LOGS, "it was killed before the end"
    assert ended(orders("finishing")) == 0
    stage.clock.advance(days=1)
    assert stage.statuses() == {LogStatus.PROCESSED: LOGS}
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)
