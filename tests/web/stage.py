"""What an operator finds on an ordinary day: logs of every kind, dead letters, jobs."""

from __future__ import annotations

from datetime import UTC, datetime

from api.world import World, second_partner
from partner_pipeline.partners.simulator import Fault
from pipeline.repositories.tools import Clock


def this_moment() -> Clock:
    """A clock that stands at the true time, as the browser's does: "3 min ago" is of both."""
    return Clock(datetime.now(UTC).replace(microsecond=0))


def fill(world: World) -> None:
    """Have a day happen."""
    for customer, aircraft in ((0, 0), (0, 1), (1, 0)):
        world.fly(customer, aircraft)
    _uncertain_and_queued_uploads(world)
    world.clock.advance(minutes=1)
    _brought_by_the_aircraft(world)
    second_partner(world.context)


def _uncertain_and_queued_uploads(world: World) -> None:
    """One of which nobody knows whether it arrived, one that waits for its partner."""
    pipeline, faults = world.pipeline, world.simulator.faults
    aircraft = world.accounts[0].aircraft
    faults.script("UploadJobData", Fault("reset_after"))
    pipeline.assign(pipeline.job(rate=28.5, swath_width=20.0), aircraft[0].id)
    faults.script("IsAlive", Fault("status", status=503))
    pipeline.assign(pipeline.job(rate=28.5, swath_width=20.0), aircraft[1].id)
    faults.clear()


def _brought_by_the_aircraft(world: World) -> None:
    """A log that names no job, one that is cut in the middle, and three that are none."""
    at_partner = world.accounts[0].at_partner()
    flown = world.simulator.world
    whole = flown.add_log(at_partner).data()
    hole = len(whole) // 3
    flown.add_log(at_partner, "cut.log", data=whole[:hole] + bytes(400) + whole[hole + 400 :])
    for number in (1, 2, 3):
        flown.add_log(at_partner, f"broken-{number}.log", data=b"no log at all %d" % number)
    with world.logged_in("admin") as admin:
        answer = admin.post("/api/partners/syncData", json={})
    assert answer.status_code == 200, answer.text
    while world.work():
        pass
