"""Where the page listens: any address of this machine, told such that others get in; anything else is refused."""

import errno
import http.client
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from paperwork.faults import Stop
from paperwork.web import place
from tests.test_cli import COMMAND

LATIN = re.compile(r"[A-Za-z]{2,}")


def found(*addresses: str) -> Any:
    """What the system says of a name."""
    six = {True: socket.AF_INET6, False: socket.AF_INET}
    return lambda *_, **__: [(six[":" in each], socket.SOCK_STREAM, 6, "", (each, 0)) for each in addresses]


@contextmanager
def served(folder: Path, *words: str) -> Iterator[str]:
    """The real command; the address it tells."""
    folders = ("--inputs", folder, "--outputs", folder / "out")
    with subprocess.Popen((COMMAND, "serve", "--port", "0", *folders, *words), stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            told = re.search(r"http://\S+", process.stdout.readline().decode())
            assert told
            yield told[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def asked(address: str, host: str = "", named: str = "") -> int:
    """How an address is answered; `host` is where to ask, `named` what the browser calls it."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(host or parts.hostname or "", parts.port, timeout=20)
    named = f"{named}:{parts.port}" if named else host and f"{host}:{parts.port}"
    connection.request("GET", f"/?{parts.query}", headers={"Host": named} if named else {})
    try:
        return connection.getresponse().status
    finally:
        connection.close()


# ---- what it may be called


@pytest.mark.parametrize(
    ("given", "address", "own", "names"),
    [
        ("127.0.0.1", "127.0.0.1", [], ["127.0.0.1", "localhost"]),
        ("localhost", "127.0.0.1", [], ["127.0.0.1", "localhost"]),
        ("127.0.0.2", "127.0.0.2", [], ["127.0.0.2"]),
        ("::1", "::1", [], ["[::1]", "localhost"]),
        ("0:0:0:0:0:0:0:1", "::1", [], ["[::1]", "[0:0:0:0:0:0:0:1]", "localhost"]),
        ("desk", "127.0.1.1", [], ["127.0.1.1", "desk"]),
        ("desk", "192.0.2.7", [], ["192.0.2.7", "desk"]),
        ("0.0.0.0", "0.0.0.0", ["127.0.1.1"], ["127.0.0.1", "127.0.1.1", "own", "localhost"]),
        ("0.0.0.0", "0.0.0.0", ["192.0.2.7", "127.0.1.1"], ["192.0.2.7", "127.0.0.1", "127.0.1.1", "own", "localhost"]),
        ("::", "::", ["2001:db8::7"], ["[2001:db8::7]", "127.0.0.1", "[::1]", "own", "localhost"]),
    ],
)  # fmt: skip
def test_the_page_is_called_by_what_leads_to_it(
    monkeypatch: pytest.MonkeyPatch, given: str, address: str, own: list[str], names: list[str]
) -> None:
    """The first is told: the one by which others get in, if there is one."""
    monkeypatch.setattr(socket, "gethostname", lambda: "own")
    monkeypatch.setattr(place, "own_addresses", lambda _: own)
    assert place.names(given, address) == names


def test_the_outward_address_comes_before_what_the_own_name_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "outward", lambda family: ["192.0.2.7"] if family == socket.AF_INET else [])
    monkeypatch.setattr(socket, "getaddrinfo", found("127.0.1.1", "192.0.2.8", "192.0.2.7", "fe80::1%eth0"))
    four, both = [socket.AF_INET], [socket.AF_INET, socket.AF_INET6]
    assert place.own_addresses(four) == ["192.0.2.7", "127.0.1.1", "192.0.2.8"]
    assert place.own_addresses(both) == ["192.0.2.7", "127.0.1.1", "192.0.2.8"]


def test_without_a_network_and_a_name_the_page_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    class Unconnected(socket.socket):
        def connect(self, _: object) -> None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    monkeypatch.setattr(socket, "socket", Unconnected)
    assert place.own_addresses([socket.AF_INET, socket.AF_INET6]) == []
    assert place.names("0.0.0.0", "0.0.0.0")[0] == "127.0.0.1"


def test_at_the_port_of_the_web_browsers_name_no_port() -> None:
    assert place.hosts(["a", "[::1]"], 8765) == {"a:8765", "[::1]:8765"}
    assert place.hosts(["a"], 80) == {"a:80", "a"}


# ---- where it listens


def refused(host: str, port: int = 0) -> Stop:
    """Why nothing listens there."""
    with pytest.raises(Stop) as stop:
        place.listen(host, port)
    return stop.value


@pytest.mark.parametrize("host", ["", "a..b", "x" * 70, "myhost.example"])
def test_what_is_no_address_is_told_plainly(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    real = socket.getaddrinfo

    def offline(name: str, *given: Any, **named: Any) -> Any:
        if name == "myhost.example":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(name, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    stop = refused(host)
    assert (stop.wrong, stop.mend) == (f"没有“{host}”这个地址", "请写这台电脑自己的地址，或者 0.0.0.0")


@pytest.mark.parametrize("host", ["192.0.2.77", "2001:db8::77", "[2001:db8::77]", "fe80::77"])
def test_another_machines_address_is_told_plainly(host: str) -> None:
    stop = refused(host)
    assert (stop.wrong, stop.mend) == (f"{host} 不是这台电脑的地址", "请写这台电脑自己的地址，或者 0.0.0.0")


def test_of_a_names_addresses_the_one_that_is_ours_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", found("2001:db8::77", "192.0.2.77", "127.0.0.2"))
    with place.listen("desk", 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.2"


def test_where_there_is_ipv6_it_is_listened_on() -> None:
    if not socket.has_dualstack_ipv6():
        assert "不是这台电脑的地址" in refused("::1").wrong
        return
    for host in ("::1", "[::1]"):
        with place.listen(host, 0) as listening:
            assert listening.getsockname()[0] == "::1"
    with place.listen("::", 0) as listening:
        socket.create_connection(("127.0.0.1", listening.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize(
    ("port", "reason", "other"),
    [
        (8765, errno.EADDRINUSE, "--port 8766"), (65535, errno.EADDRINUSE, "--port 8765"),
        (80, errno.EACCES, "--port 8765"), (0, errno.EACCES, ""), (9000, errno.ENOMEM, "--port 9001"),
    ],
)  # fmt: skip
def test_a_port_that_cannot_be_had_is_told_with_one_that_may(
    monkeypatch: pytest.MonkeyPatch, port: int, reason: int, other: str
) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(reason, "Address already in use (while attempting to bind on address)")

    monkeypatch.setattr(socket, "create_server", none)
    stop = refused("127.0.0.1", port)
    assert stop.wrong.startswith(f"127.0.0.1:{port} 用不了（") and not LATIN.search(stop.wrong)
    assert other in stop.mend and ("--port" in stop.mend) == bool(other)
    monkeypatch.setattr(socket, "getaddrinfo", found("::1"))
    assert refused("::1", port).wrong.startswith(f"[::1]:{port} 用不了（")


# ---- as a whole


def test_on_all_addresses_the_told_one_is_for_others_and_needs_the_token(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "0.0.0.0") as told:
        outward = place.outward(socket.AF_INET)
        assert urlsplit(told).hostname == (outward or ["127.0.0.1"])[0]
        for host in (*outward, "127.0.0.1", "localhost"):
            assert asked(told, host) == 303
            assert asked(told.partition("?")[0], host) == 401
        assert asked(told, "127.0.0.1", socket.gethostname()) == 303
        assert asked(told, "127.0.0.1", "evil.example") == 421


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost"])
def test_on_this_machine_alone_no_token_is_needed(tmp_path: Path, host: str) -> None:
    with served(tmp_path, "--host", host) as told:
        assert "token" not in told
        assert asked(told) == 200
        assert asked(told, named=host) == 200


def test_the_machines_own_name_can_be_given(tmp_path: Path) -> None:
    own = socket.gethostname()
    with served(tmp_path, "--host", own) as told:
        is_open = urlsplit(told).hostname in ("127.0.0.1", "127.0.1.1", "::1")
        assert asked(told) == asked(told, named=own) == (200 if is_open else 303)
