"""Text as cells hold it, in one plain form, and how similar two texts are.

Every reader of values builds on `as_text`, `as_name` and `halfwidth`. What nobody can see is removed here and nowhere
else, so that two texts that look alike are equal everywhere.
"""

import codecs
import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
BLANK_MARKS = {"-", "—", "——", "－", "/", "\\", "／"}
"""Dashes and slashes that staff write into a cell with no value."""
NONE_WORDS = {"无", "暂无", "没有"}
"""Words for "none": no value in a column of dates or numbers, but a valid answer in a column of text."""


INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001\U000e0002-\U000e001f]"
    # Joiners shape emoji and the scripts of South Asia, Tibet, Mongolia and the Near East. Elsewhere nobody sees them.
    "|(?<![{needs}])[\u200c\u200d]|[\u200c\u200d](?![{needs}])"
    # Selectors choose a variant of an ideograph, a symbol or a Mongolian letter; letters and blanks have none.
    "|(?<![{ideographs}])[\U000e0100-\U000e01ef]|(?<![{ideographs}{needs}{symbols}0-9#*])[\ufe00-\ufe0f]"
    # Tags spell the flag of a region after a black flag.
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]".format(
        needs="\u0600-\u08ff\u0900-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\U0001f000-\U0001faff",
        ideographs="\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
        symbols="\u00a9\u00ae\u2000-\u2bff\u3000-\u303f\u3297\u3299\uff00-\uffef",
    ).replace("{{", "{")
)
"""Characters that show nothing and change nothing where they stand: marks of direction, joiners, byte order marks."""
MARKS = re.compile("[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef\U000e0020-\U000e007f\u034f\u180b-\u180f]")
"""Joiners and selectors, which choose the shape of a character and never another one."""
LINE_END = re.compile(r"\r\n|_x000[Dd]_\n|[\r\v\f\x85\u2028\u2029]|_x000[BbCcDd]_")
"""Line ends of any program; a carriage return in a cell is the literal text _x000D_ to some of them."""
BLANKS = re.compile(r"\s+")
INDENT = re.compile(r"^(?:[^\S ]| (?=\s))\s*")
"""Blanks that indent a line: all but a single ordinary one."""
# Characters copied out of a PDF may be radicals, which look like the ideographs and are not. Unicode decomposes the
# Kangxi radicals; of the others, these are the ones that are whole ideographs (EquivalentUnifiedIdeograph.txt).
LOOK_ALIKES = (
    {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
    | str.maketrans(
        "⺁⺅⺆⺊⺌⺎⺓⺖⺘⺙⺛⺝⺟⺠⺡⺣⺤⺦⺨⺩⺪⺬⺭⺰⺹⺼⺾⻁⻂⻄⻅⻆⻈⻉⻋⻌⻏⻐⻑⻓⻔⻖⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂亻冂卜小兀幺忄扌攵旡月母民氵灬爫丬犭王疋示礻纟耂肉艹虎衤西见角讠贝车辶阝钅長长门阝雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
    )
    | dict.fromkeys((0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0), " ")  # fillers are shown as blanks
)
FULLWIDTH = str.maketrans({chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F) if chr(code).isalnum()})
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d", "-"))
"""Dashes that look like the hyphen of a code."""


def visible(words: str) -> str:
    """Return a text without the characters that nobody can see, composed (NFC) and with real ideographs."""
    # NFC also composes what macOS decomposes, and replaces the compatibility ideographs (U+F900).
    return INVISIBLE.sub("", unicodedata.normalize("NFC", words).translate(LOOK_ALIKES))


def as_text(raw: object) -> str:
    """Return a cell's value as text: what can be seen of it, with Unix line ends and without blanks at its ends.

    Templates indent paragraphs, so the blanks that staff type before them (　　) would indent them twice.
    """
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return format_decimal(Decimal(repr(raw)))
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    if isinstance(raw, dt.date):
        return raw.isoformat()
    cleaned = UNPRINTABLE.sub("", LINE_END.sub("\n", visible(str(raw))))
    cleaned = "\n".join(INDENT.sub("", line.rstrip()) for line in cleaned.split("\n")).strip()
    # Staff type an apostrophe before a number to keep it as text. An apostrophe that opens a quotation occurs twice.
    return cleaned[1:] if cleaned.startswith("'") and cleaned.count("'") == 1 else cleaned


