"""Which IP addresses belong to the public internet."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IPAddress = IPv4Address | IPv6Address

# The registries of special-purpose addresses (IANA, RFC 6890) and multicast. Python's own `is_global` follows them with
# a delay that depends on its patch release, so both are asked, and the stricter answer counts.
_SPECIAL_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT, and Alibaba's metadata at 100.100.100.200
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's own services: routed like a public address, answered by the host
            "169.254.0.0/16",  # link-local, and most clouds' metadata at 169.254.169.254
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments, and Oracle's metadata at 192.0.0.192
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
"""All unicast addresses of the public internet (RFC 4291). Outside lie loopback, private and link-local ones, and the
forms that carry an IPv4 address: IPv4-mapped, IPv4-compatible, and NAT64 for local use (64:ff9b:1::/48)."""
_SPECIAL_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo among them, which carries two IPv4 addresses
            "2001:db8::/32",
            "2002::/16",  # 6to4, which carries an IPv4 address
            "3fff::/20",
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")
"""Bytes 8 to 11 of an address whose last four are an IPv4 address on the local network (RFC 5214)."""


def is_public(ip: IPAddress) -> bool:
    """Whether `ip` is a unicast address of the public internet.

    No address with an IPv4 address inside counts, whatever is inside: those are ways around this check, and no site of
    the web lives there. NAT64's well-known prefix (RFC 6052) is the exception, as on networks without IPv4 it leads to
    every site that has only IPv4: there the address inside decides.
    """
    if not ip.is_global or ip.is_multicast:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _SPECIAL_V4)
    if ip in _NAT64:
        return is_public(IPv4Address(ip.packed[12:]))
    return ip in _PUBLIC_V6 and not any(ip in network for network in _SPECIAL_V6) and ip.packed[8:12] not in _ISATAP
