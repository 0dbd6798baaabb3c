"""Listen on an address, and find the names by which browsers reach it, so that the printed address works.

Packages that list the addresses of all interfaces (ifaddr, psutil) do not tell which of them other machines can reach:
bridges and VPNs are among them. The local address of the default route is the one to print.
"""

import errno
import ipaddress
import socket
from collections.abc import Collection

from paperwork.core.faults import ExitCode, Stop

SUGGESTED_PORT = 8765
"""Unprivileged port to suggest; few programs use it."""
FOREIGN_ADDRESS_ERRORS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)
"""Errors of bind() for an address that does not belong to this machine."""
REASONS = {errno.EADDRINUSE: "已经有程序在用", errno.EACCES: "没有权限"}
UNROUTED_ADDRESSES = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Documentation addresses (RFC 5737, RFC 3849): never assigned, so the route to them is the default route."""


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address of this machine, given as number or name; raises `Stop` if that is impossible."""
    mend = "请写这台电脑自己的地址，或者 0.0.0.0"
    try:
        found = socket.getaddrinfo(_unbracketed(host), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # an unknown name, or one that IDNA cannot encode
        raise Stop(ExitCode.FAILED, f"没有“{host}”这个地址", mend) from None
    # IPv4 first for a name with both: every client on the network can use it.
    for family, _, _, _, address in sorted(found, key=lambda each: each[0] != socket.AF_INET):
        # A socket on “::” accepts IPv4 only if it is dual-stack, and not every system can do that.
        is_both = address[0] == "::" and socket.has_dualstack_ipv6()
        try:
            return socket.create_server(address, family=family, dualstack_ipv6=is_both)
        except OSError as error:
            if error.errno not in FOREIGN_ADDRESS_ERRORS:
                raise Stop(ExitCode.FAILED, *_taken(host, port, error.errno or 0)) from None
    raise Stop(ExitCode.FAILED, f"{host} 不是这台电脑的地址", mend)


def host_names(given: str, address: str) -> list[str]:
    """Return the host names under which the listening address can be reached, the one to print first.

    For an unspecified address (0.0.0.0, ::) these are the machine's own, first the one that other machines can reach.
    """
    if not ipaddress.ip_address(address).is_unspecified:
        found = [address, _unbracketed(given)]
    else:
        families = [socket.AF_INET, *([socket.AF_INET6] if ":" in address else [])]
        here = ["127.0.0.1", *(["::1"] if ":" in address else [])]
        own = own_addresses(families)
        away = [each for each in own if not is_loopback(each)]
        found = [*away, *here, *own, socket.gethostname()]
    near = ["localhost"] if {"127.0.0.1", "::1"} & set(found) else []
    return list(dict.fromkeys(_bracketed(each) for each in (*found, *near)))


def is_loopback(address: str) -> bool:
    """Return True if only this machine can reach the address."""
    return ipaddress.ip_address(address).is_loopback


def own_addresses(families: Collection[socket.AddressFamily]) -> list[str]:
    """Return the known addresses of this machine: that of the default route, then those of its host name."""
    out = [each for family in families for each in default_route_address(family)]
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # the host name does not resolve
        found = []
    # Browsers reject addresses with a zone (fe80::1%eth0).
    named = {str(info[4][0]) for info in found if info[0] in families and "%" not in str(info[4][0])}
    return list(dict.fromkeys([*out, *sorted(named)]))


def default_route_address(family: socket.AddressFamily) -> list[str]:
    """Return the local address of the default route, if there is one; no packet is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            # connect() on a UDP socket only chooses a route and sends nothing.
            probe.connect((UNROUTED_ADDRESSES[family], 9))
            return [str(probe.getsockname()[0])]
    except OSError:
        return []


def _taken(host: str, port: int, number: int) -> tuple[str, str]:
    """Return reason and remedy for a port that cannot be used."""
    wrong = f"{_bracketed(_unbracketed(host))}:{port} 用不了（{REASONS.get(number, f'系统不允许，错误号 {number}')}）"
    if not port:
        return wrong, "请再试一次，或者写明一个端口"
    other = port + 1 if 1024 <= port < 65535 else SUGGESTED_PORT
    return wrong, f"请换一个，如 --port {other}；或者页面已经开着，直接在浏览器里打开它"


def _unbracketed(host: str) -> str:
    """Remove the brackets that URLs put around an IPv6 address."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _bracketed(host: str) -> str:
    """Add the brackets that an IPv6 address needs in a URL."""
    return f"[{host}]" if ":" in host else host
