"""The listening address of the web page and its host names: any address of this machine, and no other."""

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

from paperwork.app.web import addresses
from paperwork.core.faults import Stop
from tests.app.test_cli import COMMAND

LATIN = re.compile(r"[A-Za-z]{2,}")


def resolver(*addresses: str) -> Any:
    """Return a replacement for `socket.getaddrinfo` that answers with these addresses."""
    six = {True: socket.AF_INET6, False: socket.AF_INET}
    return lambda *_, **__: [(six[":" in each], socket.SOCK_STREAM, 6, "", (each, 0)) for each in addresses]


@contextmanager
def served(folder: Path, *words: str) -> Iterator[str]:
    """Run the real command; yield the address that it prints."""
    folders = ("--inputs", folder, "--outputs", folder / "out")
    with subprocess.Popen((COMMAND, "serve", "--port", "0", *folders, *words), stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            url = re.search(r"http://\S+", process.stdout.readline().decode())
            assert url
            yield url[0]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def request_status(address: str, host: str = "", host_header: str = "") -> int:
    """Return the status of a request; `host` is where to connect, `host_header` the name that the browser sends."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(host or parts.hostname or "", parts.port, timeout=20)
    host_header = f"{host_header}:{parts.port}" if host_header else host and f"{host}:{parts.port}"
    connection.request("GET", f"/?{parts.query}", headers={"Host": host_header} if host_header else {})
    try:
        return connection.getresponse().status
    finally:
        connection.close()


# ---- host names


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
def test_names_are_those_by_which_the_page_is_reachable(
    monkeypatch: pytest.MonkeyPatch, given: str, address: str, own: list[str], names: list[str]
) -> None:
    """Put first the name to print: one that other machines can reach, if there is one."""
    monkeypatch.setattr(socket, "gethostname", lambda: "own")
    monkeypatch.setattr(addresses, "own_addresses", lambda _: own)
    assert addresses.host_names(given, address) == names


def test_default_route_address_precedes_those_of_the_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        addresses, "default_route_address", lambda family: ["192.0.2.7"] if family == socket.AF_INET else []
    )
    monkeypatch.setattr(socket, "getaddrinfo", resolver("127.0.1.1", "192.0.2.8", "192.0.2.7", "fe80::1%eth0"))
    four, both = [socket.AF_INET], [socket.AF_INET, socket.AF_INET6]
    assert addresses.own_addresses(four) == ["192.0.2.7", "127.0.1.1", "192.0.2.8"]
    assert addresses.own_addresses(both) == ["192.0.2.7", "127.0.1.1", "192.0.2.8"]


def test_loopback_address_is_used_without_network_and_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    class Unconnected(socket.socket):
        def connect(self, _: object) -> None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    monkeypatch.setattr(socket, "socket", Unconnected)
    assert addresses.own_addresses([socket.AF_INET, socket.AF_INET6]) == []
    assert addresses.host_names("0.0.0.0", "0.0.0.0")[0] == "127.0.0.1"


# ---- listening


def listen_error(host: str, port: int = 0) -> Stop:
    """Return the error of an attempt to listen there."""
    with pytest.raises(Stop) as stop:
        addresses.listen(host, port)
    return stop.value


@pytest.mark.parametrize("host", ["", "a..b", "x" * 70, "myhost.example"])
def test_unresolvable_host_gives_a_plain_error(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    real = socket.getaddrinfo

    def offline(name: str, *given: Any, **named: Any) -> Any:
        if name == "myhost.example":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(name, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    stop = listen_error(host)
    assert (stop.wrong, stop.mend) == (f"没有“{host}”这个地址", "请写这台电脑自己的地址，或者 0.0.0.0")


@pytest.mark.parametrize("host", ["192.0.2.77", "2001:db8::77", "[2001:db8::77]", "fe80::77"])
def test_address_of_another_machine_gives_a_plain_error(host: str) -> None:
    stop = listen_error(host)
    assert (stop.wrong, stop.mend) == (f"{host} 不是这台电脑的地址", "请写这台电脑自己的地址，或者 0.0.0.0")


def test_listen_picks_the_local_address_of_a_host_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolver("2001:db8::77", "192.0.2.77", "127.0.0.2"))
    with addresses.listen("desk", 0) as listening:
        assert listening.getsockname()[0] == "127.0.0.2"


def test_listen_accepts_ipv6_addresses() -> None:
    if not socket.has_dualstack_ipv6():
        assert "不是这台电脑的地址" in listen_error("::1").wrong
        return
    for host in ("::1", "[::1]"):
        with addresses.listen(host, 0) as listening:
            assert listening.getsockname()[0] == "::1"
    with addresses.listen("::", 0) as listening:
        socket.create_connection(("127.0.0.1", listening.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize(
    ("port", "reason", "other"),
    [
        (8765, errno.EADDRINUSE, "--port 8766"), (65535, errno.EADDRINUSE, "--port 8765"),
        (80, errno.EACCES, "--port 8765"), (0, errno.EACCES, ""), (9000, errno.ENOMEM, "--port 9001"),
    ],
)  # fmt: skip
def test_unavailable_port_error_suggests_another_port(
    monkeypatch: pytest.MonkeyPatch, port: int, reason: int, other: str
) -> None:
    def none(*_: object, **__: object) -> None:
        raise OSError(reason, "Address already in use (while attempting to bind on address)")

    monkeypatch.setattr(socket, "create_server", none)
    stop = listen_error("127.0.0.1", port)
    assert stop.wrong.startswith(f"127.0.0.1:{port} 用不了（") and not LATIN.search(stop.wrong)
    assert other in stop.mend and ("--port" in stop.mend) == bool(other)
    monkeypatch.setattr(socket, "getaddrinfo", resolver("::1"))
    assert listen_error("::1", port).wrong.startswith(f"[::1]:{port} 用不了（")


# ---- the whole command


def test_unspecified_address_prints_a_reachable_one_and_requires_the_token(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "0.0.0.0") as url:
        outward = addresses.default_route_address(socket.AF_INET)
        assert urlsplit(url).hostname == (outward or ["127.0.0.1"])[0]
        for host in (*outward, "127.0.0.1", "localhost"):
            assert request_status(url, host) == 303
            assert request_status(url.partition("?")[0], host) == 401
        assert request_status(url, "127.0.0.1", socket.gethostname()) == 303
        assert request_status(url, "127.0.0.1", "evil.example") == 421


@pytest.mark.parametrize("host", ["127.0.0.2", "localhost"])
def test_loopback_address_needs_no_token(tmp_path: Path, host: str) -> None:
    with served(tmp_path, "--host", host) as url:
        assert "token" not in url
        assert request_status(url) == 200
        assert request_status(url, host_header=host) == 200


def test_own_host_name_is_accepted_as_host(tmp_path: Path) -> None:
    own = socket.gethostname()
    with served(tmp_path, "--host", own) as url:
        is_open = urlsplit(url).hostname in ("127.0.0.1", "127.0.1.1", "::1")
        assert request_status(url) == request_status(url, host_header=own) == (200 if is_open else 303)
