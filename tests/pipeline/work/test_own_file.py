"""Logs that users bring."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.people import UserKind
from partner_pipeline.model.tasks import ProcessFileTask, TaskMessage
from partner_pipeline.work import people
from partner_pipeline.work.own_file import submit_own_file
from pipeline.work.tools import Pipeline

DATA = b"a log" * 1000


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.log"
    path.write_bytes(DATA)
    return path


def test_taken_and_queued(pipeline: Pipeline, mine: Path) -> None:
    customer, pilot = pipeline.accounts[0].id, pipeline.pilot()
    done = submit_own_file(pipeline.context, customer, pilot.id, mine, "JOB4711 flight.log")
    assert (pipeline.context.own_files / done.name).read_bytes() == DATA
    assert mine.exists()
    assert (done.sha256, done.size) == (hashlib.sha256(DATA).hexdigest(), len(DATA))
    (queued,) = pipeline.messages()
    task = TaskMessage.parse(queued.message.body)
    assert isinstance(task, ProcessFileTask)
    assert task.task_id == done.task_id == f"partner_tasks:USER:{customer}:{done.sha256}"
    assert (task.saved_local_file, task.log_file_name) == (done.name, "JOB4711 flight.log")
    assert task.user_id == pilot.id
    assert pipeline.store.audit.of("own_files", done.sha256)[0].actor == pilot.id


def test_the_same_file_twice_is_processed_once(pipeline: Pipeline, mine: Path) -> None:
    customer = pipeline.accounts[0].id
    submit_own_file(pipeline.context, customer, customer, mine, "a.log")
    again = submit_own_file(pipeline.context, customer, pipeline.pilot().id, mine, "b.log")
    assert again.execution_id is None
    assert len(pipeline.messages()) == 1
    other = pipeline.accounts[1].id
    assert submit_own_file(pipeline.context, other, other, mine, "a.log").execution_id


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "C:\\x", "a\0b", "n" * 4000, "", "\ud800"])
def test_hostile_names(pipeline: Pipeline, mine: Path, name: str) -> None:
    customer = pipeline.accounts[0].id
    done = submit_own_file(pipeline.context, customer, customer, mine, name)
    path = (pipeline.context.own_files / done.name).resolve()
    assert path.is_relative_to(pipeline.context.own_files.resolve())
    assert path.read_bytes() == DATA
    assert len(pipeline.messages()) == 1


def test_who_may(pipeline: Pipeline, mine: Path) -> None:
    customer, foreign = pipeline.accounts[0].id, pipeline.pilot(1).id
    admin = people.add_person(pipeline.context, UserKind.ADMIN, "A", by="test")
    assert submit_own_file(pipeline.context, customer, admin.id, mine, "a.log").execution_id
    for customer_id, user_id in ((customer, foreign), (customer, "nobody"), (foreign, foreign)):
        with pytest.raises(NotFoundError):
            submit_own_file(pipeline.context, customer_id, user_id, mine, "a.log")


def test_files_that_are_not_taken(pipeline: Pipeline, tmp_path: Path) -> None:
    customer = pipeline.accounts[0].id
    empty, huge = tmp_path / "empty", tmp_path / "huge"
    empty.touch()
    huge.write_bytes(bytes(pipeline.context.settings.satloc_max_file_size + 1))
    for path, why in (
        (empty, "is empty"),
        (huge, "larger than"),
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(ValidationError, match=why):
            submit_own_file(pipeline.context, customer, customer, path, "a.log")
    assert pipeline.files() == []
    assert pipeline.messages() == []