def as_line(raw: object) -> str:
    """Return a cell's text on one line, with one blank for any blanks and line ends."""
    return BLANKS.sub(" ", as_text(raw)).strip()


def as_name(raw: object) -> str:
    """Return a code, a name or a file name in the one form in which such texts are compared, on one line.

    Full-width letters and digits become half-width, look-alike dashes a hyphen, and any blanks one blank.
    """
    return as_line(MARKS.sub("", as_text(raw)).translate(FULLWIDTH).translate(DASHES))


def halfwidth(raw: object) -> str:
    """Return a cell's text with full-width digits, letters and punctuation made half-width and all blanks removed."""
    return BLANKS.sub("", unicodedata.normalize("NFKC", MARKS.sub("", as_text(raw))))


def decode(content: bytes) -> str:
    """Decode a text file: UTF-8, UTF-16 with or without a byte order mark, or GB 18030, which Chinese Excel writes.

    Raises `UnicodeDecodeError` if it is none of them.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding)
    if b"\0" in content:  # no text in UTF-8 or GB 18030 holds a NUL; in UTF-16 each line end does
        return max((content.decode(order, "replace") for order in ("utf-16-le", "utf-16-be")), key=_count_expected)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030")


BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def _count_expected(words: str) -> int:
    """Return how many characters are ones that Chinese texts are made of."""
    return len(re.findall(r"[\t\r\n -~\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", words))


def format_decimal(number: Decimal) -> str:
    """Return a decimal as text, without an exponent and without trailing zeros."""
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


ZERO = re.compile(r"[¥￥]?0+(\.0+)?(?:%|[十百千]?[万亿]?元?)")


def is_blank(raw: object) -> bool:
    """Return True if a cell has no value: empty, blanks or a dash."""
    return raw is None or BLANKS.sub(" ", visible(str(raw))).strip() in BLANK_MARKS | {""}


def is_blank_or_zero(raw: object) -> bool:
    """Return True if a cell has no value, or a zero that a formula left in an empty row."""
    return is_blank(raw) or raw is False or re.fullmatch(ZERO, halfwidth(raw)) is not None


# Words that occur in about half of all sentences here; they say nothing about the subject of a sentence.
COMMON_WORDS = re.compile(
    r"开展|举办|组织|项目|活动|进行|实施|完成|不少于|不低于|至少|服务|建立|培育|培养|孵化|通过|发布|相关|我市|市内|创新"
)


def find_most_similar(word: str, choices: Iterable[str], at_least: int) -> str:
    """Return the choice most similar to a word.

    Returns an empty string when no choice reaches the score `at_least` (0 to 100), or when two choices tie.
    """
    from rapidfuzz import fuzz, process

    found = process.extract(word, list(choices), scorer=fuzz.ratio, score_cutoff=at_least, limit=2)
    if not found or (len(found) == 2 and found[0][1] == found[1][1]):
        return ""
    return str(found[0][0])


def count_differences(one: str, other: str) -> int:
    """Return the number of positions at which two words of the same length differ (Hamming distance)."""
    return sum(a != b for a, b in zip(one, other, strict=True))


def count_shared_bigrams(one: str, other: str) -> int:
    """Return the number of character bigrams that two sentences share, without the common words."""
    return len(_bigrams(one) & _bigrams(other))


def _bigrams(text: str) -> set[str]:
    # The separator keeps the characters on both sides of a removed word from forming a bigram.
    pieces = re.split(r"[^\u4e00-\u9fff]+", COMMON_WORDS.sub("|", text))
    return {piece[start : start + 2] for piece in pieces for start in range(len(piece) - 1)}
