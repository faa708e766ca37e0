from ipaddress import IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tests.tools.fetch.addresses import PRIVATE_V4, PRIVATE_V6, carriers
from redraft.tools.fetch.networks import IPAddress, is_public


@given(PRIVATE_V4 | PRIVATE_V6)
def test_special_addresses_are_never_public(ip: IPAddress) -> None:
    assert not is_public(ip)


@given(carriers())
def test_a_private_address_inside_another_is_never_public(ip: IPv6Address) -> None:
    assert not is_public(ip)


@given(st.ip_addresses())
def test_what_python_holds_for_private_is_never_public(ip: IPAddress) -> None:
    private = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved
    assert not (is_public(ip) and private and ip not in IPv6Network("64:ff9b::/96"))


@pytest.mark.parametrize(
    "ip",
    [
        "8.8.8.8",
        "93.184.215.14",
        "100.63.255.255",
        "100.128.0.0",
        "172.32.0.1",
        "168.63.129.17",
        "223.255.255.255",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "2001:4860:4860::8888",
        "64:ff9b::808:808",  # what a network without IPv4 has for 8.8.8.8
    ],
)
def test_addresses_of_the_public_internet_are(ip: str) -> None:
    assert is_public(ip_address(ip))
