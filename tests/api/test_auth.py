"""Logging in, staying so, and everything that must not let anybody in."""

from __future__ import annotations

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from pydantic import SecretStr

from api.world import PASSWORD, World, is_error, with_login
from partner_pipeline.api.auth import ACCESS
from partner_pipeline.api.secret import signing_key
from partner_pipeline.errors import SettingsError
from partner_pipeline.model.people import UserKind
from partner_pipeline.settings import Settings
from partner_pipeline.work import people
from partner_pipeline.work.changing import change_user
from partner_pipeline.work.sign_in import SESSION

STRONG = "K7s0Jq9vN2xR4tY6wZ8bC1dF3gH5jL0m"


def me(world: World, token: str) -> httpx.Response:
    with world.client({"authorization": f"Bearer {token}"}) as client:
        return client.get("/api/auth/me")


def refresh(world: World, token: str) -> httpx.Response:
    with world.client() as client:
        return client.post("/api/auth/refresh", json={"refreshToken": token})


def try_login(world: World, username: str, password: str, address: str = "") -> httpx.Response:
    headers = {"x-forwarded-for": address} if address else {}
    with world.client(headers) as client:
        body = {"username": username, "password": password}
        return client.post("/api/auth/login", json=body)


def test_login_tells_who_one_is(world: World) -> None:
    tokens = world.login("pilot")
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 600)
    assert tokens["user"] == {
        "id": world.users["pilot"].id,
        "name": "Pat",
        "username": "pat",
        "role": "PILOT",
        "customerId": world.accounts[0].id,
    }
    assert me(world, tokens["accessToken"]).json() == tokens["user"]


def test_an_unknown_name_and_a_wrong_password_are_told_the_same(world: World) -> None:
    answers = [try_login(world, "root", "wrong"), try_login(world, "nobody", PASSWORD)]
    assert all(is_error(answer, 401, "wrong_credentials") for answer in answers)
    assert answers[0].text == answers[1].text


@pytest.mark.parametrize("who", ["9", "partner", "account", "no-password"])
def test_who_cannot_log_in(world: World, who: str) -> None:
    """Aircraft, partners, accounts at partners, and those without a password."""
    account = world.accounts[0]
    username = {"9": account.aircraft[0].name, "account": account.username}.get(who, who)
    password = world.simulator.world.accounts[0].password if who == "account" else ""
    assert is_error(try_login(world, username, password or PASSWORD), 401, "wrong_credentials")


def test_an_access_token_lasts_ten_minutes(world: World) -> None:
    token = world.login("customer")["accessToken"]
    world.clock.advance(seconds=ACCESS.total_seconds() - 1)
    assert me(world, token).status_code == 200
    world.clock.advance(seconds=1)
    answer = me(world, token)
    assert is_error(answer, 401, "not_authenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def _forged(claims: dict[str, Any], header: dict[str, str], signature: str = "") -> str:
    parts = [json.dumps(part).encode() for part in (header, claims)]
    coded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, signature])


def test_forged_tokens(world: World) -> None:
    token = world.login("customer")["accessToken"]
    claims = jwt.decode(token, options={"verify_signature": False})
    stolen = {**claims, "sub": world.users["admin"].id}
    head, _, signature = token.split(".")
    body = token.split(".")[1]
    key = signing_key(world.context.settings)
    forged = {
        "alg none": _forged(stolen, {"alg": "none", "typ": "JWT"}),
        "alg none, any case": _forged(stolen, {"alg": "nOnE", "typ": "JWT"}),
        "another key": jwt.encode(claims, STRONG, algorithm="HS256"),
        "another algorithm": jwt.encode(claims, key * 2, algorithm="HS512"),
        "the signature of another": _forged(stolen, {"alg": "HS256", "typ": "JWT"}, signature),
        "no signature": f"{head}.{body}.",
        "without expiry": jwt.encode(
            {name: value for name, value in claims.items() if name != "exp"}, key
        ),
        "another issuer": jwt.encode({**claims, "iss": "elsewhere"}, key),
        "no session": jwt.encode({**claims, "sid": "0" * 32}, key),
        "an odd session": jwt.encode({**claims, "sid": {"$ne": ""}}, key),
        "an odd expiry": jwt.encode({**claims, "exp": 10**30}, key),
        "no token": "null",
        "too long": "a" * 9000,
    }
    found = {name: me(world, each).status_code for name, each in forged.items()}
    assert set(found.values()) == {401}, found
    assert me(world, token).status_code == 200


