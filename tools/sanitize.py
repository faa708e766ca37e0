"""Page text is data. What a model could take for an instruction, a turn of the chat or a citation is taken out here."""

import hashlib
import re
import unicodedata

# Control characters (all but newline and tab), zero-width and bidirectional formats, fillers that print nothing,
# variation selectors, tag characters, lone surrogates, private use and noncharacters.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    r"\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
_NEWLINE = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

_TAGS = (
    # How models mark thinking, calls of tools and their results.
    "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|action|action_input|observation|"
    "tool|tools|tool_call|tool_calls|tool_response|tool_result|tool_results|tool_use|tool_code|tool_output|"
    "function|functions|function_call|function_calls|function_result|function_results|invoke|parameter|"
    # Special tokens written as tags: Llama 2, Mistral, Gemma, GLM, BERT, the code models' fill-in-the-middle.
    r"s|bos|eos|pad|unk|mask|cls|sep|sop|eop|start_of_turn|end_of_turn|start_of_image|end_of_image|unused\d+|"
    "fim_prefix|fim_suffix|fim_middle|fim_pad|endoftext"
)
# Lengths are bounded so that a page of opening brackets costs linear time; Llama 3's longest special token, a
# reserved one, has 30 characters.
_TOKEN = re.compile(
    rf"<\s{{0,8}}/?\s{{0,8}}(?:[\w-]{{1,20}}:)?(?:{_TAGS})(?=[\s/>=])[^<>]{{0,200}}>"
    r"|<[|\uff5c][^<>\n]{0,80}[|\uff5c]>"
    r"|<<\s{0,8}/?\s{0,8}SYS\s{0,8}>>"
    r"|(?-i:\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|THINK|IMG|gMASK|sMASK)\])",
    re.IGNORECASE,
)
_MARKER = re.compile(r"[\[\u3010\uff3b](\s*e\d+(?:\s*[,;\u2013-]\s*e\d+)*\s*)[\]\u3011\uff3d]", re.IGNORECASE)

# Tokens nested in tokens, one round a level. Of 208 package descriptions none needed more than one; who nests deeper
# than this loses all brackets instead, which takes no more rounds.
_ROUNDS = 8
_BRACKETS = str.maketrans(dict.fromkeys("<>[]\u3010\u3011\uff3b\uff3d"))


def visible(text: str) -> str:
    """`text` in Unicode's composed form, every line break a newline, without characters that print nothing."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", _NEWLINE.sub("\n", text)))


def sanitize(text: str) -> str:
    """`text` without the control tokens of chat templates and of agents, and without forged citation markers.

    A marker of our own form keeps its letters in round brackets. Sanitizing twice changes nothing, and no token is
    left over where a removal joined two pieces.
    """
    for _ in range(_ROUNDS):
        before, text = text, _strip(text)
        if text == before:
            return text
    return visible(text.translate(_BRACKETS))


def _strip(text: str) -> str:
    return _MARKER.sub(r"(\1)", _TOKEN.sub("", visible(text)))


def fence(blocks: str) -> str:
    """`blocks` between two lines that mark untrusted text.

    Both lines carry a nonce taken from a hash of the whole, so that no author can write the closing line in advance.
    """
    digest = hashlib.sha256(blocks.encode("utf-8", "surrogatepass")).hexdigest()
    nonces = (digest[at : at + 8] for at in range(0, len(digest), 8))
    nonce = next((nonce for nonce in nonces if nonce not in blocks), digest)
    return f"<<<SOURCE-TEXT {nonce}\n{blocks}\nSOURCE-TEXT {nonce}>>>"
