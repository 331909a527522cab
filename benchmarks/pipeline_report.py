"""What the report says of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.api_load import Load
from benchmarks.markdown import Target, at_least, figure, milliseconds, table, times
from benchmarks.pipeline import STEPS, Measured, Results, Working


def targets(results: Results) -> Iterator[Target]:
    """What is to be reached, and what was."""
    for one in results.measured:
        embedded = one is results.measured[0]
        worker = max(one.working, key=lambda working: working.threads)
        if embedded:
            what = f"logs of {results.amounts.records:,} records processed by one worker"
            reached = worker.a_second >= 5
            yield Target(
                what, "at least 5 a second", f"{figure(worker.a_second)} a second", reached
            )
            share = 100 * one.working[0].steps["decode"] / sum(one.working[0].steps.values())
            what = "decoding's share of processing a log"
            yield Target(what, "at most 5 %", f"{figure(share)} %", share <= 5)
        most, seconds = 0.3 if embedded else 0.6, next(iter(one.details.values()))
        what = f"{results.amounts.details:,} positions stored, {one.name}"
        measured = f"{milliseconds(seconds)} ms"
        yield Target(what, f"at most {1e3 * most:.0f} ms", measured, seconds <= most)
        yield at_least(f"two workers, to one, {one.name}", 1.7, one.workers)


def lines(results: Results) -> Iterator[str]:
    """The section."""
    yield "## The pipeline\n"
    if results.missing:
        yield f"Not measured on servers, which were missing: {results.missing}\n"
    names = [one.name for one in results.measured]
    yield from table(("", *names), _rows(results), numbers=len(names))
    ways = dict.fromkeys(way for one in results.measured for way in one.details)
    yield from table(
        (f"{results.amounts.details:,} positions stored, ms", *names),
        (
            (
                way,
                *(
                    milliseconds(one.details[way]) if way in one.details else ""
                    for one in results.measured
                ),
            )
            for way in ways
        ),
        numbers=len(names),
    )
    yield _HOW


def api_target(load: Load) -> Target:
    """What the REST API is to bear."""
    errors = load.seen.errors.total()
    (*_, (_, requests, _, p95)) = load.rows()
    measured = f"{errors:,} of {requests:,} requests; p95 {milliseconds(p95)} ms"
    what = f"errors, {load.clients} clients asking the REST API for {load.lasted:.0f} s"
    return Target(what, "none", measured, errors == 0)


def api_lines(load: Load) -> Iterator[str]:
    """Its section."""
    yield "## The REST API\n"
    yield (
        f"{load.clients} clients, each of which asks again as soon as it has its answer; served by "
        "one process on the embedded default, on the same cores as the clients: "
        f"{figure(load.seen.requests / load.lasted)} requests a second.\n"
    )
    yield from table(
        ("", "requests", "median, ms", "p95, ms"),
        (
            (f"`{name}`", f"{count:,}", milliseconds(middle), milliseconds(p95))
            for name, count, middle, p95 in load.rows()
        ),
        numbers=3,
    )


_HOW = """\
A worker is one process; its time runs from the first message taken to the last log stored, the \
steps' times are the pipeline's own metrics. Two workers are processes of one thread each. The \
polled partner is in the process and answers at once: what is timed is the pipeline's own work, \
which for each log is its tracker, a file safely on the disk, its task and a confirmed message.

¹ RabbitMQ, and the server that `MONGODB_URI` names. Where that is unset it is a stand-in that \
speaks MongoDB's protocol, on the same cores: its speed says nothing of MongoDB's.
"""


def _rows(results: Results) -> Iterator[tuple[str, ...]]:
    first = results.measured[0]
    for number, working in enumerate(first.working):
        of = [one.working[number] for one in results.measured]
        by = f"one worker, {working.threads} {'thread' if working.threads == 1 else 'threads'}"
        yield f"{by}: logs a second", *(figure(one.a_second) for one in of)
        yield f"{by}: positions a second", *(f"{one.a_second * one.records:,.0f}" for one in of)
        yield (
            f"{by}: processor time a log, ms",
            *(milliseconds(one.processor / one.logs) for one in of),
        )
    alone = [one.working[0] for one in results.measured]
    yield "download of a log, simulated partner, ms", *[milliseconds(results.download)] * len(alone)
    for step in STEPS:
        yield f"{step}, 1 thread, ms", *(milliseconds(one.steps[step]) for one in alone)
    yield "queue and states, 1 thread, ms", *(milliseconds(_rest(one)) for one in alone)
    yield from _queue_rows(results.measured)


def _queue_rows(measured: tuple[Measured, ...]) -> Iterator[tuple[str, ...]]:
    yield "messages published a second, each confirmed", *(f"{m.published:,.0f}" for m in measured)
    yield "messages taken and acknowledged a second", *(f"{m.taken:,.0f}" for m in measured)
    polls = [one.polling for one in measured]
    yield (
        "a poll: aircraft × new logs",
        *(f"{p.aircraft:,} × {p.logs // p.aircraft}" for p in polls),
    )
    yield "a poll: s", *(figure(p.seconds) for p in polls)
    yield (
        "a poll: logs tracked, stored and queued a second",
        *(figure(p.logs / p.seconds) for p in polls),
    )
    yield "the next poll, nothing new: s", *(figure(p.nothing_new) for p in polls)
    for count, which in ((1, "second"), (2, "first")):
        seconds = (median(getattr(one.workers, which)) for one in measured)
        yield f"{count} × one-thread worker: s for all logs", *map(figure, seconds)
    yield "two workers, to one", *(f"{times(one.workers)} as fast" for one in measured)


def _rest(one: Working) -> float:
    return one.seconds / one.logs - sum(one.steps.values())
