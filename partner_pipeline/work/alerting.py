"""Telling people: one mail a cause, and not again before its cool-down is over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from typing import Final

from partner_pipeline.broker.topology import dead_queue
from partner_pipeline.errors import BrokerError, InfrastructureError, PipelineError, StoreError
from partner_pipeline.model.categories import AlertLevel, ErrorCategory
from partner_pipeline.model.people import PartnerSystemUser
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.observe.logs import get_logger
from partner_pipeline.work.context import Context

#: Failures of an account that a partner which is down explains.
_OF_PARTNER: Final = frozenset({ErrorCategory.PARTNER_DOWN, ErrorCategory.TRANSIENT})

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AlertCheck:
    """What was looked at and found.

    Attributes
    ----------
    found : tuple of str
        Causes that there are now, whether or not people were told just now.
    sent : tuple of str
        Causes that people were told of just now.
    """

    found: tuple[str, ...]
    sent: tuple[str, ...]


def raise_alert(context: Context, cause: str, level: AlertLevel, subject: str, text: str) -> bool:
    """Tell people of a cause, unless they were told a short time ago. Never fails.

    Parameters
    ----------
    context : Context
    cause : str
        The same for the same trouble: ``partner-down:SATLOC``.
    level : {"low", "warning", "high", "critical"}
        One that is worse than before is told at once.
    subject, text : str
        For people; secrets are taken out.

    Returns
    -------
    bool
        Whether they were told now: by mail, or without a mail server in the log.
    """
    alerts = context.repositories.alerts
    try:
        if not alerts.due(cause, level, context.settings.alert_cooldown):
            return False
    except StoreError as error:
        _log.error("alert cannot be told", cause=cause, subject=subject, error=str(error))
        return False
    _log.error("alert", cause=cause, alert_level=level, subject=subject, text=text)
    if context.mailer is None:
        return True
    try:
        refused = context.mailer.send(f"[satlog {level}] {subject}", text)
    except InfrastructureError as error:
        _log.error("alert was not mailed", cause=cause, error=str(error))
        alert_over(context, cause)
        return False
    if refused:
        _log.warning("alert was refused for some", cause=cause, recipients=list(refused))
    return True


def alert_over(context: Context, cause: str) -> None:
    """A cause is gone: when it comes back, people are told at once. Never fails."""
    try:
        context.repositories.alerts.over(cause)
    except StoreError as error:
        _log.warning("end of an alert not stored", cause=cause, error=str(error))


def check_alerts(context: Context) -> AlertCheck:
    """Look for what people should know: dead letters, partners that are down, failing accounts.

    Raises
    ------
    StoreError
        If the accounts cannot be read.
    """
    accounts = context.repositories.users.accounts()
    down = _partners_down(context, {account.partner_code for account in accounts})
    troubles = [
        *_dead_letters(context),
        *(_down(code) for code in sorted(down)),
        *(trouble for each in accounts for trouble in _failing(context, each, down)),
    ]
    sent = [each for each in troubles if raise_alert(context, *astuple(each))]
    return AlertCheck(tuple(each.cause for each in troubles), tuple(each.cause for each in sent))


@dataclass(frozen=True, slots=True)
class _Trouble:
    cause: str
    level: AlertLevel
    subject: str
    text: str


def _dead_letters(context: Context) -> Iterator[_Trouble]:
    settings = context.settings
    try:
        counts = {
            queue: context.broker.stats(dead_queue(queue)).messages
            for queue in settings.task_queues
        }
    except BrokerError as error:
        text = f"Tasks wait until it is back; nothing is lost. {error}"
        yield _Trouble("broker", "critical", "The message broker does not work", text)
        return
    alert_over(context, "broker")
    for queue, count in counts.items():
        cause = f"dead-letters:{queue}"
        if count >= settings.alert_dlq_warning:
            level: AlertLevel = "critical" if count >= settings.alert_dlq_critical else "warning"
            text = (
                f"{dead_queue(queue)} holds {count} messages. Look at what they have in common "
                f"(partner-pipeline dlq list {queue}), repair the cause, then retry them."
            )
            yield _Trouble(cause, level, f"{count} dead letters of {queue}", text)
        elif 2 * count < settings.alert_dlq_warning:
            # Not at one less than the limit: a number that swings round it is one alert.
            alert_over(context, cause)


def _partners_down(context: Context, codes: Iterable[str]) -> frozenset[str]:
    """Partners that customers have accounts at, and that do not answer."""
    down = set()
    for code in sorted(codes):
        try:
            service = context.service(code)
        except PipelineError as error:
            _log.error("partner cannot be asked", partner=code, error=str(error))
            down.add(code)
            continue
        # Twice, since one question that is lost on its way wakes nobody.
        if service.health_check() or service.health_check():
            alert_over(context, f"partner-down:{code}")
        else:
            down.add(code)
    return frozenset(down)


def _down(code: str) -> _Trouble:
    text = (
        f"{code} does not say that it is alive. Jobs are uploaded and logs are fetched when it is "
        f"back; nothing is lost. Check the network from here, then ask {code}."
    )
    return _Trouble(f"partner-down:{code}", "critical", f"{code} is down", text)


def _failing(
    context: Context, account: PartnerSystemUser, down: frozenset[str]
) -> Iterator[_Trouble]:
    health = account.health
    cause = f"account:{account.partner_code}:{account.customer_id}"
    if health.failures_in_a_row == 0:
        alert_over(context, cause)
    if health.failures_in_a_row < context.settings.alert_account_failures:
        return
    if account.partner_code in down and health.error_category in _OF_PARTNER:
        return  # one cause, one alert
    text = (
        f"The {account.partner_code} account of customer {account.customer_id} has failed "
        f"{health.failures_in_a_row} times in a row: {SECRETS.redact(health.error or 'no reason')}"
    )
    subject = f"{account.partner_code} account of customer {account.customer_id} fails"
    yield _Trouble(cause, "critical", subject, text)
