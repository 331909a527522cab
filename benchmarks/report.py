"""``make bench``: measures everything and writes ``RESULTS.md``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import (
    api_load,
    dataset,
    machine,
    measure,
    pipeline,
    pipeline_report,
    questions,
    workloads,
)
from benchmarks.markdown import Target, at_least, figure, milliseconds, table, times
from benchmarks.measure import Answer, Measured
from benchmarks.pairs import Race
from benchmarks.subjects import SUBJECTS

_HERE = Path(__file__).parent
#: Marks of rates that are another log's.
_MARKS = {"flight": " ¹", "million": " ²"}
#: Clients of the REST API, and s that they ask it.
_CLIENTS, _CLIENTS_QUICK = (50, 30.0), (4, 1.0)


class Results(NamedTuple):
    """All that was measured: on each log, of whole processes, of each question."""

    logs: dict[str, Measured]
    convert: Race
    dataset: Race
    answers: list[Answer]
    pipeline: pipeline.Results
    api: api_load.Load


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.report", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small logs, few rounds; the report to stdout"
    )
    quick = parser.parse_args(arguments).quick
    text = report(quick=quick)
    if quick:
        sys.stdout.write(text)
    else:
        (_HERE / "RESULTS.md").write_text(text, encoding="utf-8")
        measure.tell("written: benchmarks/RESULTS.md")


def report(*, quick: bool) -> str:
    """Measure everything; the report as Markdown."""
    about = machine.description()
    efforts = measure.QUICK if quick else measure.FULL
    processes = measure.QUICK["flight"] if quick else measure.PROCESSES
    asked = measure.QUICK["flight"] if quick else measure.ANSWERS
    amount = questions.QUICK if quick else questions.FULL
    with TemporaryDirectory(prefix="satlog-bench-") as folder:
        measure.tell("writing the logs")
        sizes = workloads.QUICK if quick else workloads.FULL
        logs = workloads.write(Path(folder), sizes)
        convert = measure.measure_convert(logs["flight"].path, processes)
        measure.tell("satlog dataset")
        workers = dataset.measure(Path(folder), quick=quick)
        answers = [
            measure.answer(prepare, amount, asked) for prepare in questions.QUESTIONS.values()
        ]
        measured = {
            name: measure.measure(workload, efforts[name]) for name, workload in logs.items()
        }
        flows = pipeline.measure(Path(folder), quick=quick)
        measure.tell("the REST API")
        load = api_load.measure(*(_CLIENTS_QUICK if quick else _CLIENTS))
        results = Results(measured, convert, workers, answers, flows, load)
        return "\n".join(_lines(about, results))


def _lines(about: dict[str, str], results: Results) -> Iterator[str]:
    yield "# Benchmarks\n"
    yield "Written by `make bench`; all logs are in layout `satloc_air`.\n"
    yield from table(("machine", ""), about.items())
    yield "## Targets\n"
    yield "One thread, checksums verified, all kinds to columns, if nothing else is said.\n"
    yield from table(
        ("what", "wanted", "measured", ""),
        (
            (*target[:3], "reached" if target.reached else "**not reached**")
            for target in (
                *_targets(results.logs, results.convert),
                *_analysis_targets(results),
                *pipeline_report.targets(results.pipeline),
                pipeline_report.api_target(results.api),
            )
        ),
    )
    for one in results.logs.values():
        yield f"## {one.workload.title}\n"
        yield from table(
            ("", "MB/s", "records/s", "satlog (all tables, 1 thread) is", "peak memory, MB"),
            _rows(one, results.logs),
            numbers=4,
        )
    yield "## Flight analysis and matching\n"
    yield from table(
        ("", "satlog, ms", "pandas and geopandas, ms", "satlog is"),
        _answer_rows(results.answers),
        numbers=3,
    )
    yield from pipeline_report.lines(results.pipeline)
    yield from pipeline_report.api_lines(results.api)
    yield "## Whole processes\n"
    yield from table(("", "ms"), _process_rows(results), numbers=1)
    yield (_HERE / "NOTES.md").read_text(encoding="utf-8")


def _rows(one: Measured, measured: dict[str, Measured]) -> Iterator[tuple[str, ...]]:
    for key, subject in SUBJECTS.items():
        peak = f"{one.peaks[key] / 1e6:,.0f}" if key in one.peaks else ""
        if key == "decode":
            yield subject.name, *_rates(one, one.seconds[key]), "", peak
        elif key in one.races:
            ratio = f"{times(one.races[key])} as fast"
            yield subject.name, *_rates(one, one.seconds[key]), ratio, peak
        else:
            other = next(m for m in reversed(measured.values()) if key in m.races)
            rates = _rates(other, other.seconds[key])
            own, its = (m.workload.size / m.seconds[k] for m, k in ((one, "decode"), (other, key)))
            name = subject.name + _MARKS[other.workload.name]
            yield name, *rates, f"{figure(own / its)} × as fast", ""


def _rates(one: Measured, seconds: float) -> tuple[str, str]:
    return (
        figure(one.workload.size / seconds / 1e6),
        f"{one.workload.records / seconds:,.0f}",
    )


def _targets(measured: dict[str, Measured], convert: Race) -> Iterator[Target]:
    million, large = measured["million"], measured["large"]
    log = f"{million.workload.records:,} records"
    yield at_least(f"index, to memcpy on warm pages, {log}", 0.30, million.index)
    for key in ("fresh", "fresh_huge"):
        what = f"whole decode, to {SUBJECTS[key].name}, {log}"
        yield at_least(what, 0.35, million.races[key])
    for key, least in (("struct", 60), ("numpy", 15)):
        what = f"whole decode, to {SUBJECTS[key].name}, {log}"
        yield at_least(what, least, million.races[key])
    for one in (million, large):
        what = f"two threads, to one, {one.workload.records:,} records"
        yield at_least(what, 1.7, _turned(one.races["decode2"]))
    slower = _turned(convert)
    yield Target(
        "`satlog convert` of the positions to Parquet, to `import pyarrow.parquet`",
        "at most 1.5 × the time",
        times(slower),
        slower.ratio <= 1.5,
    )
    for one in (million, large):
        most = 2.5 * one.workload.size + 100e6
        yield Target(
            f"peak memory, all tables held, {one.workload.records:,} records",
            f"at most 2.5 × file + 100 MB = {most / 1e6:,.0f} MB",
            f"{one.peaks['decode'] / 1e6:,.0f} MB",
            one.peaks["decode"] <= most,
        )


def _analysis_targets(results: Results) -> Iterator[Target]:
    for one in results.answers:
        wanted, measured = f"at most {one.most * 1e3:,.0f} ms", f"{milliseconds(one.seconds)} ms"
        yield Target(one.what, wanted, measured, one.seconds <= one.most)
    for one in results.answers:
        if one.race is not None:
            yield at_least(f"{one.what}, to pandas and geopandas", 5, one.race)
    yield at_least("`satlog dataset` by two processes, to one", 1.7, results.dataset)


def _answer_rows(answers: Iterable[Answer]) -> Iterator[tuple[str, ...]]:
    for one in answers:
        rival = "", ""
        if one.race is not None:
            rival = milliseconds(median(one.race.second)), f"{times(one.race)} as fast"
        yield one.what, milliseconds(one.seconds), *rival


def _turned(one: Race) -> Race:
    return Race(one.second, one.first)


def _process_rows(results: Results) -> Iterator[tuple[str, str]]:
    convert, workers = results.convert, results.dataset
    yield (
        "`satlog convert flight.log out.parquet --table position`",
        f"{median(convert.first) * 1e3:.0f}",
    )
    yield '`python -c "import pyarrow.parquet"`', f"{median(convert.second) * 1e3:.0f}"
    for count, seconds in ((1, workers.second), (2, workers.first)):
        yield f"`satlog dataset season out --workers {count}`", f"{median(seconds) * 1e3:,.0f}"


if __name__ == "__main__":
    main()
