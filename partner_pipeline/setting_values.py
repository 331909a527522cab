"""What the values of settings may look like: one parser a kind of value.

Each takes what an environment variable holds (or the value itself, in Python) and raises
``ValueError`` with what was expected; :mod:`partner_pipeline.settings` says of which variable.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator

from partner_pipeline.model.backoff import RetryPolicy

_PRODUCT: Final = re.compile(r"\d{1,15}(?:\s*\*\s*\d{1,15}){0,7}", re.ASCII)
_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)
_EMAIL: Final = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9_.:-]{1,253}", re.ASCII)
_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LARGEST: Final = 10**15

KEY_SIZE: Final = 32
"""Bytes of a key that passwords are encrypted with: AES-256."""

LEAST_SECRET: Final = 32
"""Characters of a secret that signs or opens something."""

_LEAST_DIFFERENT: Final = 12


def whole_number(value: object, least: int = 0) -> int:
    """A whole number, or a product of whole numbers as in ``18*60*1000``."""
    number = value
    if isinstance(value, str) and _PRODUCT.fullmatch(value.strip()):
        number = 1
        for factor in value.split("*"):
            number *= int(factor)
    if isinstance(number, bool) or not isinstance(number, int):
        raise ValueError("expected a whole number, or a product like 18*60*1000")
    if not least <= number <= _LARGEST:
        raise ValueError(f"expected a whole number of at least {least}, and at most {_LARGEST:,}")
    return number


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit that a variable's durations are given in."""

    name: str
    size: timedelta

    def duration(self, value: object, least: int = 0) -> timedelta:
        """A duration, from a number of these units."""
        if isinstance(value, timedelta):
            number = value / self.size
            if number < least:
                raise ValueError(f"expected at least {least} {self.name}")
            return value
        number = whole_number(value, least)
        try:
            return number * self.size
        except OverflowError:
            raise ValueError(f"expected fewer {self.name}: {number:,} are no time") from None

    def text(self, duration: timedelta) -> str:
        """The duration as the variable gives it."""
        number = duration / self.size
        return f"{number:.0f}" if number.is_integer() else str(number)


MILLISECONDS: Final = Unit("ms", timedelta(milliseconds=1))
SECONDS: Final = Unit("s", timedelta(seconds=1))
DAYS: Final = Unit("days", timedelta(days=1))


def flag(value: object) -> bool:
    """True or false, in the words that environments use."""
    words = {"true": True, "1": True, "yes": True, "on": True}
    words |= {"false": False, "0": False, "no": False, "off": False}
    found = words.get(str(value).strip().lower())
    if found is None:
        raise ValueError("expected true or false")
    return found


def names(value: object) -> tuple[str, ...]:
    """Names, separated by commas."""
    found = _items(value)
    if not all(_NAME.fullmatch(name) for name in found):
        raise ValueError("expected names of letters, digits, dots and dashes, separated by commas")
    return found


def emails(value: object) -> tuple[str, ...]:
    """E-mail addresses, separated by commas."""
    found = _items(value)
    if not all(_EMAIL.fullmatch(address) for address in found):
        raise ValueError("expected e-mail addresses, separated by commas")
    return found


def email(value: object) -> str | None:
    """One e-mail address."""
    if value is None:
        return None
    if not isinstance(value, str) or not _EMAIL.fullmatch(value.strip()):
        raise ValueError("expected an e-mail address")
    return value.strip()


def level(value: object) -> str:
    """The name of a log level."""
    if str(value).strip().upper() not in _LEVELS:
        raise ValueError(f"expected one of {', '.join(_LEVELS)}")
    return str(value).strip().upper()


def levels_by_module(value: object) -> dict[str, str]:
    """Log levels by module: ``broker=WARNING,partners.satloc=DEBUG``; a name alone is DEBUG."""
    pairs = value.items() if isinstance(value, dict) else map(_level_of, _items(value))
    found = {module.strip(): level(name) for module, name in pairs}
    if not all(_NAME.fullmatch(module) for module in found):
        raise ValueError("expected module=LEVEL, separated by commas")
    return found


def _level_of(item: str) -> tuple[str, str]:
    module, _, name = item.partition("=")
    return module, name or "DEBUG"


