"""What the replies say, what an empty one looks like, and what `FULL` has to ask for: by provider."""

from datetime import date
from typing import Any

from redraft.tests.tools.search.served import SECRET
from redraft.tools.search.types import Ask, Hit

FULL = Ask(text="tram-line cost", limit=7, language="de", since=date(2024, 3, 9))
COST = "https://rails.example/cost"
BUSES = "https://roads.example/buses"

HITS = {
    "searxng": [
        Hit(
            url=COST,
            title="The cost of tram lines",
            snippet="Building a tram line cost 22 million euros a kilometre.",
            date="2024-05-01",
        ),
        Hit(url=BUSES, title="Buses"),
    ],
    "wikipedia": [
        Hit(url="https://en.wikipedia.org/wiki/Tram", title="Tram", snippet="A tram & its cost"),
        Hit(
            url="https://en.wikipedia.org/wiki/Cost_of_trams_(C%2B%2B_%26_friends%3F)",
            title="Cost of trams (C++ & friends?)",
            snippet="Money",
        ),
    ],
    "arxiv": [
        Hit(
            url="https://arxiv.org/abs/2401.01234v2",
            title="Scheduling trams on shared tracks",
            snippet="We schedule trams where x < y.",
            date="2024-01-02",
            author="Ada Example, Ben Example",
            abstract="We schedule trams where x < y.",
        )
    ],
    "openalex": [
        Hit(
            url="https://repository.example/trams.pdf",
            title="The cost of trams",
            snippet="Trams cost money. Trams last.",
            date="2023-04-05",
            author="Ada Example, Ben Example",
            abstract="Trams cost money. Trams last.",
        ),
        Hit(url="https://openalex.org/W2", title="", date="2020-01-01"),
    ],
    "crossref": [
        Hit(
            url="https://doi.org/10.1000/trams.1",
            title="The cost of trams & buses",
            snippet="Trams emit no CO2. They last.",
            date="2023-04-05",
            author="Ada Example, Tram Consortium",
            abstract="Trams emit no CO2. They last.",
        ),
        Hit(url="https://doi.org/10.1000/trams.2", title="Buses", date="2022-11"),
        Hit(url="https://doi.org/10.1000/trams.3", title=""),
    ],
    "semantic_scholar": [
        Hit(
            url="https://arxiv.org/abs/2401.01234",
            title="Scheduling trams",
            snippet="We schedule trams.",
            date="2024-01-02",
            author="Ada Example, Ben Example",
            abstract="We schedule trams.",
        ),
        Hit(url="https://repository.example/buses.pdf", title="Buses", date="2019"),
        Hit(url="https://www.semanticscholar.org/paper/a3", title="Cycling"),
    ],
    "pubmed": [
        Hit(
            url="https://pubmed.ncbi.nlm.nih.gov/38000001/",
            title="Noise of trams: H2O.",
            snippet="BACKGROUND: Trams are loud. RESULTS: Less than buses.",
            date="2024-02-09",
            author="Ada Example, Tram Study Group",
            abstract="BACKGROUND: Trams are loud. RESULTS: Less than buses.",
        ),
        Hit(url="https://pubmed.ncbi.nlm.nih.gov/38000002/", title="Buses.", date="2023-12-04"),
        Hit(url="https://pubmed.ncbi.nlm.nih.gov/38000003/", title="Cycling.", date="1998"),
        Hit(url="https://pubmed.ncbi.nlm.nih.gov/38000004/", title="Walking."),
    ],
    "brave": [
        Hit(
            url=COST,
            title="The cost of tram lines",
            snippet="Building a tram line costs 22 million euros & more.",
            date="2024-05-01",
        ),
        Hit(url=BUSES, title="Buses", snippet="Buses cost less."),
    ],
    "tavily": [
        Hit(
            url=COST, title="The cost of tram lines", snippet="Building a tram line cost 22 million euros a kilometre."
        ),
        Hit(url=BUSES, title="Buses", snippet="Buses cost less."),
    ],
    "serper": [
        Hit(
            url=COST,
            title="The cost of tram lines",
            snippet="Building a tram line cost 22 million euros.",
            date="2024-05-01",
        ),
        Hit(url=BUSES, title="Buses", snippet="Buses cost less."),
    ],
    "exa": [
        Hit(
            url=COST,
            title="The cost of tram lines",
            snippet="Building a tram line cost 22 million euros. … Moving pipes cost a third.",
            date="2024-05-01",
            author="Ada Example",
        ),
        Hit(url=BUSES, title=""),
    ],
}

EMPTY = {
    "searxng": '{"query": "x", "results": [], "unresponsive_engines": [["google", "CAPTCHA"]]}',
    "wikipedia": '{"batchcomplete": true, "query": {"searchinfo": {"totalhits": 0}, "search": []}}',
    "arxiv": '<feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title></feed>',
    "openalex": '{"meta": {"count": 0}, "results": []}',
    "crossref": '{"status": "ok", "message": {"total-results": 0, "items": []}}',
    "semantic_scholar": '{"total": 0, "offset": 0}',
    "pubmed": '{"esearchresult": {"count": "0", "idlist": [], "warninglist": {"outputmessages": ["No items found."]}}}',
    "brave": '{"type": "search", "query": {"original": "x"}}',
    "tavily": '{"query": "x", "results": []}',
    "serper": '{"searchParameters": {"q": "x"}, "organic": []}',
    "exa": '{"requestId": "x", "results": []}',
}

ASKED: dict[str, dict[str, Any]] = {
    "searxng": {"q": "tram-line cost", "format": "json", "language": "de"},
    "wikipedia": {"srsearch": "tram-line cost", "srlimit": "7", "list": "search"},
    "arxiv": {
        "search_query": "(all:tram OR all:line OR all:cost) AND submittedDate:[202403090000 TO 999912312359]",
        "max_results": "7",
    },
    "openalex": {
        "search": "tram-line cost",
        "per_page": "7",
        "filter": "language:de,from_publication_date:2024-03-09",
        "mailto": "me@home.example",
    },
    "crossref": {
        "query.bibliographic": "tram-line cost",
        "rows": "7",
        "filter": "from-pub-date:2024-03-09",
        "mailto": "me@home.example",
    },
    "semantic_scholar": {"query": "tram line cost", "limit": "7", "publicationDateOrYear": "2024-03-09:"},
    "pubmed": {
        "term": "tram-line cost",
        "retmax": "7",
        "mindate": "2024/03/09",
        "email": "me@home.example",
        "tool": "redraft",
        "api_key": SECRET,
    },
    "brave": {"q": "tram-line cost", "count": "7", "search_lang": "de"},
    "tavily": {"query": "tram-line cost", "max_results": 7, "start_date": "2024-03-09"},
    "serper": {"q": "tram-line cost", "num": 7, "hl": "de", "lr": "lang_de", "tbs": "cdr:1,cd_min:03/09/2024"},
    "exa": {"query": "tram-line cost", "numResults": 7, "startPublishedDate": "2024-03-09T00:00:00.000Z"},
}
