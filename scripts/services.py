"""Starts and stops the real services that the tests run against: private ports, private folders.

up      start what does not run, wait until it answers, print the URLs as shell exports
status  what runs; exit status 1 unless all do
kill    as a crash does it; what was written stays, and up starts it again on the same port
down    stop, and remove everything but downloaded packages

Programs that the tests start themselves are installed by up, which prints their paths; nothing
else happens to them. What has its variable set already is left to whoever set it.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import json
import os
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "build" / "services"
PATIENCE = 90  # seconds to start, and to stop
Ports = list[int]


class ServiceError(Exception):
    """A service that cannot be installed or started; says what to do."""


@dataclass(frozen=True)
class Service:
    """What there is to know about a server in a folder and on ports of its own."""

    program: Path
    install: list[str]  # the command that makes the program; of apt-get, the package alone
    arguments: list[str]
    urls: dict[str, str]  # by variable
    answers: Callable[[], bool]  # OSError: it does not even listen
    environment: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # of its folder
    afterwards: list[str] = field(default_factory=list)  # a command, until it is allowed


def rabbitmq(folder: Path, ports: Ports) -> Service:
    """A node with an Erlang cookie and port mapper of its own."""
    amqp, management, distribution, mapper = ports
    files = {
        "HOME": "",  # of the cookie
        "RABBITMQ_CONFIG_FILE": "rabbitmq.conf",
        "RABBITMQ_ADVANCED_CONFIG_FILE": "advanced.config",
        "RABBITMQ_CONF_ENV_FILE": "rabbitmq-env.conf",
        "RABBITMQ_ENABLED_PLUGINS_FILE": "enabled_plugins",
        "RABBITMQ_MNESIA_BASE": "mnesia",
        "RABBITMQ_LOG_BASE": "log",
        "RABBITMQ_PID_FILE": "node.pid",
    }
    # Idle schedulers sleep: the machine is shared with the tests.
    erlang = "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
    api = f"http://127.0.0.1:{management}/api"
    account = "Basic " + base64.b64encode(b"guest:guest").decode()

    def answers() -> bool:
        check = f"{api}/health/checks/port-listener/{amqp}"
        request = urllib.request.Request(check, headers={"Authorization": account})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)

    return Service(
        program=Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),
        install=["rabbitmq-server"],
        arguments=[],
        urls={
            "AMQP_URL": f"amqp://guest:guest@127.0.0.1:{amqp}/%2F",
            "RABBITMQ_MANAGEMENT_URL": f"http://guest:guest@127.0.0.1:{management}",
        },
        answers=answers,
        environment={
            **{name: str(folder / file) for name, file in files.items()},
            "RABBITMQ_NODENAME": f"satlog-{amqp}@localhost",
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": erlang,
            "ERL_EPMD_PORT": str(mapper),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        },
        files={
            "rabbitmq.conf": f"listeners.tcp.1 = 127.0.0.1:{amqp}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n",
            "enabled_plugins": "[rabbitmq_management].\n",
        },
        afterwards=["epmd", "-kill"],  # the port mapper outlives its node, and sees that late
    )


def mongodb(folder: Path, ports: Ports) -> Service:
    """A server that speaks MongoDB's protocol; never more than a process of the tests."""
    package = "secantusdb==0.6.0b17"
    target = folder.parent / "packages" / package
    data = ["--storage-path", str(folder / "data"), "--cache-size", "256M", "--sync-on-commit"]
    logs = ["--log-file-max", "64MB", "--log-level", "WARNING"]
    body = b"\x10ping\0\1\0\0\0" + b"\x02$db\0\6\0\0\0admin\0" + b"\0"  # {ping: 1, $db: "admin"}
    ping = struct.pack("<4iibi", 21 + 4 + len(body), 1, 0, 2013, 0, 0, len(body) + 4) + body
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target)]
    return Service(
        program=target / "secantusdb.scripts" / "secantusd-rs",
        install=[*pip, package],
        arguments=["--host", "127.0.0.1", "--port", str(ports[0]), *data, *logs],
        urls={"MONGODB_URI": f"mongodb://127.0.0.1:{ports[0]}"},
        answers=lambda: b"ok\0" in ask(ports[0], ping),
    )


def redis(folder: Path, ports: Ports) -> Service:
    """Keeps nothing on disk."""
    network = ["--bind", "127.0.0.1", "--port", str(ports[0])]
    return Service(
        program=Path("/usr/bin/redis-server"),
        install=["redis-server"],
        arguments=[*network, "--save", "", "--appendonly", "no", "--dir", str(folder)],
        urls={"REDIS_URL": f"redis://127.0.0.1:{ports[0]}/0"},
        answers=lambda: ask(ports[0], b"PING\r\n") == b"+PONG\r\n",
    )


SERVICES = {"rabbitmq": rabbitmq, "mongodb": mongodb, "redis": redis}


@dataclass(frozen=True)
class Program:
    """Something that the tests start themselves; its package has its name."""

    name: str
    paths: dict[str, str]  # by variable

    def up(self) -> bool:
        """Install what is missing; print its paths."""
        given = {name: os.environ[name] for name in self.paths if os.environ.get(name)}
        for name, path in {**self.paths, **given}.items():
            if name not in given:
                install(Path(path), [self.name])
            print(f"export {name}={shlex.quote(path)}")
        return True

    def status(self) -> bool:
        """Print whether it is installed."""
        is_there = all(Path(path).exists() for path in self.paths.values())
        print(f"{self.name:10}", " ".join(self.paths.values()) if is_there else "missing")
        return is_there

    def kill(self) -> bool:
        """Nothing runs."""
        return True

    down = kill


