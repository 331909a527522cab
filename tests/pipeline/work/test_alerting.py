"""People are told of what they should know: once, and not by work that fails for it."""

from __future__ import annotations

import pytest

from partner_pipeline.broker.message import Message
from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import InfrastructureError, StoreError
from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.partners.simulator import Fault
from partner_pipeline.store.repositories.alerts import Alerts
from partner_pipeline.work.alerting import alert_over, check_alerts, raise_alert
from pipeline.work.tools import Pipeline


def bury(pipeline: Pipeline, number: int) -> None:
    for _ in range(number):
        pipeline.context.broker.publish(dead_queue(pipeline.queue), Message.of({}))


def fail(pipeline: Pipeline, times: int, category: ErrorCategory, customer: int = 0) -> None:
    for _ in range(times):
        user = pipeline.accounts[customer].user
        pipeline.store.users.account_failed(user.id, "refused", category)


def test_one_mail_a_cause_and_cool_down(pipeline: Pipeline) -> None:
    def tell() -> bool:
        return raise_alert(pipeline.context, "cause", "warning", "Subject", "Text")

    assert [tell(), tell()] == [True, False]
    assert pipeline.mails == [("[satlog warning] Subject", "Text")]
    assert raise_alert(pipeline.context, "another", "low", "S", "T")
    pipeline.clock.advance(minutes=59)
    assert not tell()
    pipeline.clock.advance(minutes=1)
    assert tell()


def test_one_that_has_become_worse_is_told_at_once(pipeline: Pipeline) -> None:
    told = [
        raise_alert(pipeline.context, "cause", level, "S", "T")
        for level in ("warning", "critical", "high")
    ]
    assert told == [True, True, False]


def test_one_that_was_over_is_told_at_once(pipeline: Pipeline) -> None:
    raise_alert(pipeline.context, "cause", "warning", "S", "T")
    alert_over(pipeline.context, "cause")
    assert raise_alert(pipeline.context, "cause", "warning", "S", "T")


def test_a_mail_that_cannot_be_sent_fails_nothing_and_is_tried_again(pipeline: Pipeline) -> None:
    pipeline.mailer.broken.append(InfrastructureError("no mail server"))
    assert not raise_alert(pipeline.context, "cause", "warning", "S", "T")
    pipeline.mailer.broken.clear()
    assert raise_alert(pipeline.context, "cause", "warning", "S", "T")
    assert len(pipeline.mails) == 1


def test_a_store_that_is_away_fails_nothing(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(Alerts, "due", away)
    monkeypatch.setattr(Alerts, "over", away)
    assert not raise_alert(pipeline.context, "cause", "warning", "S", "T")
    alert_over(pipeline.context, "cause")


def test_without_a_mail_server_the_log_tells(
    pipeline: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    assert raise_alert(pipeline.without_mailer(), "cause", "critical", "The subject", "T")
    assert "The subject" in caplog.text


@pytest.mark.parametrize(
    ("letters", "told"), [(19, []), (20, ["warning"]), (49, ["warning"]), (50, ["critical"])]
)
def test_dead_letters(pipeline: Pipeline, letters: int, told: list[str]) -> None:
    bury(pipeline, letters)
    check = check_alerts(pipeline.context)
    assert len(check.found) == len(check.sent) == len(told)
    assert [subject.split()[1].strip("]") for subject, _ in pipeline.mails] == told
    assert check_alerts(pipeline.context).sent == ()


def test_dead_letters_that_become_more_are_told_again(pipeline: Pipeline) -> None:
    for number in (20, 30):
        bury(pipeline, number)
        assert len(check_alerts(pipeline.context).sent) == 1


def test_a_number_that_swings_round_the_limit_is_one_alert(pipeline: Pipeline) -> None:
    broker, dead = pipeline.context.broker, dead_queue(pipeline.queue)
    for _ in range(3):
        broker.purge(dead)
        bury(pipeline, 20)
        check_alerts(pipeline.context)
        broker.purge(dead)
        bury(pipeline, 19)
        check_alerts(pipeline.context)
    assert len(pipeline.mails) == 1
    broker.purge(dead)
    check_alerts(pipeline.context)
    bury(pipeline, 20)
    check_alerts(pipeline.context)
    assert len(pipeline.mails) == 2


def test_a_partner_that_is_down(pipeline: Pipeline) -> None:
    pipeline.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    assert check_alerts(pipeline.context).sent == ("partner-down:SATLOC",)
    assert check_alerts(pipeline.context).sent == ()
    pipeline.simulator.faults.clear()
    assert check_alerts(pipeline.context).found == ()
    pipeline.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    assert check_alerts(pipeline.context).sent == ("partner-down:SATLOC",)
    assert [subject for subject, _ in pipeline.mails] == ["[satlog critical] SATLOC is down"] * 2


def test_one_question_that_is_lost_wakes_nobody(pipeline: Pipeline) -> None:
    pipeline.simulator.faults.script("IsAlive", Fault("reset"))
    assert check_alerts(pipeline.context).found == ()


def test_partners_without_accounts_are_not_asked(pipeline: Pipeline) -> None:
    for account in pipeline.accounts:
        pipeline.store.users.change(account.user.model_copy(update={"active": False}))
    check_alerts(pipeline.context)
    assert pipeline.calls("IsAlive") == 0


def test_an_account_that_fails_five_times_in_a_row(pipeline: Pipeline) -> None:
    fail(pipeline, 4, ErrorCategory.AUTHENTICATION)
    assert check_alerts(pipeline.context).found == ()
    fail(pipeline, 1, ErrorCategory.AUTHENTICATION)
    cause = f"account:SATLOC:{pipeline.accounts[0].id}"
    assert check_alerts(pipeline.context).sent == (cause,)
    ((subject, text),) = pipeline.mails
    assert "critical" in subject
    assert "5 times in a row: refused" in text
    pipeline.store.users.account_worked(pipeline.accounts[0].user.id)
    assert check_alerts(pipeline.context).found == ()
    fail(pipeline, 5, ErrorCategory.AUTHENTICATION)
    assert check_alerts(pipeline.context).sent == (cause,)


def test_a_partner_that_is_down_is_one_cause(pipeline: Pipeline) -> None:
    pipeline.simulator.faults.rate("IsAlive", 1.0, Fault("status", status=503))
    fail(pipeline, 5, ErrorCategory.PARTNER_DOWN, 0)
    fail(pipeline, 5, ErrorCategory.AUTHENTICATION, 1)
    wrong = f"account:SATLOC:{pipeline.accounts[1].id}"
    assert check_alerts(pipeline.context).sent == ("partner-down:SATLOC", wrong)


def test_a_broker_that_is_away(pipeline: Pipeline) -> None:
    pipeline.context.broker.close()
    assert check_alerts(pipeline.context).sent == ("broker",)
