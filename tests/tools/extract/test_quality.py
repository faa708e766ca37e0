"""Walls as sites have them, cut down to what makes them one, and pages that speak of walls or are just short."""

import time
from contextlib import suppress

import pytest

from redraft.tools.errors import PageFailed
from redraft.tools.extract.page import extract_page

URL = "https://www.example.org/news/trams"
SENTENCE = "The light rail in Bergen opened in 2010 and carries forty thousand passengers on a working day. "
ARTICLE = f"<p>{SENTENCE * 5}</p><p>{SENTENCE * 7}</p><p>{SENTENCE * 8}</p>"
TEASER = f"<p>{SENTENCE * 3}</p>"


def page(title: str, body: str, head: str = "") -> str:
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>{head}</head>"
        f"<body>{body}</body></html>"
    )


def article(title: str, body: str, head: str = "") -> str:
    return page(
        f"{title} | City Post",
        f"<nav><a href=/>Home</a> <a href=/news>News</a></nav><article><h1>{title}</h1>{body}</article>"
        "<footer>© City Post</footer>",
        head,
    )


def json_ld(free: str) -> str:
    return (
        '<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle",'
        f'"headline":"Trams","isAccessibleForFree":{free}}}</script>'
    )


COOKIE_BANNER = (
    '<div id="onetrust-banner-sdk" class="cookie-banner"><p>We value your privacy</p>'
    "<button>Reject all</button><button>Accept all</button></div>"
)
TURNSTILE = '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js" async></script>'

WALLS = {
    "cloudflare": (
        "challenge",
        page(
            "Just a moment...",
            "<div class=main-wrapper><h1>www.example.org</h1><h2>Verifying you are human.</h2>"
            "<p>www.example.org needs to review the security of your connection before proceeding.</p></div>"
            "<noscript>Enable JavaScript and cookies to continue</noscript><script>_cf_chl_opt={}</script>",
        ),
    ),
    "cloudflare block": (
        "challenge",
        page(
            "Attention Required! | Cloudflare",
            "<h1>Sorry, you have been blocked</h1><p>You are unable to access example.org</p>"
            "<p>This website is using a security service to protect itself from online attacks.</p>",
        ),
    ),
    "cloudflare turnstile": ("challenge", page("example.org", f"<p>One moment, please.</p>{TURNSTILE}")),
    "akamai": (
        "challenge",
        page(
            "Access Denied",
            "<h1>Access Denied</h1>You don't have permission to access \"http://example.org/\" on this server.<p>"
            "Reference #18.4f2c1002.1732262400.1a2b3c4d",
        ),
    ),
    "datadome": (
        "challenge",
        page("example.org", "<p id=cmsg>Please enable JS and disable any ad blocker</p>"
             "<script src=https://ct.captcha-delivery.com/c.js></script>"),
    ),
    "perimeterx": (
        "challenge",
        page("Access has been denied", "<h1>Press &amp; Hold to confirm you are a human (and not a bot).</h1>"
             "<div id=px-captcha></div><p>Reference ID 9f1c</p>"),
    ),
    "incapsula": (
        "challenge",
        page("", "<iframe src=/_Incapsula_Resource?CWUDNSAI=23 width=100%>Request unsuccessful. Incapsula incident ID: "
             "8270001-1234</iframe>"),
    ),
    "google": (
        "challenge",
        page("https://google.com/search?q=trams", "<div>Our systems have detected unusual traffic from your computer "
             "network. This page checks to see if it's really you sending the requests, and not a robot.</div>"),
    ),
    "amazon": (
        "challenge",
        page("Robot Check", "<h4>Enter the characters you see below</h4><p>We just need to make sure you're not a "
             "robot. For best results, please make sure your browser is accepting cookies.</p>"),
    ),
    "distil": ("challenge", page("Pardon Our Interruption", "<h1>Pardon Our Interruption</h1><p>As you were browsing "
                                 "something about your browser made us think you were a bot.</p>")),
    "not found": ("not_found", article("Page not found", "<p>Try the search, or go back to the front page.</p>")),
    "404": ("not_found", page("404", "<h1>404</h1><p>Nothing here.</p>")),
    "404 by its heading": (
        "not_found",
        page("City Post", "<main><h1>Sorry, we couldn’t find that page</h1><p>It may have moved.</p></main>"),
    ),
    "german 404": ("not_found", page("Fehler | Stadtpost", "<h1>Seite nicht gefunden</h1><p>Zur Suche.</p>")),
    "no longer there": ("not_found", page("Shop", "<h1>This page is no longer available</h1><p>See our offers.</p>")),
    "consent": (
        "consent",
        page("Example News", "<div><h1>We value your privacy</h1><p>We and our 842 partners store information on "
             "your device, such as cookies, and process personal data.</p><button>Accept all</button></div>"),
    ),
    "google consent": (
        "consent",
        page("Before you continue to YouTube", "<h1>Before you continue to YouTube</h1><p>We use cookies and data to "
             "deliver and maintain services, and, if you agree, to show ads.</p>"),
    ),
    "german consent": (
        "consent",
        page("Zustimmung", "<p>Mit Werbung weiterlesen: Besuchen Sie die Stadtpost mit Werbung und Tracking. "
             "Details finden Sie in der Datenschutzerklärung.</p>"),
    ),
    "french consent": (
        "consent",
        page("Le Courrier", "<p>Continuer sans accepter</p><p>Avec votre accord, nos partenaires et nous utilisons des "
             "cookies pour stocker et consulter des informations personnelles.</p>"),
    ),
    "paywall by its words": (
        "paywall",
        article("Trams in Bergen", f"{TEASER}<p>Subscribe to continue reading. Already a subscriber? Log in.</p>"),
    ),
    "paywall by its metadata": ("paywall", article("Trams in Bergen", TEASER, json_ld("false"))),
    "paywall by its metadata as a string": ("paywall", article("Trams in Bergen", TEASER, json_ld('"False"'))),
    "metered": (
        "paywall",
        article("Trams in Bergen", f"{TEASER}<p>You have reached your limit of free articles this month.</p>"),
    ),
    "members only": ("paywall", article("Trams in Bergen", f"{TEASER}<p>This story is for our subscribers.</p>")),
    "react shell": (
        "javascript",
        page("City Post", "<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>"
             "<script src=/static/js/main.8f2.js></script>"),
    ),
    "silent shell": ("javascript", page("App", '<div id="__next"></div><script src=/_next/app.js></script>')),
    "angular shell": ("javascript", page("App", "<app-root></app-root><script src=main.js></script>")),
    "asks for scripts": (
        "javascript",
        page("Viewer", "<p>This site requires JavaScript. Please enable JavaScript in your browser settings.</p>"),
    ),
    "nothing": ("empty", page("City Post", "<div></div>")),
    "only a picture": ("empty", page("", "<img src=tram.jpg>")),
    "only furniture": ("empty", page("", "<script>track()</script><style>p{}</style><!-- nothing -->")),
}  # fmt: skip