@pytest.mark.parametrize("scheme", ["Basic", "bearer=", "Token"])
def test_other_schemes(world: World, scheme: str) -> None:
    token = world.login("customer")["accessToken"]
    with world.client({"authorization": f"{scheme} {token}"}) as client:
        assert is_error(client.get("/api/auth/me"), 401, "not_authenticated")


def test_tokens_are_not_taken_for_each_other(world: World) -> None:
    tokens = world.login("customer")
    assert is_error(me(world, tokens["refreshToken"]), 401, "not_authenticated")
    assert is_error(refresh(world, tokens["accessToken"]), 401, "not_authenticated")


def test_a_refresh_token_works_once(world: World) -> None:
    first = world.login("customer")
    world.clock.advance(minutes=20)
    second = refresh(world, first["refreshToken"]).json()
    assert me(world, second["accessToken"]).status_code == 200
    third = refresh(world, second["refreshToken"])
    assert third.status_code == 200


def test_a_refresh_token_that_is_used_again_ends_the_session(world: World) -> None:
    first = world.login("customer")
    second = refresh(world, first["refreshToken"]).json()
    assert is_error(refresh(world, first["refreshToken"]), 401, "not_authenticated")
    assert is_error(me(world, second["accessToken"]), 401, "not_authenticated")
    assert is_error(refresh(world, second["refreshToken"]), 401, "not_authenticated")
    entries = world.context.repositories.audit.recent(limit=100)
    assert "refresh reused" in {entry.action for entry in entries}


def test_of_two_that_refresh_at_once_one_succeeds(world: World) -> None:
    token = world.login("customer")["refreshToken"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: refresh(world, token).status_code, range(4)))
    assert sorted(answers) == [200, 401, 401, 401]


def test_a_session_ends_after_a_week(world: World) -> None:
    tokens = world.login("customer")
    for _ in range(6):
        world.clock.advance(days=1)
        tokens = refresh(world, tokens["refreshToken"]).json()
    world.clock.advance(seconds=(SESSION - timedelta(days=6)).total_seconds())
    assert is_error(refresh(world, tokens["refreshToken"]), 401, "not_authenticated")


def test_logout_ends_the_session_and_no_other(world: World) -> None:
    here, there = world.login("customer"), world.login("customer")
    with world.client({"authorization": f"Bearer {here['accessToken']}"}) as client:
        assert client.post("/api/auth/logout").status_code == 204
    assert me(world, here["accessToken"]).status_code == 401
    assert refresh(world, here["refreshToken"]).status_code == 401
    assert me(world, there["accessToken"]).status_code == 200


def test_who_is_deactivated_is_out_at_once(world: World) -> None:
    tokens = world.login("pilot")
    people.set_active(world.context, world.users["pilot"].id, False, by="test")
    assert me(world, tokens["accessToken"]).status_code == 401
    assert refresh(world, tokens["refreshToken"]).status_code == 401
    assert is_error(try_login(world, "pat", PASSWORD), 401, "wrong_credentials")


def test_another_password_ends_all_sessions(world: World) -> None:
    tokens = world.login("pilot")
    change_user(
        world.context,
        world.users["pilot"].id,
        password=SecretStr("a new password"),
        by="test",
    )
    assert me(world, tokens["accessToken"]).status_code == 401
    assert refresh(world, tokens["refreshToken"]).status_code == 401
    assert world.login("pilot", "a new password")["user"]["name"] == "Pat"


# Guessing.


