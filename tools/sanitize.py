"""Page text is data. What a model could take for an instruction, a turn of the chat or a citation is taken out here."""

import hashlib
import re
import unicodedata

# Escape sequences of terminals (ECMA-48: CSI and OSC). An unclosed OSC ends at the next escape, which keeps it linear.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,8}[@-~]|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)?)")
# Control characters (all but newline and tab), zero-width and bidirectional formats, fillers that print nothing,
# variation selectors, tag characters, lone surrogates, private use and noncharacters.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
_NEWLINE = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

# Letters and bars that look like ASCII ones without being compatible with them in Unicode's sense.
_LOOK_ALIKES = str.maketrans(
    "аеіјорсухѕһԁӏвкмнтАВЕІЈКМНОРСТХЅαινορυχΑΒΕΗΙΚΜΝΟΡΤΥΧΖ¦│∣ǀ▁",
    "aeijopcyxshdlbkmhtABEIJKMHOPCTXSaivopuxABEHIKMNOPTYXZ||||_",
)
_COMPATIBLE = {
    code: plain
    for block in (range(0x2100, 0x2150), range(0xFE50, 0xFF5F), range(0x1D400, 0x1D800))
    for code in block
    if len(plain := unicodedata.normalize("NFKC", chr(code))) == 1 and plain.isascii()
}
_FOLD: dict[int, str | int] = {**_COMPATIBLE, **_LOOK_ALIKES, ord("【"): "[", ord("】"): "]"}


def _spelled(character: str, *names: str) -> str:
    """A pattern for a character, plain or as an HTML entity, however often that was escaped."""
    code = ord(character)
    entity = "|".join((*names, f"#0{{0,4}}{code}", f"#x0{{0,4}}{code:x}"))
    return rf"(?:{re.escape(character)}|&(?:amp;){{0,3}}(?:{entity});?)"


_LT, _GT, _BAR = _spelled("<", "lt"), _spelled(">", "gt"), _spelled("|", "vert", "verbar")
_LEFT, _RIGHT = _spelled("[", "lsqb", "lbrack"), _spelled("]", "rsqb", "rbrack")
_TAGS = (
    # How models mark thinking, calls of tools and their results, and whose turn it is.
    "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|action|action_input|observation|"
    "tool|tools|tool_call|tool_calls|tool_response|tool_result|tool_results|tool_use|tool_code|tool_output|"
    "function|functions|function_call|function_calls|function_result|function_results|invoke|parameter|"
    "system|system[_-](?:prompt|message|reminder|instructions?)|assistant|human|developer|用户|助手|系统|AI|"
    # Special tokens written as tags: Llama 2, Mistral, Gemma, GLM, BERT, InternLM, Baichuan, Nemotron, Command-R, and
    # the code models' fill-in-the-middle.
    r"s|(?:bos|eos|pad|unk|mask|cls|sep)(?:_token)?|sop|eop|eoa|eoh|start_of_turn|end_of_turn|start_of_image|"
    r"end_of_image|image_soft_token|unused\d+|reserved_\d+|extra_id_\d+|special_\d+|"
    "fim_prefix|fim_suffix|fim_middle|fim_pad|endoftext"
)
_NAMES = (
    "INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|CALL_ID|THINK|IMG|IMG_BREAK|IMG_END|gMASK"
    "|sMASK"
)
_ROLES = "system|assistant|user|human|developer|instructions?|input|response"
# A tag counts bare or with attributes: `<function f at 0x10>` is how Python prints one, and `<|  |>` an operator.
# Lengths are bounded so that a page of opening brackets costs linear time; Llama 3's longest special token, a
# reserved one, has 30 characters. The one part without a bound stops at the next opening of its own kind.
_HARMFUL = re.compile(
    rf"{_LT}\s{{0,8}}/?\s{{0,8}}(?:[\w-]{{1,20}}:)?(?:{_TAGS})(?:\s{{0,8}}/?|=[^<>&]{{0,200}}|\s{{1,8}}[\w-]{{1,20}}\s{{0,8}}=[^<>&]{{0,200}}){_GT}"
    # <|im_start|>, <｜User｜>, and with words on one side of the bars only, as Gemma 4 and DeepSeek 3.2 have it.
    rf"|{_LT}\s{{0,8}}/?\s{{0,8}}{_BAR}\s{{0,8}}[\w/](?:[^<>&`]{{0,80}}{_BAR}\s{{0,8}}|\w{{0,40}}|[^<>&`|]{{0,20}}{_BAR}\w[^<>&`]{{0,80}}){_GT}"
    rf"|{_LT}\w{{1,40}}{_BAR}{_GT}"
    rf"|{_LT}{_LT}\s{{0,8}}/?\s{{0,8}}SYS\s{{0,8}}{_GT}{_GT}"
    rf"|{_LEFT}\s{{0,8}}(?-i:/?\s{{0,8}}(?:{_NAMES}))\s{{0,8}}{_RIGHT}|{_LEFT}{_BAR}\w{{1,20}}{_BAR}{_RIGHT}"
    # The lines of our own fence, and blocks of code that claim to be somebody's turn.
    rf"|{_LT}{{1,3}}\s{{0,8}}/?SOURCE[-_ ]TEXT(?:[ \t]{{1,8}}[0-9a-f]{{8,64}}\b)?(?:\s{{0,8}}{_GT}{{1,3}})?"
    rf"|SOURCE[-_ ]TEXT(?:[ \t]{{1,8}}\w{{1,64}})?\s{{0,8}}{_GT}{{1,3}}"
    rf"|(?<=```|~~~)[ \t]{{0,8}}(?:{_ROLES}|tool_\w{{1,20}})(?=\s|\Z)"
    # What keeps its words, in round brackets: our citation marker, the turns of Claude, Vicuna and Alpaca, a comment.
    rf"|{_LEFT}\s{{0,8}}(e\d+(?:\s{{0,8}}[,;\u2013-]\s{{0,8}}e\d+)*+)\s{{0,8}}{_RIGHT}"
    rf"|^[ \t]{{0,8}}(?:(Human|Assistant|(?-i:USER))|\#{{1,6}}[ \t]{{0,8}}({_ROLES}))[ \t]{{0,8}}:"
    r"|<!--((?:[^<-]|<(?!!--)|-(?!->))*+)-->",
    re.IGNORECASE | re.MULTILINE,
)

