"""Staying logged in in a browser, and the files that make the pages."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

import partner_pipeline.web
from api.world import PASSWORD, USERNAMES, World, is_error, open_world
from partner_pipeline.work.changing import change_user

STATIC = Path(partner_pipeline.web.__file__).parent / "static"
FILES = sorted(str(p.relative_to(STATIC)) for p in STATIC.rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("session")) as found:
        yield found


@pytest.fixture
def browser(world: World) -> Iterator[httpx.Client]:
    """Keeps cookies."""
    with world.client() as client:
        yield client


def log_in(browser: httpx.Client, who: str = "customer") -> httpx.Response:
    body = {"username": USERNAMES[who], "password": PASSWORD}
    answer = browser.post("/session", json=body)
    assert answer.status_code == 200, answer.text
    return answer


def test_no_script_and_no_other_site_gets_what_keeps_a_session(browser: httpx.Client) -> None:
    answer = log_in(browser)
    cookie = SimpleCookie(answer.headers["set-cookie"])["satlog_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/session")
    assert (cookie["max-age"], cookie["secure"]) == (str(7 * 24 * 3600), "")
    assert cookie.value not in answer.text
    for each in (answer, browser.post("/session/token")):
        assert each.headers["cache-control"] == "no-store"
    over_tls = browser.post(
        "/session",
        json={"username": "rice", "password": PASSWORD},
        headers={"x-forwarded-proto": "https"},
    )
    assert SimpleCookie(over_tls.headers["set-cookie"])["satlog_session"]["secure"] is True


def test_every_window_of_a_browser_gets_tokens_of_its_own(browser: httpx.Client) -> None:
    assert log_in(browser).json()["user"]["role"] == "CUSTOMER"
    for _ in range(3):
        token = browser.post("/session/token").json()["accessToken"]
        me = browser.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
        assert me.json()["username"] == USERNAMES["customer"]


def test_each_token_opens_only_what_it_is_for(browser: httpx.Client) -> None:
    access = log_in(browser).json()["accessToken"]
    kept = browser.cookies["satlog_session"]
    as_access = browser.get("/api/auth/me", headers={"authorization": f"Bearer {kept}"})
    assert is_error(as_access, 401, "not_authenticated")
    as_refresh = browser.post("/api/auth/refresh", json={"refreshToken": kept})
    assert is_error(as_refresh, 401, "not_authenticated")
    browser.cookies.clear()
    kept_access = {"cookie": f"satlog_session={access}"}
    assert browser.post("/session/token", headers=kept_access).status_code == 204
    assert browser.get("/api/auth/me", headers=kept_access).status_code == 401


@pytest.mark.parametrize("cookie", [None, "", "x", "a.b.c", "é" * 9])
def test_who_is_not_logged_in_gets_nothing(browser: httpx.Client, cookie: str | None) -> None:
    headers = {} if cookie is None else {b"cookie": f"satlog_session={cookie}".encode()}
    answer = browser.post("/session/token", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")


def test_logging_out_is_for_all_windows_and_may_be_done_twice(browser: httpx.Client) -> None:
    log_in(browser)
    token = browser.post("/session/token").json()["accessToken"]
    another = dict(browser.cookies)
    assert browser.delete("/session").status_code == 204
    assert "satlog_session" not in browser.cookies
    with httpx.Client(base_url=browser.base_url, cookies=another) as window:
        assert window.post("/session/token").status_code == 204
        assert window.delete("/session").status_code == 204
    over = browser.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
    assert is_error(over, 401, "not_authenticated")


def test_logging_in_anew_ends_the_session_before(world: World, browser: httpx.Client) -> None:
    token = log_in(browser).json()["accessToken"]
    before = dict(browser.cookies)
    assert log_in(browser, "pilot").json()["user"]["role"] == "PILOT"
    with httpx.Client(base_url=world.url, cookies=before) as window:
        assert window.post("/session/token").status_code == 204
    over = browser.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
    assert is_error(over, 401, "not_authenticated")


def test_who_fails_to_log_in_anew_keeps_the_session(browser: httpx.Client) -> None:
    log_in(browser, "pilot")
    wrong = browser.post("/session", json={"username": "pat", "password": "not this one"})
    assert wrong.status_code == 401
    assert browser.post("/session/token").status_code == 200


def test_another_password_ends_sessions_of_browsers(world: World, browser: httpx.Client) -> None:
    log_in(browser, "stranger")
    user = world.users["stranger"]
    change_user(world.context, user.id, password=SecretStr("another long password"), by="test")
    assert browser.post("/session/token").status_code == 204


def test_a_form_of_another_site_logs_nobody_in(browser: httpx.Client) -> None:
    """It can send text, which looks like JSON."""
    body = f'{{"username": "rice", "password": "{PASSWORD}"}}'
    answer = browser.post("/session", content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers


def test_passwords_are_not_to_be_guessed_here_either(browser: httpx.Client) -> None:
    wrong = {"username": "rice", "password": "not this one"}
    statuses = [browser.post("/session", json=wrong).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_served_as_what_it_is(browser: httpx.Client, name: str) -> None:
    answer = browser.get(f"/static/{name}")
    assert answer.content == (STATIC / name).read_bytes()
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    if kind := kinds.get(Path(name).suffix):
        assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["cache-control"] == "no-cache"
    again = browser.get(f"/static/{name}", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304


def test_pages_hold_no_data_and_no_script_of_their_own(browser: httpx.Client) -> None:
    page = browser.get("/logs/any")
    assert page.text == (STATIC / "page.html").read_text()
    assert page.text.count("<script") == page.text.count('<script type="module" src=')
    assert "script-src 'self'" in page.headers["content-security-policy"]
    asked = browser.head("/logs/any")
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers["content-length"] == page.headers["content-length"]


@pytest.mark.parametrize(
    "path", ["/static/../session.py", "/static/%2e%2e/session.py", "/static/", "/nowhere"]
)
def test_nothing_else_is_there(browser: httpx.Client, path: str) -> None:
    assert is_error(browser.get(path), 404, "not_found")