def http_url(value: object) -> str:
    """The address of a service, without a slash at its end."""
    parts = _parts(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address like https://host/path")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected an address without user, password, query and fragment")
    return str(value).strip().rstrip("/")


def host(value: object) -> str:
    """The name or address of a machine."""
    if not isinstance(value, str) or not _HOST.fullmatch(value.strip()):
        raise ValueError("expected a name or an address like 127.0.0.1")
    return value.strip()


def is_this_machine(host: str) -> bool:
    """Whether nobody else is meant by the name or address of a machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def server_url(*schemes: str) -> partial[str | None]:
    """A parser of the URLs of servers, which may hold user and password."""
    return partial(_server_url, schemes)


def _server_url(schemes: tuple[str, ...], value: object) -> str | None:
    if value is None:
        return None
    parts = _parts(getattr(value, "get_secret_value", lambda: value)())
    if parts is None or parts.scheme not in schemes or not parts.netloc.rpartition("@")[2]:
        wanted = " or ".join(f"{scheme}://host/" for scheme in schemes)
        raise ValueError(f"expected an address like {wanted}")
    return parts.geturl()


def _parts(value: object) -> SplitResult | None:
    if not isinstance(value, str):
        return None
    try:
        parts = urlsplit(value.strip())
        # Several hosts with their ports, as MongoDB's have them, are no port that can be read.
        _ = parts.port if "," not in parts.netloc else None
    except ValueError:
        return None
    return parts


def strong_secret(value: object) -> object:
    """A secret that nobody guesses: long, and not one character again and again."""
    if value is None:
        return None
    text = str(getattr(value, "get_secret_value", lambda: value)())
    if len(text) < LEAST_SECRET or len(set(text)) < _LEAST_DIFFERENT:
        raise ValueError(
            f"expected at least {LEAST_SECRET} random characters, for instance of "
            "openssl rand -base64 48"
        )
    return value


def retry_policy(default: RetryPolicy) -> partial[RetryPolicy]:
    """A parser of retry policies: what is not given stays as in `default`."""
    return partial(_retry_policy, default)


def _retry_policy(default: RetryPolicy, value: object) -> RetryPolicy:
    if isinstance(value, RetryPolicy):
        return value
    expected = "expected like tries=5,delay=5,factor=2,max=300,jitter=0.5 (seconds, share)"
    fields = {"delay": "delay", "factor": "factor", "max": "longest", "jitter": "jitter"}
    limits = {"delay": (0, 86_400), "factor": (1, 10), "max": (0, 86_400), "jitter": (0, 1)}
    found: dict[str, Any] = {}
    for item in _items(value):
        name, _, text = (part.strip() for part in item.partition("="))
        try:
            if name == "tries":
                found[name] = whole_number(text, 1)
                continue
            least, most = limits[name]
            number = float(text)
            if not least <= number <= most:
                raise ValueError(f"{name} must lie from {least} to {most}")
            found[fields[name]] = number
        except (KeyError, ValueError) as error:
            why = "" if isinstance(error, KeyError) else f": {error}"
            raise ValueError(f"{expected}{why}") from None
    return replace(default, **found)


@dataclass(frozen=True, slots=True)
class CredentialsKey:
    """A key that the passwords of partner accounts are encrypted with.

    Attributes
    ----------
    id : str
        Stored beside what it encrypted.
    key : bytes
        Of `KEY_SIZE`.
    """

    id: str
    key: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.id


def credentials_keys(value: object) -> tuple[CredentialsKey, ...]:
    """Keys as ``id:base64`` separated by commas; the first is the current one."""
    if isinstance(value, tuple) and all(isinstance(key, CredentialsKey) for key in value):
        return value
    keys = tuple(map(_key, _items(value)))
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("expected a different id for each key")
    return keys


def _key(item: str) -> CredentialsKey:
    name, _, text = item.partition(":")
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_SIZE or not _KEY_ID.fullmatch(name):
        raise ValueError(
            f"expected keys like 2025a:<{KEY_SIZE} bytes in base64>, separated by commas, the "
            "current one first"
        )
    return CredentialsKey(name, key)


def _items(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(item for item in map(str.strip, value.split(",")) if item)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError("expected text")


Count = Annotated[int, BeforeValidator(whole_number)]
PositiveCount = Annotated[int, BeforeValidator(partial(whole_number, least=1))]
Milliseconds = Annotated[timedelta, BeforeValidator(MILLISECONDS.duration), MILLISECONDS]
PositiveMilliseconds = Annotated[
    timedelta, BeforeValidator(partial(MILLISECONDS.duration, least=1)), MILLISECONDS
]
Seconds = Annotated[timedelta, BeforeValidator(SECONDS.duration), SECONDS]
Days = Annotated[timedelta, BeforeValidator(partial(DAYS.duration, least=1)), DAYS]
Flag = Annotated[bool, BeforeValidator(flag)]
Names = Annotated[tuple[str, ...], BeforeValidator(names)]
Emails = Annotated[tuple[str, ...], BeforeValidator(emails)]
Email = Annotated[str | None, BeforeValidator(email)]
Level = Annotated[str, BeforeValidator(level)]
LevelsByModule = Annotated[dict[str, str], BeforeValidator(levels_by_module)]
Host = Annotated[str, BeforeValidator(host)]
HttpUrl = Annotated[str, BeforeValidator(http_url)]
Keys = Annotated[tuple[CredentialsKey, ...], BeforeValidator(credentials_keys)]