# Tokens nested in tokens, one round a level. Of 208 package descriptions none needed more than one; who nests deeper
# than this loses all characters that a token is made with, which takes no more rounds.
_ROUNDS = 8
_WITHOUT_MARKS = dict.fromkeys(
    code for code in (*_FOLD, *map(ord, "<>[]&:`~")) if chr(code).translate(_FOLD) in "<>[]&:`~"
)


def visible(text: str) -> str:
    """`text` in Unicode's composed form, every line break a newline, without characters that print nothing."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _NEWLINE.sub("\n", _ESCAPE.sub("", text))))


def fold(text: str) -> str:
    """`text` with ASCII in the place of its look-alikes: full-width and mathematical forms, Cyrillic and Greek letters.

    As long as `text`, so that what is found in one is found in the other. For looking only: Russian becomes gibberish.
    """
    return text.translate(_FOLD)


def sanitize(text: str) -> str:
    """`text` without the control tokens of chat templates and of agents, forged citation markers and fence lines.

    Found in look-alike characters and HTML entities too. A marker of our own form, the name of a speaker at the
    beginning of a line and an HTML comment keep their words in round brackets. Sanitizing twice changes nothing, and no
    token is left over where a removal joined two pieces.
    """
    for _ in range(_ROUNDS):
        before, text = text, _strip(visible(text))
        if text == before:
            return text
    return visible(text.translate(_WITHOUT_MARKS))


def _strip(text: str) -> str:
    kept, at = [], 0
    for match in _HARMFUL.finditer(fold(text)):
        start, end = match.span(match.lastindex or 0)
        words = text[start:end].strip() if match.lastindex else ""
        kept += [text[at : match.start()], f"({words})" if words else ""]
        at = match.end()
    return "".join([*kept, text[at:]])


def fence(blocks: str) -> str:
    """`blocks`, with blank lines between them, between two lines that mark untrusted text.

    Both lines carry a nonce that stands nowhere inside, so that no author can have written the closing line. It is
    taken from a hash of the first block: texts that begin alike stay alike, for a server that has read the beginning
    before. One who knows that block may write what comes of it; then it is taken from a hash of the whole, which nobody
    can.
    """
    first, whole = _digest(blocks.partition("\n\n")[0]), _digest(blocks)
    nonces = (digest[at : at + 8] for digest in (first, whole) for at in range(0, len(digest), 8))
    nonce = next((nonce for nonce in nonces if nonce not in blocks), whole)
    return f"<<<SOURCE-TEXT {nonce}\n{blocks}\nSOURCE-TEXT {nonce}>>>"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
