"""IP addresses that nothing may connect to, by a definition of their own: the registries of IANA and the RFCs."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from hypothesis import strategies as st

SPECIAL_V4 = """0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"""
SPECIAL_V6 = """::/128 ::1/128 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20
5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8"""


def addresses_v4(network: IPv4Network) -> st.SearchStrategy[IPv4Address]:
    return st.integers(int(network[0]), int(network[-1])).map(IPv4Address)


def addresses_v6(network: IPv6Network) -> st.SearchStrategy[IPv6Address]:
    return st.integers(int(network[0]), int(network[-1])).map(IPv6Address)


PRIVATE_V4 = st.sampled_from(SPECIAL_V4.split()).map(IPv4Network).flatmap(addresses_v4)
PRIVATE_V6 = st.sampled_from(SPECIAL_V6.split()).map(IPv6Network).flatmap(addresses_v6)


@st.composite
def carriers(draw: st.DrawFn) -> IPv6Address:
    """An IPv6 address that leads to a private IPv4 address, in any of the ways there are."""
    inside = int(draw(PRIVATE_V4))
    prefix = draw(st.integers(0, 2**64 - 1)) << 64
    return IPv6Address(
        draw(
            st.sampled_from(
                [
                    0xFFFF << 32 | inside,  # mapped
                    inside,  # compatible
                    0xFFFF << 48 | inside,  # translated, ::ffff:0:a.b.c.d (RFC 2765)
                    0x0064FF9B << 96 | inside,  # NAT64
                    0x0064FF9B0001 << 80 | inside,  # NAT64 for local use
                    0x2002 << 112 | inside << 80 | 1,  # 6to4
                    0x20010000 << 96 | inside << 64,  # Teredo's server
                    0x20010000 << 96 | 0x5DB8D70E << 64 | (inside ^ 0xFFFFFFFF),  # Teredo's client
                    prefix | 0x00005EFE << 32 | inside,  # ISATAP
                    prefix | 0x02005EFE << 32 | inside,
                ]
            )
        )
    )
