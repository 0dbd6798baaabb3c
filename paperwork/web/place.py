"""Where the page listens, and what it may be called there: the address that is told must be one that leads to it."""

import errno
import ipaddress
import socket
from collections.abc import Collection, Iterable

from paperwork.faults import ExitCode, Stop

USUAL = 8765
"""A port that anybody may use, and few do."""
NOT_OURS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)
"""What the system says of an address that is none of its own."""
REASONS = {errno.EADDRINUSE: "已经有程序在用", errno.EACCES: "没有权限"}
ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses that nobody has: the way there is the way out."""
WEB = 80
"""The port that browsers leave out."""


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address of this machine, or on that of a name. Raises `Stop` when it cannot be."""
    mend = "请写这台电脑自己的地址，或者 0.0.0.0"
    try:
        found = socket.getaddrinfo(_bare(host), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # no such name; a name that cannot be one
        raise Stop(ExitCode.FAILED, f"没有“{host}”这个地址", mend) from None
    # The older kind first, for a name that has both: every browser gets there.
    for family, _, _, _, address in sorted(found, key=lambda each: each[0] != socket.AF_INET):
        is_both = address[0] == "::" and socket.has_dualstack_ipv6()
        try:
            return socket.create_server(address, family=family, dualstack_ipv6=is_both)
        except OSError as error:
            if error.errno not in NOT_OURS:
                raise Stop(ExitCode.FAILED, *_taken(host, port, error.errno or 0)) from None
    raise Stop(ExitCode.FAILED, f"{host} 不是这台电脑的地址", mend)


def names(given: str, address: str) -> list[str]:
    """What the page may be called that listens on this address, the name to be told first.

    On all addresses those of the machine: first the one by which others get in.
    """
    if not ipaddress.ip_address(address).is_unspecified:
        found = [address, _bare(given)]
    else:
        families = [socket.AF_INET, *([socket.AF_INET6] if ":" in address else [])]
        here = ["127.0.0.1", *(["::1"] if ":" in address else [])]
        own = own_addresses(families)
        away = [each for each in own if not is_loopback(each)]
        found = [*away, *here, *own, socket.gethostname()]
    near = ["localhost"] if {"127.0.0.1", "::1"} & set(found) else []
    return list(dict.fromkeys(_bracketed(each) for each in (*found, *near)))


def hosts(called: Iterable[str], port: int) -> frozenset[str]:
    """What browsers say to whom they speak, when they are given these names."""
    return frozenset(said for name in called for said in (f"{name}:{port}", *([name] if port == WEB else [])))


def is_loopback(address: str) -> bool:
    """Whether only this machine gets there."""
    return ipaddress.ip_address(address).is_loopback


def own_addresses(families: Collection[socket.AddressFamily]) -> list[str]:
    """The machine's addresses, as far as they are known: the way out first, then what its own name leads to."""
    out = [each for family in families for each in outward(family)]
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # its name is known to nobody
        found = []
    # No browser takes an address with a zone (fe80::1%eth0).
    named = {str(info[4][0]) for info in found if info[0] in families and "%" not in str(info[4][0])}
    return list(dict.fromkeys([*out, *sorted(named)]))


def outward(family: socket.AddressFamily) -> list[str]:
    """The address by which this machine goes to others, if it does. Nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((ELSEWHERE[family], 9))
            return [str(way.getsockname()[0])]
    except OSError:
        return []


def _taken(host: str, port: int, number: int) -> tuple[str, str]:
    """What is wrong with a port, and what to do."""
    wrong = f"{_bracketed(_bare(host))}:{port} 用不了（{REASONS.get(number, f'系统不允许，错误号 {number}')}）"
    if not port:
        return wrong, "请再试一次，或者写明一个端口"
    other = port + 1 if 1024 <= port < 65535 else USUAL
    return wrong, f"请换一个，如 --port {other}；或者页面已经开着，直接在浏览器里打开它"


def _bare(host: str) -> str:
    """An IPv6 address as the system takes it, also when it is given as browsers take it."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
