"""Secrets are taken out of text by value and by form, and everything else stays."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.model.redact import Secrets, is_sensitive, redact_text

PLANTED = "pl4nted-s3cret"


@pytest.mark.parametrize(
    "text",
    [
        f"GET https://x.example/api/Auth?userLogin=joe&password={PLANTED} failed",
        f"GET /api/Satloc/AuthenticateAPIUser?userLogin=a@b.c&password={PLANTED} HTTP/1.1",
        f"amqp://me:{PLANTED}@rabbit:5672/%2F",
        f"mongodb://me:{PLANTED}@a:1,b:2/x?authSource=admin",
        f"Authorization: Bearer {PLANTED}",
        f"headers {{'authorization': 'Basic {PLANTED}'}}",
        f'{{"password": "{PLANTED} with blanks"}}',
        f"password={PLANTED}",
        f"smtp_password: '{PLANTED}'",
        f"apiKey={PLANTED}&x=1",
        f"access_token={PLANTED}",
        f'{{"password": "a\\"{PLANTED}"}}',
        f'cut off: {{"password": "a {PLANTED}',
        f"cut off: {{'password': 'a {PLANTED}",
        f"SMTP_PASS={PLANTED}",
        f"user_pass: {PLANTED}",
        f"Set-Cookie: {PLANTED}",
        f"('password', '{PLANTED}') password='{PLANTED}'".replace(f"'{PLANTED}') ", "x') "),
    ],
)
def test_secrets_are_known_by_form(text: str) -> None:
    assert PLANTED not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "downloading log 42 of aircraft N123: no answer within 30 s; trying again in 10 s",
        "https://www.satloccloudfc.com/api/Satloc/IsAlive",
        "was the password wrong? the partner refuses it",
        "pass: 3 of 7, heading 271",
        "polygon: 33.123456 -98.123456",
        "a@b.c got the mail",
        "",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redact_text(text) == text


@pytest.mark.parametrize(
    "part",
    [
        "a-",
        "token",
        "token=",
        "token ",
        "?",
        "?a",
        "://",
        "://a@",
        "basic ",
        'token"=',
        'token="',
        'token="\\',
        "'",
    ],
)
def test_long_names_from_outside_are_read_through_in_one_go(part: str) -> None:
    text = part * 100_000  # what is looked at again and again does not come to an end
    assert PLANTED not in redact_text(f"{text} password={PLANTED}")


def test_host_and_path_stay() -> None:
    text = redact_text(f"https://u:{PLANTED}@host:8443/a/b?x=1#f answers 500")
    assert text == "https://***@host:8443/a/b?*** answers 500"


@given(
    secret=st.text(st.characters(), min_size=4, max_size=40).filter(lambda s: "*" not in s),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_known_values_are_taken_out_wherever_they_are(secret: str, before: str, after: str) -> None:
    secrets = Secrets([secret])
    for form in (secret, quote(secret, safe="", errors="replace")):
        assert form not in secrets.redact(f"{before}{form}{after}")


def test_of_two_secrets_the_longer_is_taken_out_whole() -> None:
    secrets = Secrets()
    secrets.add("abcd", "abcdefgh", None, "", "ab")
    assert secrets.redact("abcdefgh abcd ab") == "*** *** ab"
    assert "abcd" not in repr(secrets)


@pytest.mark.parametrize(
    "name",
    ["password", "Password", "passwordHash", "smtp_pass", "QUEUE_PWD", "token", "refreshToken",
     "Authorization", "apiKey", "X-Api-Key", "client_secret", "userLogin", "cookie"],
)  # fmt: skip
def test_sensitive_names(name: str) -> None:
    assert is_sensitive(name)


@pytest.mark.parametrize("name", ["user", "pass_count", "passes", "path", "key", "bypass", "log"])
def test_other_names(name: str) -> None:
    assert not is_sensitive(name)
