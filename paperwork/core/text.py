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
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Characters without a picture of their own (Default_Ignorable_Code_Point of Unicode)."""
PICTURE = "\ufffc"
"""Stands for a picture in the text of a page."""
BLANK_MARKS = {"-", "—", "——", "－", "/", "\\", "／"}
"""Dashes and slashes that staff write into a cell with no value."""
NONE_WORDS = {"无", "暂无", "没有"}
"""Words for "none": no value in a column of dates or numbers, but a valid answer in a column of text."""

# Word writes a character of a symbol font as U+F000 plus the font's code, and copied text loses the font. Almost all of
# them are bullets in Wingdings. Codes without a line here stay what they are, so that they are told, not guessed.
WINGDINGS = {
    0x22: "✂", 0x28: "☎", 0x2A: "✉", 0x36: "⌛", 0x3F: "✍", 0x41: "✌", 0x45: "☜", 0x46: "☞", 0x47: "☝", 0x48: "☟",
    0x4A: "☺", 0x4C: "☹", 0x52: "☼", 0x54: "❄", 0x58: "✠", 0x5B: "☯", 0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "□",
    0x70: "❐", 0x71: "❑", 0x72: "❒", 0x73: "⬧", 0x74: "⧫", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x78: "⌧", 0x9E: "·",
    0x9F: "•", 0xA0: "▪", 0xA1: "○", 0xA4: "◉", 0xA7: "▪", 0xA8: "◻", 0xAA: "✦", 0xAB: "★", 0xAC: "✶", 0xAD: "✴",
    0xAE: "✹", 0xB2: "⟡", 0xB5: "✪", 0xB6: "✰", 0xD8: "➢", 0xDC: "➲", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓",
    0xE8: "➔", 0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩", 0xF3: "⬄", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    **dict(zip(range(0x81, 0x8B), "①②③④⑤⑥⑦⑧⑨⑩", strict=True)),
    **dict(zip(range(0x8C, 0x96), "❶❷❸❹❺❻❼❽❾❿", strict=True)),
}  # fmt: skip
SYMBOL = {
    **dict(zip(range(0x41, 0x5B), "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True)),
    **dict(zip(range(0x61, 0x7B), "αβχδεφγηιϕκλμνοπθρστυϖωξψζ", strict=True)),
    0x22: "∀", 0x24: "∃", 0x27: "∋", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0xA2: "′", 0xA3: "≤", 0xA5: "∞", 0xA7: "♣",
    0xA8: "♦", 0xA9: "♥", 0xAA: "♠", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±",
    0xB2: "″", 0xB3: "≥", 0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈",
    0xBC: "…", 0xC5: "⊕", 0xC6: "∅", 0xC7: "∩", 0xC8: "∪", 0xCE: "∈", 0xCF: "∉", 0xD0: "∠", 0xD5: "∏", 0xD6: "√",
    0xDB: "⇔", 0xDE: "⇒", 0xE0: "◊", 0xE5: "∑", 0xF2: "∫", 0xBE: "—",
    **{code: chr(code) for code in (0x20, 0x21, 0x23, 0x25, 0x26, *range(0x28, 0x2D), *range(0x2E, 0x40))}, 0x2D: "−",
}  # fmt: skip
SYMBOL_FONTS = {"wingdings": WINGDINGS, "symbol": SYMBOL, "": {**WINGDINGS, 0xB7: "•"}}
"""Characters by code for each symbol font. The empty name (font unknown) is Wingdings, but 0xB7 is Symbol's bullet."""


def symbol_character(code: int, font: str = "") -> str:
    """Return the character that a code of a symbol font (0xF06C or 0x6C) shows; an unknown one stays private."""
    return SYMBOL_FONTS.get(font.strip().lower(), {}).get(code & 0xFF, chr(0xF000 | code & 0xFF))


def replace_symbols(words: str) -> str:
    """Return text in which bullets of a symbol font (U+F020 to U+F0FF) have become real characters."""
    return SYMBOL_CODES.sub(lambda code: symbol_character(ord(code[0])), words)


SYMBOL_CODES = re.compile("[\uf020-\uf0ff]")


INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0001-\U000e001f]"
)
"""Characters that show nothing and change nothing anywhere: marks of direction, soft hyphens, byte order marks."""
USELESS = re.compile(
    # Joiners shape emoji and the scripts of South Asia, Tibet, Mongolia and the Near East. Elsewhere nobody sees them.
    "(?<![{needs}])[\u200c\u200d]|[\u200c\u200d](?![{needs}])"
    # Selectors choose a variant of an ideograph, a symbol or a Mongolian letter; letters and blanks have none.
    "|(?<![{ideographs}])[\U000e0100-\U000e01ef]|(?<![{ideographs}{needs}{symbols}0-9#*])[\ufe00-\ufe0f]"
    # Tags spell the flag of a region after a black flag.
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]".format(
        needs="\u0600-\u08ff\u0900-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\U0001f000-\U0001faff",
        ideographs="\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
        symbols="\u00a9\u00ae\u2000-\u2bff\u3000-\u303f\u3297\u3299\uff00-\uffef",
    ).replace("{{", "{")
)
"""Joiners, selectors and tags where they show nothing and change nothing."""
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
    # Invisible characters go first: between two of them a joiner would seem to stand among letters that need it.
    return USELESS.sub("", INVISIBLE.sub("", unicodedata.normalize("NFC", words).translate(LOOK_ALIKES)))


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
    cleaned = replace_symbols(UNPRINTABLE.sub("", LINE_END.sub("\n", visible(str(raw)))))
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


def is_same_name(one: str, other: str) -> bool:
    """Return True if two names differ in nothing but blanks, punctuation, quotation marks, width and case."""
    return bare(one) == bare(other)


def bare(name: str) -> str:
    """Return the letters, digits and characters of a name."""
    return "".join(char for char in halfwidth(name) if char.isalnum()).casefold() or halfwidth(name)


def format_decimal(number: Decimal) -> str:
    """Return a decimal as text, without an exponent and without trailing zeros."""
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


ZERO = re.compile(r"[¥￥]?0+(\.0+)?(?:%|[十百千]?[万亿]?元?)")


WORD_OR_MARK = re.compile(r"[!-~]+|\s|.")
NOT_AT_START = frozenset("，。、；：？！）》”’】〉」』…—％%")
NOT_AT_END = frozenset("（《“‘【〈「『")
BETWEEN_SCRIPTS = 0.25
"""Space, in ems, that LibreOffice adds between Chinese and Western text."""


def _width(word: str) -> float:
    """Return the width of a word or character in ems; a Western one is about half as wide, a capital wider."""
    if not word.isascii():
        return 1.0
    return sum(0.95 if char in "MWmw@%" else 0.75 if char.isupper() else 0.5 for char in word)


def count_lines(words: str, width: float) -> int:
    """Return the number of lines that a text takes in a column, as a word processor breaks it; at least 1.

    `width` is in ems. Western words are broken only if they are longer than a line. The result is never too small, so
    widths are taken a little large.
    """
    return sum(_count_paragraph_lines(line, width) for line in words.split("\n"))


def _count_paragraph_lines(words: str, width: float) -> int:
    """Return the number of lines of one paragraph."""
    lines, used, before = 1, 0.0, ""
    for word in WORD_OR_MARK.findall(words):
        gap = BETWEEN_SCRIPTS if before and before.isascii() != word.isascii() else 0.0
        if used and used + gap + _width(word) > width:
            # A mark that must not begin a line takes the character before it along; an opening one moves itself.
            carried = 1.0 if word in NOT_AT_START or before in NOT_AT_END else 0.0
            lines, used, gap = lines + 1, carried, 0.0
        used += gap + _width(word)
        while used > max(width, 1.0):
            lines, used = lines + 1, used - width
        before = word
    return lines


def is_blank(raw: object) -> bool:
    """Return True if a cell has no value: empty, nothing that can be seen, or a dash."""
    return raw is None or (as_text(raw) if isinstance(raw, str) else str(raw)) in BLANK_MARKS | {""}


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


def find_named(name: str, choices: Iterable[str]) -> str:
    """Return the one choice with which a longer name begins: HD-01 for HD-01 第1次培训, but not for HD-010."""
    whole = [each for each in choices if re.match(rf"{re.escape(each)}(?![A-Za-z0-9])", name, re.IGNORECASE) and each]
    return whole[0] if len(whole) == 1 else ""


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
