from pathlib import Path

import httpx
import pytest

from redraft.evals.bench_pages import pages, site
from redraft.tools.extract.page import extract_page


def test_made_up_pages_are_always_the_same_and_differ_from_each_other() -> None:
    made = pages(None, 4)

    assert pages(None, 4) == made
    assert len(set(made.values())) == len(made) == 4


def test_a_made_up_page_is_an_article_that_can_be_read_without_its_menu() -> None:
    ((path, data),) = pages(None, 1).items()

    content = extract_page(data, f"https://pages.example{path}", "text/html")

    assert content.text.count("## ") == 25
    assert 'href="' in data.decode()
    assert content.links == ()


@pytest.mark.parametrize(("count", "chosen"), [(2, ["0", "3"]), (3, ["0", "2", "4"]), (9, list("012345"))])
def test_pages_of_a_folder_are_spread_evenly(tmp_path: Path, count: int, chosen: list[str]) -> None:
    (tmp_path / "deep").mkdir()
    for number in range(6):
        (tmp_path / "deep" / f"{number}.html").write_text(f"<p>{number}</p>")

    assert pages(tmp_path, count) == {f"/deep/{n}.html": f"<p>{n}</p>".encode() for n in chosen}


@pytest.mark.enable_socket
def test_a_site_serves_its_pages_and_no_other_after_the_latency() -> None:
    with site({"/a.html": b"<p>a</p>"}, 0.1) as host, httpx.Client(base_url=f"http://{host}") as client:
        answers = [client.get(path) for path in ("/a.html", "/b.html")]

    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"<p>a</p>"), (404, b"")]
    assert all(answer.elapsed.total_seconds() >= 0.1 for answer in answers)
