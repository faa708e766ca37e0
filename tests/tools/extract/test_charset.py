from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.tools.extract.charset import decode
from redraft.tools.extract.fault import Fault

FRENCH, JAPANESE, CHINESE = (
    "Le café “Noël” coûte très cher.",
    "東京の路面電車は二系統が運行されている。",
    "有轨电车每天运行。",
)


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        (FRENCH, "utf-8", None),
        (FRENCH, "utf-8", "iso-8859-1"),  # a common lie
        (FRENCH, "utf-8-sig", "windows-1252"),
        (FRENCH, "utf-16", "utf-8"),
        (FRENCH, "cp1252", "ISO-8859-1"),
        (FRENCH, "cp1252", "us-ascii"),
        (FRENCH, "cp1252", "nonsense"),
        (FRENCH, "cp1252", "base64"),
        (FRENCH, "cp1252", ""),
        (FRENCH, "cp1252", "utf-8"),
        (JAPANESE, "shift_jis", "Shift_JIS"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
        (CHINESE, "gbk", "gb2312"),
        (CHINESE, "big5", "big5"),
    ],
)
def test_bytes_are_read_as_what_they_are_before_what_they_are_called(
    text: str, encoding: str, declared: str | None
) -> None:
    assert decode(text.encode(encoding, "ignore"), declared) == text.encode(encoding, "ignore").decode(encoding)


def test_what_the_text_declares_of_itself_counts_where_the_server_says_nothing() -> None:
    page = f'<meta charset="shift_jis"><p>{JAPANESE}'
    package = f"<?xml version='1.0' encoding='shift_jis'?><p>{JAPANESE}"

    assert decode(page.encode("shift_jis")) == page
    assert decode(package.encode("shift_jis")) == package
    assert decode(page.encode("euc_jp"), "euc-jp") == page


@settings(deadline=None)
@given(st.binary(max_size=200), st.none() | st.text(max_size=12) | st.sampled_from(["hex", "rot13", "idna", "utf-7"]))
def test_bytes_never_raise_anything_but_a_fault(data: bytes, declared: str | None) -> None:
    with suppress(Fault):
        assert isinstance(decode(data, declared), str)


def test_binary_data_is_no_text() -> None:
    with pytest.raises(Fault) as caught:
        decode(b"\x89PNG\r\n\x1a\n\x00\x00", "utf-8")

    assert caught.value.reason == "unsupported_type"
