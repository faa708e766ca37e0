"""The characters that bytes stand for."""

import codecs
import re

from charset_normalizer import from_bytes

from redraft.tools.extract.fault import Fault
from redraft.tools.sanitize import visible

_META = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"\A\s*<\?xml[^>]{0,100}?encoding=[\"']([\w-]{2,40})")
_SPACES = re.compile(r"[\xa0\u2000-\u200a\u202f\u205f\u3000]")
# What the web is written in (WHATWG Encoding Standard), by Python's names; the value is what browsers read it as. UTF-7
# and Python's own codecs, such as `hex`, are not among them.
_ENCODINGS = {
    **{name: name for name in ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "big5", "euc_jp", "iso2022_jp", "gb18030")},
    **{name: name for name in ("koi8-r", "koi8-u", "cp866", "cp874", "cp932", "cp949", "mac-roman", "mac-cyrillic")},
    **{f"cp{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"iso8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# The share of bytes above ASCII below which a text is taken for Western European: sentences in Spanish, German and
# French have 5 to 12 in a hundred, in Greek, Russian and Japanese 79 to 86. Guessing from so few goes wrong:
# charset_normalizer 3.5 read a French sentence as Central European.
_WESTERN = 0.3
# Broken characters in a hundred others that still leave a text UTF-8: one cut in half, not another encoding.
_FEW = 0.1


def decode(data: bytes, declared: str | None = None) -> str:
    """The text: UTF-8 where it is that, else as `declared` by a server or by the text itself, else the likeliest.

    Names that no encoding has count for nothing. Raises `Fault` for what is no text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise Fault(
            "unsupported_type",
            "a binary file",
            "only text, Markdown, reStructuredText, HTML, PDF, DOCX and EPUB can be read",
        )
    stated = _codec(declared or "") or _stated(data[:4096])
    try:
        # Japanese in seven bits would pass for UTF-8.
        return data.decode(stated if stated and stated.startswith("iso2022") else "utf-8-sig")
    except UnicodeDecodeError:
        return _other(data, stated)


def legible(text: str) -> str:
    """`text` without characters that print nothing, and with one kind of space."""
    return _SPACES.sub(" ", visible(text))


def _other(data: bytes, stated: str | None) -> str:
    """What is not UTF-8 throughout."""
    if stated and stated != "utf-8":
        return data.decode(stated, errors="replace")
    lenient = data.decode("utf-8-sig", errors="replace")
    if lenient.count("\ufffd") <= _FEW * sum(character > "\x7f" for character in lenient):
        return lenient
    best = from_bytes(data).best() if sum(byte > 127 for byte in data) > _WESTERN * len(data) else None
    return str(best) if best else data.decode("cp1252", errors="replace")


def _stated(head: bytes) -> str | None:
    found = _META.search(head) or _XML.search(head)
    return _codec(found[1].decode("ascii")) if found else None


def _codec(name: str) -> str | None:
    """Python's name for an encoding of the web; None for anything else."""
    try:
        return _ENCODINGS.get(codecs.lookup(name).name)
    except (LookupError, ValueError):  # the latter for a NUL in the name
        return None
