"""The boom and its flow control along a flight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from satlog_native.synth.motion import Clock, Motion
from satlog_native.synth.plan import FlightPlan
from satlog_native.synth.records import Array
from satlog_native.synth.route import Route


@dataclass(frozen=True)
class Spray:
    """What the boom does, one element a position record (and one a pass for the last four).

    Attributes
    ----------
    flow, target_flow : ndarray
        L/min (kg/min if dry); 0 while the boom is shut.
    volume : ndarray
        L (kg) since the flight's start: the exact integral of the flow.
    pass_index : ndarray
        Index of the pass sprayed at that moment, or -1.
    run_index : ndarray
        Index of the run (of the route) that guidance shows: it moves on half way through a turn.
    pass_run : ndarray
        The run that each pass belongs to.
    opened, shut : ndarray
        When the boom opens and shuts for each pass, s since the flight's start.
    pass_volume : ndarray
        L (kg) applied in each pass.
    """

    flow: Array
    target_flow: Array
    volume: Array
    pass_index: Array
    run_index: Array
    pass_run: Array
    opened: Array
    shut: Array
    pass_volume: Array

    @property
    def on(self) -> Array:
        """Whether the boom is open at each position."""
        return self.pass_index >= 0


def spray_route(plan: FlightPlan, route: Route, motion: Motion, clock: Clock) -> Spray:
    """Spray every stretch of the route.

    The flow follows target rate × ground speed × swath width with a first-order lag; it starts at
    zero when the boom opens, and the boom shuts at once.
    """
    stretches = [
        (start, end, index) for index, run in enumerate(route.runs) for start, end in run.sprays
    ]
    starts, ends, runs = np.array(stretches).T
    opened, shut = clock.seconds(starts), clock.seconds(ends)
    # Open from the moment of opening on, and no more in the moment of shutting.
    number = np.searchsorted(opened, motion.seconds, side="right") - 1
    on = (number >= 0) & (motion.seconds < shut[np.maximum(number, 0)])
    pass_index = np.where(on, number, -1)

    target = plan.target_rate * plan.swath_width * motion.ground_speed * 60.0 / 1e4
    flow, volume = np.zeros(len(target)), np.zeros(len(target))
    pass_volume = np.zeros(len(opened))
    for index, (start, end) in enumerate(zip(opened, shut, strict=True)):
        ticks = np.flatnonzero(pass_index == index)
        nodes = np.concatenate([[start], motion.seconds[ticks], [end]])
        targets = np.interp(nodes, motion.seconds, target)
        flows, volumes = _controlled(nodes, targets, plan.flow_lag)
        flow[ticks], pass_volume[index] = flows[1:-1], volumes[-1]
        volume[ticks] = pass_volume[:index].sum() + volumes[1:-1]
        volume[motion.seconds >= end] = pass_volume[: index + 1].sum()
    middles = [
        (run.end + after.start) / 2.0
        for run, after in zip(route.runs, route.runs[1:], strict=False)
    ]
    return Spray(
        flow=flow,
        target_flow=np.where(on, target, 0.0),
        volume=volume,
        pass_index=pass_index,
        run_index=np.searchsorted(np.array(middles), motion.distance, side="right"),
        pass_run=runs.astype(np.int64),
        opened=opened,
        shut=shut,
        pass_volume=pass_volume,
    )


def _controlled(times: Array, targets: Array, lag: float) -> tuple[Array, Array]:
    """Flow (per minute) and volume at times (s) after opening, exact for steps of the target.

    Between two times the target is the mean of its two values there.
    """
    flows, volumes = np.zeros(len(times)), np.zeros(len(times))
    steps, means = np.diff(times), (targets[1:] + targets[:-1]) / 2.0
    decays = np.exp(-steps / lag) if lag else np.zeros(len(steps))
    for k, (step, mean, decay) in enumerate(zip(steps, means, decays, strict=True)):
        short = flows[k] - mean
        flows[k + 1] = mean + short * decay
        volumes[k + 1] = volumes[k] + (mean * step + short * lag * (1.0 - decay)) / 60.0
    if not lag:
        flows = targets.copy()
    return flows, volumes