def test_guessing_is_throttled_and_a_pause_ends_it(world: World) -> None:
    for _ in range(5):
        assert try_login(world, "root", "wrong").status_code == 401
    answer = try_login(world, "root", PASSWORD)
    assert is_error(answer, 429, "throttled")
    wait = int(answer.headers["retry-after"])
    assert 0 < wait <= 15 * 60
    world.clock.advance(seconds=wait - 1)
    assert try_login(world, "root", PASSWORD).status_code == 429
    world.clock.advance(seconds=1)
    assert try_login(world, "root", PASSWORD).status_code == 200


def test_a_login_that_succeeds_forgets_the_attempts(world: World) -> None:
    for _ in range(3):
        for _ in range(4):
            assert try_login(world, "root", "wrong").status_code == 401
        assert try_login(world, "root", PASSWORD).status_code == 200


def test_who_guesses_elsewhere_keeps_nobody_out(world: World) -> None:
    for _ in range(7):
        try_login(world, "root", "wrong", "203.0.113.9")
    assert try_login(world, "root", PASSWORD, "203.0.113.9").status_code == 429
    assert try_login(world, "root", PASSWORD, "198.51.100.7").status_code == 200


def test_many_names_from_one_address_are_throttled(world: World) -> None:
    owner = world.accounts[0].id
    for number in range(13):
        pilot = people.add_person(world.context, UserKind.PILOT, "P", customer_id=owner, by="test")
        with_login(world.context, pilot, f"pilot{number}")
    answers = [
        try_login(world, f"pilot{number}", "wrong", "203.0.113.9").status_code
        for number in range(13)
        for _ in range(4)
    ]
    assert answers == [401] * 50 + [429] * 2
    assert try_login(world, "pilot12", PASSWORD, "198.51.100.7").status_code == 200


def test_attempts_at_once_are_all_counted(world: World) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: try_login(world, "root", "wrong").status_code, range(12)))
    assert sorted(answers) == [401] * 5 + [429] * 7


def test_testing_credentials_is_no_way_to_guess_them(world: World) -> None:
    body = {"systemUserId": world.accounts[0].user.id, "password": "guess"}
    with world.logged_in("customer") as client:
        answers = [client.post("/api/partners/systemUsers/testAuth", json=body) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert answers[0].json()["errorCategory"] == "authentication"


# The key.


def test_the_key_is_kept_where_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings.load(_env_file=None, embedded_path=tmp_path / "x.db")
    key = signing_key(settings)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signing_key(settings) == key
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        signing_key(settings)


@pytest.mark.parametrize("content", ["", "jwt", "jwt:c2hvcnQ="])
def test_a_key_file_that_is_broken(tmp_path: Path, content: str) -> None:
    settings = Settings.load(_env_file=None, embedded_path=tmp_path / "x.db")
    signing_key(settings)
    (path,) = tmp_path.iterdir()
    path.write_text(content)
    with pytest.raises(SettingsError, match="delete it, and everybody logs in anew"):
        signing_key(settings)


@pytest.mark.parametrize("secret", ["secret", "x" * 64, "changeme" * 4])
@pytest.mark.parametrize("name", ["jwt_secret", "metrics_token"])
def test_weak_secrets_are_refused_and_not_told(name: str, secret: str) -> None:
    with pytest.raises(SettingsError, match="32 random characters") as caught:
        Settings.load(_env_file=None, **{name: secret})
    assert secret not in str(caught.value)


def test_production_on_several_machines_needs_a_secret() -> None:
    values: dict[str, Any] = {
        "environment": "production",
        "mongodb_uri": "mongodb://db.example/satlog",
        "credentials_keys": "a:" + base64.b64encode(bytes(range(32))).decode(),
    }
    with pytest.raises(SettingsError, match="JWT_SECRET"):
        signing_key(Settings.load(_env_file=None, **values))
    given = Settings.load(_env_file=None, **values, jwt_secret=STRONG)
    assert signing_key(given) == STRONG.encode()
    assert STRONG in given.secrets()
    assert STRONG not in str(given.masked())