PAGES = {
    "an article": article("Trams in Bergen", ARTICLE),
    "a short one": article("Closed today", "<p>The line is closed today, as the bridge is being repaired.</p>"),
    "a short one on scripts": article("Closed", f"{TEASER}<noscript>Enable JavaScript to see comments</noscript>"),
    "about paywalls": article(
        "Why newspapers ask you to subscribe to continue reading",
        f"<p>Already a subscriber? Subscribe to continue reading: such lines stand on every page.</p>{ARTICLE}",
    ),
    "about Cloudflare": article(
        "Just a moment: how Cloudflare checks that you are human",
        f"<p>It says: Verify you are human, enable JavaScript and cookies to continue.</p>{ARTICLE}",
    ),
    "about 404": article("404 Not Found", f"<p>The status code 404 says that there is no such page.</p>{ARTICLE}"),
    "about consent": article("We value your privacy", f"<p>We and our 842 partners: who are they?</p>{ARTICLE}"),
    "about JavaScript": article(
        "Why a site requires JavaScript", f"<p>Please enable JavaScript, it says.</p>{ARTICLE}"
    ),
    "about captchas": article("Are you a robot?", f"<p>Solve this captcha, it says.</p>{ARTICLE}{TURNSTILE}"),
    "with a cookie banner": article("Trams in Bergen", f"{ARTICLE}{COOKIE_BANNER}"),
    "paid, but whole": article("Trams in Bergen", ARTICLE, json_ld("false")),
    "free": article("Trams in Bergen", TEASER, json_ld("true")),
    "with a newsletter": article("Trams in Bergen", f"{ARTICLE}<aside>Sign up to read our newsletter</aside>"),
    "rendered by the server": page("Trams", f'<div id="__next"><main><h1>Trams</h1>{ARTICLE}</main></div>'),
    "with a captcha in its form": article("Write to us", f"{ARTICLE}<form><div class=g-recaptcha></div></form>"),
    "with a number": article("Route 404", "<p>Route 404 runs from the harbour to the airport every ten minutes.</p>"),
}


@pytest.mark.parametrize("name", WALLS)
def test_what_is_no_page_says_which_kind_of_none(name: str) -> None:
    reason, html = WALLS[name]

    with pytest.raises(PageFailed) as caught:
        extract_page(html.encode(), URL, "text/html")

    assert (caught.value.reason, caught.value.url) == (reason, URL)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_passes_whatever_it_speaks_of(name: str) -> None:
    assert extract_page(PAGES[name].encode(), URL, "text/html").text


@pytest.mark.parametrize(
    "start", ["<noscript>", "<noscript ", "<title ", "<div id=root", "<!-- a -->", "<app-root ", "we use cookies "]
)
def test_the_time_it_takes_grows_with_the_length_of_the_page_alone(start: str) -> None:
    began = time.process_time()
    with suppress(PageFailed):
        extract_page(
            page("Trams", "<p>They run.</p>").encode() + (start * 20_000).encode(), URL, "text/html", quick=True
        )
    assert time.process_time() - began < 5
