"""Ways that lead inside. None may reach a transport."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.tests.tools.fetch.addresses import PRIVATE_V4, PRIVATE_V6, carriers
from redraft.tests.tools.fetch.sites import OTHER, PROSE, PUBLIC, Names, Sites, answer, fetch, moved
from redraft.tools.errors import PageFailed
from redraft.tools.fetch.address import allowed_hosts
from redraft.tools.fetch.networks import IPAddress

INSIDE = {
    "loop.evil.example": ["127.0.0.1"],
    "six.evil.example": ["::1"],
    "lan.evil.example": ["192.168.1.1"],
    "cloud.evil.example": ["169.254.169.254"],
    "azure.evil.example": ["168.63.129.16"],
    "mixed.evil.example": [PUBLIC, "10.0.0.1"],
    "mixed6.evil.example": [PUBLIC, "fd00:ec2::254"],
    "mapped.evil.example": ["::ffff:10.0.0.1"],
    "nat64.evil.example": ["64:ff9b::7f00:1"],
    "sixtofour.evil.example": ["2002:7f00:1::"],
    "scoped.evil.example": ["fe80::1%eth0"],
    "zero.evil.example": ["0.0.0.1"],
    "xn--e1afmkfd.example": ["10.1.2.3"],
}
REDIRECTS = {
    f"http://open.example/{number}": moved(to)
    for number, to in enumerate(
        [
            "http://127.0.0.1/",
            "//127.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "https://loop.evil.example/",
            "http://open.example/0",
            "file:///etc/passwd",
            "http://user:pw@127.0.0.1/",
            "http://[::1]/",
            "http://open.example:6379/",
            "gopher://127.0.0.1:6379/_INFO",
            "\\\\127.0.0.1\\a",
            "http://2130706433/",
            "http://localhost:8898/",
        ]
    )
}
ATTEMPTS = [
    # Written plainly
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://127.8.9.10/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://0.0.0.0/",
    "http://255.255.255.255/",
    "http://224.0.0.1/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://a.localhost/",
    "http://printer.local/",
    "http://router.home.arpa/",
    "http://intranet/",
    # Metadata of clouds
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://168.63.129.16/metadata",
    "http://192.0.0.192/opc/v2/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://metadata/computeMetadata/v1/",
    # Written in numbers
    "http://2130706433/",
    "http://0x7f000001/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://127.0.0.01/",
    "http://127.0.0.1.5/",
    "http://256.0.0.1/",
    # Written in Unicode
    "http://１２７.0.0.1/",
    "http://127。0。0。1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
    "http://loc\u00adalhost/",
    "http://127.0.0.1\u200b/",
    "http://пример.example/",
    # With dots, escapes, zones
    "http://127.0.0.1./",
    "http://localhost./",
    "http://metadata.google.internal./",
    "http://127%2e0.0.1/",
    "http://%31%32%37.0.0.1/",
    "http://localhost%00.example.com/",
    "http://[fe80::1%25eth0]/",
    "http://[::1%25lo]/",
    # IPv6
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:0:5db8:d70e:0:0:80ff:fffe]/",
    "http://[2606:2800::5efe:7f00:1]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://::1/",
    # Other schemes and ports
    "file:///etc/passwd",
    "ftp://open.example/",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/",
    "javascript:alert(1)",
    "data:text/html,hello",
    "http://open.example:22/",
    "http://open.example:6379/",
    "http://open.example:8080/",
    # What parsers disagree about
    "http://open.example@127.0.0.1/",
    "http://user:pw@open.example/",
    "http://127.0.0.1#@open.example/",
    "http://127.0.0.1\\@open.example/",
    "http://open.example\\@127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    " http://127.0.0.1/",
    "http://127.0.0.1 /",
    "http://open.example\t.evil/",
    "http://open.example\r\nHost: localhost/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:８０/",
    "http://[::1]@open.example/",
    # Next to what is allowed
    "http://127.0.0.1:8898/",
    "https://127.0.0.1/",
    "http://localhost:8899/",
    "http://[::1]:8899/",
    "http://[::ffff:127.0.0.1]:8899/",
    "http://127.1:8899/",
    "http://2130706433:8899/",
    "http://127.0.0.1.:8899/",
    "http://loop.evil.example:8899/",
    "http://user@127.0.0.1:8899/",
    *(f"http://{name}/" for name in INSIDE),
    *(f"https://{name}/" for name in INSIDE),
    *REDIRECTS,
]


@pytest.mark.parametrize("url", ATTEMPTS)
async def test_nothing_inside_is_ever_connected_to(url: str) -> None:
    sites = Sites(REDIRECTS)
    names = Names({name: [found] for name, found in INSIDE.items()})

    with pytest.raises(PageFailed) as failed:
        await fetch(url, sites, names, allow_hosts=allowed_hosts("127.0.0.1:8899"))

    assert failed.value.reason in ("bad_url", "private_address")
    assert set(sites.connected) <= {PUBLIC}
    assert bool(sites.asked) == ("open.example/" in url and url in REDIRECTS)
    assert "pw" not in str(failed.value)


@given(PRIVATE_V4 | PRIVATE_V6 | carriers(), st.booleans())
async def test_no_private_address_passes_in_any_form(ip: IPAddress, first: bool) -> None:
    written = f"http://[{ip}]/" if ip.version == 6 else f"http://{ip}/"
    found = [str(ip), PUBLIC] if first else [PUBLIC, str(ip)]
    sites = Sites()

    for url in (written, "http://named.example/"):
        with pytest.raises(PageFailed) as failed:
            await fetch(url, sites, Names({"named.example": [found]}))
        assert failed.value.reason == "private_address"

    assert sites.connected == []


async def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    """Between the check and the connection nobody asks again; a second request is a second check."""
    sites = Sites({"http://rebind.example/": answer(PROSE)})
    names = Names({"rebind.example": [[PUBLIC], [PUBLIC], ["127.0.0.1"]]})

    await fetch("http://rebind.example/", sites, names)

    assert names.asked == ["rebind.example"] * 2  # for robots.txt and for the page
    assert sites.connected == [PUBLIC, PUBLIC]
    with pytest.raises(PageFailed, match="private_address"):
        await fetch("http://rebind.example/", sites, names)
    assert sites.connected == [PUBLIC, PUBLIC]


async def test_a_name_that_turns_inside_after_robots_txt_is_refused() -> None:
    sites = Sites({"http://rebind.example/": answer(PROSE)})

    with pytest.raises(PageFailed) as failed:
        await fetch("http://rebind.example/", sites, Names({"rebind.example": [[PUBLIC], ["10.0.0.1"]]}))

    assert failed.value.reason == "private_address"
    assert sites.connected == [PUBLIC]


async def test_robots_txt_cannot_lead_inside_either() -> None:
    sites = Sites(
        {"http://open.example/robots.txt": moved("http://169.254.169.254/"), "http://open.example/": answer(PROSE)}
    )

    with pytest.raises(PageFailed) as failed:
        await fetch("http://open.example/", sites)

    assert failed.value.reason == "private_address"
    assert (sites.connected, sites.asked) == ([PUBLIC], [])


async def test_a_host_that_the_user_allows_is_read_at_that_port() -> None:
    sites = Sites({"http://127.0.0.1:8899/": answer(PROSE), "http://wiki.corp.internal:8080/": answer(PROSE)})
    names = Names({"wiki.corp.internal": [["10.0.0.5"]]})
    allowed = allowed_hosts("127.0.0.1:8899,wiki.corp.internal:8080")

    assert (await fetch("http://127.0.0.1:8899/", sites, names, allow_hosts=allowed)).data == PROSE
    assert (await fetch("http://wiki.corp.internal:8080/", sites, names, allow_hosts=allowed)).data == PROSE
    assert set(sites.connected) == {"127.0.0.1", "10.0.0.5"}


async def test_what_is_connected_to_is_one_of_the_addresses_that_were_checked() -> None:
    sites = Sites({"https://two.example/": answer(PROSE)}, dead=frozenset({PUBLIC}))

    page = await fetch("https://two.example/", sites, Names({"two.example": [[PUBLIC, OTHER]]}))

    assert page.data == PROSE
    assert all(ip_address(ip).is_global for ip in sites.connected)
    assert sites.connected == [PUBLIC, OTHER, PUBLIC, OTHER]
    assert {request.headers["host"] for request in sites.requests} == {"two.example"}
    assert {request.extensions["sni_hostname"] for request in sites.requests} == {"two.example"}
