"""Every setting of the pipeline, from the environment or a file ``.env``: one place.

``Settings.load()`` reads and checks them all, and says one sentence for each variable that is
wrong. The environment outranks ``.env``; an empty variable counts as none. Durations are
``timedelta`` here, whatever the variable's unit; a whole number may be a product, as in
``18*60*1000``.

Without any server configured everything runs in one SQLite file (``EMBEDDED_PATH``) on one machine;
``MONGODB_URI``, ``AMQP_URL`` and ``REDIS_URL`` each replace a part of it by a server.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args
from urllib.parse import quote, unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic import ValidationError as PydanticError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from partner_pipeline.errors import SettingsError
from partner_pipeline.model.backoff import RetryPolicy
from partner_pipeline.model.redact import MASK, redact_text
from partner_pipeline.setting_values import (
    Count,
    CredentialsKey,
    Days,
    Email,
    Emails,
    Flag,
    Host,
    HttpUrl,
    Keys,
    Level,
    LevelsByModule,
    Milliseconds,
    Names,
    PositiveCount,
    PositiveMilliseconds,
    Seconds,
    Unit,
    is_this_machine,
    retry_policy,
    server_url,
    strong_secret,
)

_UPLOAD: Final = RetryPolicy(tries=5, delay=5, factor=2, longest=300, jitter=0.5)
_POLL: Final = RetryPolicy(tries=3, delay=10, factor=2, longest=600)
_PROCESSING: Final = RetryPolicy(tries=3, delay=2, factor=2, longest=60, jitter=0.5)
_DEVELOPMENT_PREFIX: Final = "dev_"


class Settings(BaseSettings):
    """What is in force; each field is the variable of its name in capitals.

    Raises
    ------
    SettingsError
        From :meth:`load`: each wrong variable, what was expected of it, and what was found (never
        a secret).
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        enable_decoding=False,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        validate_default=True,
    )

    environment: Annotated[
        Literal["development", "production"],
        Field(description="development: queues get the prefix dev_, polls come each minute"),
    ] = "development"

    # SatLoc
    satloc_api_endpoint: Annotated[HttpUrl, Field(description="Where SatLoc's cloud is")] = (
        "https://www.satloccloudfc.com/api/Satloc"
    )
    satloc_api_timeout: Annotated[
        PositiveMilliseconds, Field(description="One call to SatLoc takes at most so long")
    ] = timedelta(seconds=30)
    satloc_retry_attempts: Annotated[
        Count, Field(description="How often one call is repeated on network errors, 429 and 5xx")
    ] = 3
    satloc_retry_delay: Annotated[
        Milliseconds, Field(description="Before the first repetition; doubles each time")
    ] = timedelta(seconds=10)
    satloc_rate_limit: Annotated[
        PositiveCount, Field(description="Calls a minute, for each account")
    ] = 60
    satloc_burst_limit: Annotated[
        PositiveCount, Field(description="Calls at once after a pause, for each account")
    ] = 10
    satloc_storage_path: Annotated[Path, Field(description="Folder that logs are kept in")] = Path(
        "satloc-logs"
    )
    satloc_max_file_size: Annotated[
        PositiveCount, Field(description="Larger logs are not taken; bytes")
    ] = 10_485_760
    satloc_realtime_enabled: Annotated[
        Flag, Field(description="Reserved for positions in flight; SatLoc offers none yet")
    ] = False
    satloc_file_upload_enabled: Annotated[
        Flag, Field(description="Whether jobs are uploaded to SatLoc")
    ] = True
    satloc_1st_assignment_always_match: Annotated[
        Flag, Field(description="A log nothing tells a job of goes to the earliest open assignment")
    ] = True

    # Partners
    partner_polling_enabled: Annotated[Flag, Field(description="Whether logs are fetched")] = True
    partner_sync_enabled: Annotated[Flag, Field(description="Whether tasks are worked on")] = True
    partner_sync_interval: Annotated[
        PositiveMilliseconds | None,
        Field(description="Between polls; unset: a minute in development, else 15 minutes"),
    ] = None
    partner_health_check_interval: Annotated[
        PositiveMilliseconds, Field(description="Between questions whether a partner is alive")
    ] = timedelta(minutes=5)
    partner_max_concurrent_jobs: Annotated[
        PositiveCount, Field(description="Tasks of one partner in hand at once, in one worker")
    ] = 10
    partner_encrypt_credentials: Annotated[
        Flag, Field(description="Passwords of partner accounts are encrypted in the store")
    ] = True
    partner_max_retries: Annotated[
        PositiveCount, Field(description="How often stuck work is taken up again")
    ] = 5
    partner_own_queues: Annotated[
        Names, Field(description="Partners with a queue of their own: codes, separated by commas")
    ] = ()
    stuck_timeout: Annotated[
        PositiveMilliseconds,
        Field(
            validation_alias="STUCK_TIMEOUT_MS",
            description="Work that stands still for so long is taken up again",
        ),
    ] = timedelta(minutes=18)
    retry_upload: Annotated[
        RetryPolicy, BeforeValidator(retry_policy(_UPLOAD)), Field(description="Upload of a job")
    ] = _UPLOAD
    retry_poll: Annotated[
        RetryPolicy, BeforeValidator(retry_policy(_POLL)), Field(description="Poll of an account")
    ] = _POLL
    retry_processing: Annotated[
        RetryPolicy,
        BeforeValidator(retry_policy(_PROCESSING)),
        Field(description="Processing of a log"),
    ] = _PROCESSING
    circuit_failures: Annotated[
        PositiveCount, Field(description="Failures in a row that open a partner's circuit")
    ] = 5
    circuit_reset: Annotated[
        PositiveMilliseconds,
        Field(
            validation_alias="CIRCUIT_RESET_MS",
            description="An open circuit lets one call through after so long",
        ),
    ] = timedelta(minutes=1)
    file_circuit_failures: Annotated[
        PositiveCount, Field(description="Failures of one log after which it is left alone")
    ] = 3

    # Queues
    queue_name_partner: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$", description="Name of the task queue")
    ] = "partner_tasks"
    queue_host: Annotated[
        str | None, Field(description="RabbitMQ's host, where AMQP_URL is not set")
    ] = None
    queue_port: Annotated[PositiveCount, Field(le=65535, description="RabbitMQ's port")] = 5672
    queue_usr: Annotated[str | None, Field(description="User at RabbitMQ")] = None
    queue_pwd: Annotated[SecretStr | None, Field(description="Password at RabbitMQ")] = None
    amqp_url: Annotated[
        SecretStr | None,
        BeforeValidator(server_url("amqp", "amqps")),
        Field(description="RabbitMQ; outranks QUEUE_HOST. Neither: queues are in EMBEDDED_PATH"),
    ] = None
    rabbitmq_management_url: Annotated[
        SecretStr | None,
        BeforeValidator(server_url("http", "https")),
        Field(description="RabbitMQ's management; unset: its host, port 15672, same account"),
    ] = None
    dlq_retention: Annotated[
        Days,
        Field(validation_alias="DLQ_RETENTION_DAYS", description="Dead letters are archived then"),
    ] = timedelta(days=365)
    dlq_archive_path: Annotated[Path, Field(description="Folder of archived dead letters")] = Path(
        "dlq_archives"
    )
    dlq_limit_window: Annotated[
        PositiveCount, Field(description="DLQ_LIMIT_SHARE is of so many last tasks")
    ] = 100
    dlq_limit_share: Annotated[
        float, Field(gt=0, le=1, description="A larger share of dead letters stops the worker")
    ] = 0.5
    dlq_limit_in_a_row: Annotated[
        PositiveCount, Field(description="So many dead letters in a row stop the worker")
    ] = 20

    # Stores
    embedded_path: Annotated[
        Path, Field(description="SQLite file of documents and queues without servers")
    ] = Path("satlog-pipeline.db")
    mongodb_uri: Annotated[
        SecretStr | None,
        BeforeValidator(server_url("mongodb", "mongodb+srv")),
        Field(description="MongoDB, its path the database (satlog); unset: it is EMBEDDED_PATH"),
    ] = None
    redis_url: Annotated[
        SecretStr | None,
        BeforeValidator(server_url("redis", "rediss", "unix")),
        Field(description="Redis; unset: authentications are cached in each process"),
    ] = None
    redis_pwd: Annotated[SecretStr | None, Field(description="Password at Redis")] = None
    credentials_keys: Annotated[
        Keys,
        Field(
            description="Keys that partner passwords are encrypted with: id:base64, separated by "
            "commas, current first. Unset: a key file is made beside EMBEDDED_PATH"
        ),
    ] = ()

    # Workers
    worker_threads: Annotated[PositiveCount, Field(description="Tasks at once, in one worker")] = 2
    shutdown_grace: Annotated[
        Seconds, Field(description="A worker that is stopped ends what it has in hand for so long")
    ] = timedelta(seconds=30)

    # REST API and pages
    jwt_secret: Annotated[
        SecretStr | None,
        BeforeValidator(strong_secret),
        Field(
            description="Signs logins: at least 32 characters, random. Unset: a key file is made "
            "beside EMBEDDED_PATH"
        ),
    ] = None
    metrics_token: Annotated[
        SecretStr | None,
        BeforeValidator(strong_secret),
        Field(description="Who reads /metrics sends it; unset: only this machine may"),
    ] = None
    metrics_port: Annotated[
        PositiveCount | None,
        Field(le=65535, description="Port that a worker serves /metrics at; unset: it does not"),
    ] = None
    metrics_host: Annotated[Host, Field(description="Address of METRICS_PORT")] = "127.0.0.1"
    api_trusted_proxies: Annotated[
        str,
        Field(description="Addresses of proxies whose X-Forwarded-For and -Proto are believed"),
    ] = "127.0.0.1"
    health_queue_limit: Annotated[
        PositiveCount, Field(description="A queue that holds more is not healthy")
    ] = 1000
    health_memory_limit: Annotated[
        PositiveCount, Field(description="A process that uses more is not healthy; bytes")
    ] = 2_000_000_000

    # Alerts
    alert_dlq_warning: Annotated[
        PositiveCount, Field(description="Dead letters that are worth a mail")
    ] = 20
    alert_dlq_critical: Annotated[
        PositiveCount, Field(description="Dead letters that are worth waking someone")
    ] = 50
    alert_account_failures: Annotated[
        PositiveCount, Field(description="Failures of an account in a row that alert")
    ] = 5
    alert_cooldown: Annotated[
        Milliseconds,
        Field(validation_alias="ALERT_COOLDOWN_MS", description="Between two mails of one cause"),
    ] = timedelta(hours=1)
    smtp_host: Annotated[
        str | None, Field(description="Mail server; unset: alerts are only logged")
    ] = None
    smtp_port: Annotated[PositiveCount, Field(le=65535, description="Its port")] = 587
    smtp_user: Annotated[str | None, Field(description="User at the mail server")] = None
    smtp_pass: Annotated[SecretStr | None, Field(description="Password at the mail server")] = None
    alert_emails: Annotated[
        Emails, Field(description="Who gets alerts: addresses, separated by commas")
    ] = ()
    alert_from_email: Annotated[Email, Field(description="Whom alerts come from")] = None

    # Logs
    log_level: Annotated[Level, Field(description="Less important lines are not logged")] = "INFO"
    log_modules: Annotated[
        LevelsByModule,
        Field(description="Levels by module: broker=WARNING,partners.satloc=DEBUG"),
    ] = {}
    log_format: Annotated[
        Literal["auto", "json", "console"],
        Field(description="auto: for people on a terminal, else JSON"),
    ] = "auto"

    @classmethod
    def load(cls, **values: Any) -> Self:
        """The settings in force; `values` outrank the environment."""
        try:
            return cls(**values)
        except PydanticError as error:
            raise SettingsError(_sentences(error)) from None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"reading settings from .env: {error}") from error

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        wrong = [sentence for sentence, holds in self._rules() if not holds]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    def _rules(self) -> list[tuple[str, bool]]:
        production = self.environment == "production"
        return [
            (
                "ALERT_DLQ_CRITICAL: expected at least ALERT_DLQ_WARNING",
                self.alert_dlq_critical >= self.alert_dlq_warning,
            ),
            (
                "ALERT_EMAILS: mails need SMTP_HOST and ALERT_FROM_EMAIL as well",
                not self.alert_emails or bool(self.smtp_host and self.alert_from_email),
            ),
            (
                "PARTNER_ENCRYPT_CREDENTIALS: passwords are always encrypted; leave it at true",
                self.partner_encrypt_credentials,
            ),
            (
                "CREDENTIALS_KEYS: must be set in production with MONGODB_URI: machines share it",
                bool(self.credentials_keys) or not (production and self.mongodb_uri),
            ),
            (
                "METRICS_TOKEN: must be set in production where others reach METRICS_HOST",
                bool(self.metrics_token or is_this_machine(self.metrics_host))
                or not (production and self.metrics_port),
            ),
        ]

    # What follows from the variables.

    @property
    def sync_interval(self) -> timedelta:
        """Between two polls."""
        if self.partner_sync_interval is not None:
            return self.partner_sync_interval
        return timedelta(minutes=1 if self.environment == "development" else 15)

    @property
    def task_queue(self) -> str:
        """The main queue, with its prefix."""
        if self.environment == "production":
            return self.queue_name_partner
        return _DEVELOPMENT_PREFIX + self.queue_name_partner.removeprefix(_DEVELOPMENT_PREFIX)

    def queue_of(self, partner_code: str) -> str:
        """The queue that a partner's tasks go to: the main one, or one of the partner's own."""
        own = partner_code in self.partner_own_queues
        return f"{self.task_queue}_{partner_code.lower()}" if own else self.task_queue

    @property
    def task_queues(self) -> tuple[str, ...]:
        """The main queue and the partners' own."""
        return (self.task_queue, *map(self.queue_of, dict.fromkeys(self.partner_own_queues)))

    @property
    def amqp(self) -> str | None:
        """RabbitMQ's URL with its secrets; None: queues are embedded."""
        if self.amqp_url is not None:
            return self.amqp_url.get_secret_value()
        if self.queue_host is None:
            return None
        return f"amqp://{self._queue_account()}{self.queue_host}:{self.queue_port}/%2F"

    def _queue_account(self) -> str:
        if self.queue_usr is None:
            return ""
        password = "" if self.queue_pwd is None else self.queue_pwd.get_secret_value()
        return f"{quote(self.queue_usr, safe='')}:{quote(password, safe='')}@"

    @property
    def rabbitmq_management(self) -> str | None:
        """The URL of RabbitMQ's management with its secrets; None: there is no RabbitMQ."""
        if self.rabbitmq_management_url is not None:
            return self.rabbitmq_management_url.get_secret_value().rstrip("/")
        if self.amqp is None:
            return None
        account, at, _ = urlsplit(self.amqp).netloc.rpartition("@")
        host = urlsplit(self.amqp).hostname or ""
        return f"http://{account}{at}{f'[{host}]' if ':' in host else host}:15672"

    # What may be shown.

    def masked(self) -> dict[str, str]:
        """Every variable and what is in force, secrets masked: what people may see.

        Values look as the variable takes them; empty where there is none.
        """
        fields = type(self).model_fields
        return {
            _variable(name, field): _shown(getattr(self, name), field)
            for name, field in fields.items()
        }

    def secrets(self) -> tuple[str, ...]:
        """Every secret among the settings: what logs are kept free of."""
        values = [getattr(self, name) for name in type(self).model_fields]
        found = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        found += [unquote(urlsplit(text).password or "") for text in found if "://" in text]
        found += [base64.b64encode(key.key).decode() for key in self.credentials_keys]
        return tuple(filter(None, found))


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable: its name, default, unit (where it has one) and meaning."""

    name: str
    default: str
    unit: str
    meaning: str


def variables() -> tuple[Variable, ...]:
    """Every variable of `Settings`: what its documentation is made from."""
    return tuple(
        Variable(
            name=_variable(name, field),
            default=_shown(field.default, field),
            unit=getattr(_unit(field), "name", ""),
            meaning=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    )


def _variable(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else name.upper()


def _unit(field: FieldInfo) -> Unit | None:
    # An optional duration has its unit inside of the union.
    inside = (part for kind in get_args(field.annotation) for part in get_args(kind))
    return next((part for part in (*field.metadata, *inside) if isinstance(part, Unit)), None)


def _shown(value: Any, field: FieldInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        text = value.get_secret_value()
        return redact_text(text) if "://" in text else MASK
    if isinstance(value, timedelta):
        unit = _unit(field)
        return str(value) if unit is None else unit.text(value)
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, dict):
        return ",".join(f"{module}={level}" for module, level in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sentences(error: PydanticError) -> str:
    """One sentence for each variable that is wrong."""
    sentences = []
    for problem in error.errors(include_url=False):
        message = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            sentences += message.split("\n")
            continue
        variable = str(problem["loc"][0]).upper()
        sentences.append(f"{variable}: {message}{_found(variable, problem['input'])}")
    return "\n".join(sentences)


def _found(variable: str, value: object) -> str:
    """What was found, where that is no secret and holds none."""
    if variable in SECRET_VARIABLES:
        return ""
    return f", found {redact_text(repr(value))}"


def _is_secret(field: FieldInfo) -> bool:
    return field.annotation in {SecretStr | None, tuple[CredentialsKey, ...]}


SECRET_VARIABLES: Final = frozenset(
    _variable(name, field) for name, field in Settings.model_fields.items() if _is_secret(field)
)
"""Variables whose values are never shown."""