PROGRAMS = {
    "prometheus": {"PROMETHEUS": "/usr/bin/prometheus", "PROMTOOL": "/usr/bin/promtool"},
    "chromium": {"CHROMIUM": "/usr/bin/chromium"},
}


class Server:
    """The one process of a service; its number and its ports are in a file of its folder."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder / name
        self.file = self.folder / "state.json"
        state: dict[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.ports: Ports = state.get("ports") or free_ports()
        self.pid: int = state.get("pid", 0)
        self.service = SERVICES[name](self.folder, self.ports)
        self.environment = {**os.environ, **self.service.environment}

    def up(self) -> bool:
        """Start it unless it runs or somebody else's is to be used; print its URLs."""
        given = {name: os.environ[name] for name in self.service.urls if os.environ.get(name)}
        if not given and not self.answers():
            self.start()
        for name, url in (given or self.service.urls).items():
            print(f"export {name}={shlex.quote(url)}")
        return True

    def start(self) -> None:
        """Install it, run it and wait until it answers."""
        self.kill()
        install(self.service.program, self.service.install)
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.service.files.items():
            (self.folder / name).write_text(text)
        log = self.folder / "output.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.service.program, *self.service.arguments],
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pid = process.pid
        self.file.write_text(json.dumps({"pid": self.pid, "ports": self.ports}))
        wait_until(lambda: self.answers() or process.poll() is not None)
        if not self.answers():
            self.kill()
            raise ServiceError(f"{self.name} did not start:\n{log.read_text()[-2000:]}")
        print(f"{self.name} is up", file=sys.stderr)

    def answers(self) -> bool:
        """Whether its process runs and serves requests."""
        try:
            return self.lives() and self.service.answers()
        except OSError:
            return False

    def status(self) -> bool:
        """Print whether it is up."""
        is_up = self.answers()
        print(f"{self.name:10}", " ".join(self.service.urls.values()) if is_up else "down")
        return is_up

    def kill(self) -> bool:
        """Stop it; its files stay."""
        if self.lives():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            wait_until(lambda: not self.lives())
        return True

    def down(self) -> bool:
        """Stop it and remove its files."""
        self.kill()
        if self.pid and (command := self.service.afterwards):
            wait_until(lambda: "not allowed" not in run(command, self.environment).stdout)
        shutil.rmtree(self.folder, ignore_errors=True)
        return True

    def lives(self) -> bool:
        """Whether its process runs: one in its folder, no other that got the same number since."""
        try:
            return Path(f"/proc/{self.pid}/cwd").readlink() == self.folder
        except OSError:  # there is none, or it has ended and waits for its parent
            return False


def install(program: Path, by: list[str]) -> None:
    """Make a program available by a command or a package of Debian, or say what to install."""
    if program.exists():
        return
    commands = [by]
    if len(by) == 1:
        apt = ["apt-get", "-qq", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
        commands = [[*apt, "update"], [*apt, "install", *by]]
        if os.geteuid() or not shutil.which("apt-get"):
            raise ServiceError(f"{program} is missing: sudo {shlex.join(commands[-1])}")
    # Packages of Debian start their own server neither on run level 1 nor where systemd is away.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    environment |= {"RUNLEVEL": "1", "SYSTEMD_OFFLINE": "1"}
    for command in commands:
        print(shlex.join(command), file=sys.stderr)
        done = run(command, environment)
        if done.returncode:
            raise ServiceError(f"{shlex.join(command)} failed:\n{done.stdout}")


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command; stdout and stderr together."""
    out, err = subprocess.PIPE, subprocess.STDOUT
    return subprocess.run(command, env=environment, stdout=out, stderr=err, text=True, check=False)


def free_ports() -> Ports:
    """Ports that nobody listens on, as many as any service needs."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    with ExitStack() as stack:
        return [stack.enter_context(one).getsockname()[1] for one in sockets]


def ask(port: int, request: bytes) -> bytes:
    """The answer to a request."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        return connection.recv(4096)


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when something holds, or after a long time."""
    end = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One at a time: the workers of a parallel test run share the services."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Run the command line."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("services", description=__doc__, formatter_class=layout)
    parser.add_argument("command", choices=["up", "down", "status", "kill"])
    known = [*SERVICES, *PROGRAMS]
    parser.add_argument("services", nargs="*", help=f"{', '.join(known)}; all when left out")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="default: build/services")
    arguments = parser.parse_intermixed_args()
    for unknown in set(arguments.services) - set(known):
        parser.error(f"no such service: {unknown}")
    folder = arguments.folder.resolve()
    with alone(folder):
        asked = [
            Server(name, folder) if name in SERVICES else Program(name, PROGRAMS[name])
            for name in arguments.services or known
        ]
        done = [getattr(each, arguments.command)() for each in asked]
    return 0 if all(done) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ServiceError as problem:
        sys.exit(f"scripts/services: {problem}")
