"""Parse and validate the values of cells, and format values for paper.

Each parser (`as_…`) takes the content of a cell (text, number or date) and returns a typed value, or raises
`Unreadable` with the problem and the remedy in Chinese. Only `printed` decides how a value appears on paper.
"""

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Self

from paperwork.core.dates import TO, as_date
from paperwork.core.faults import Unreadable
from paperwork.core.filenames import DEVICES
from paperwork.core.text import DASHES, as_line, as_name, as_text, format_decimal, halfwidth

MULTIPLES = {"": 1, "百": 100, "千": 1000, "万": 10_000, "十万": 100_000, "百万": 10**6, "千万": 10**7, "亿": 10**8}
MAX_AMOUNT = Decimal("1e12")
NUMERALS = "[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]"
UNITS = "[十百千]?万|亿|百|千"
CEILING = re.compile("不超过|不高于|不多于|以内|以下|之内|上限|最高|最多|至多|限额|控制在|封顶|≤|<=")
"""Words that make an amount a ceiling."""
ROUGH = "约|大概|左右|上下|预计|暂定|暂估|拟"
TOTAL_AMOUNT = re.compile(
    r"(?:总计|合计|共计|总额|总金额|总价|总经费|共)(?:为|是|:|约|不超过|最高)*(?=[¥￥]?\d[\d,.]*(?:[十百千]?万|亿|元)|人民币)"
)
AROUND_AMOUNT = (
    rf"{CEILING.pattern}|{ROUGH}|人民币|RMB|CNY|总额|项目|金额|经费|资金|预算|补助|资助|标准|全年|含税|不含税|大写|小写"
    r"|/[1一每]?年|每[1一]?年|[大为是:;。]|(?<!\d),|,(?!\d)|在(?=\d)"
)
"""Words around an amount that change nothing in its number."""
MAX_PLAIN, MAX_CODE = 10**12, 40
"""A plain project number is less than the first; a code has at most the second number of characters."""
CODE_BYTES = 140
"""Bytes of an encoded code. The longest has a digit (4 bytes) and an ideograph (3 bytes) by turns."""
YEAR_STEP: int = 256**CODE_BYTES
"""A project number without its year is less than this."""
DIGITS = ord("0")
"""Byte before a run of digits in an encoded code. So digits sort before letters, as in ASCII."""
CODE_MARKS = "-_.·〔〕【】（）［］／＃＆＋"
CODE_MARKS_WIDE = str.maketrans("()[]/#&+", "（）［］／＃＆＋")
"""Marks in codes that a shell, a file system or an address takes for something else, and their full-width forms."""
CODE_CHARACTERS = rf"0-9A-Z\u3400-\u4dbf\u4e00-\u9fff〇{re.escape(CODE_MARKS)}"
MEND_NUMBER = "请写 1，或目录里的编号，如 FL2024-01；往年的项目，前面写上年份：2022-1"
ORDINAL = re.compile(
    r"(?:项目|序号|编号|NO\.?|第)?[(\[【〔]?(?:(\d{1,6})|([一二三四五六七八九十百]{1,5}))[)\]】〕]?(?:项目|号|项|个)?[.、:]?",
    re.IGNORECASE,
)
"""A plain project number with what staff and automatic lists write round it: 1. and （一） and 项目1."""
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
YES, NO = ("是", "有", "√", "Y", "YES", "TRUE"), ("否", "无", "没有", "×", "N", "NO", "FALSE")
MEASURES = "元人名个位场次支期项课时份张套件户只台批篇本册家所节天月岁盒箱辆桌组队号条"
"""Measure words after a number; the column says what is counted."""


class PersonalIdentifier(str):
    """A number that identifies a person: complete in the data, masked on paper."""

    __slots__ = ()

    def masked(self) -> str:
        """Return the number with all but its first 3 and last 2 characters masked; under 8 characters, mask all."""
        if len(self) < 8:
            return "*" * len(self)
        return self[:3] + "*" * (len(self) - 5) + self[-2:]


class ProjectNumber(int):
    """Number of a project as the catalogue gives it: `1` or a code such as `FL2024-01`; `2022-1` in an older year.

    As an int it is the plain number, or an integer that no other number, code or year has. So it can stand wherever a
    plain number does. The integers of codes are larger than all plain numbers, and sort as people sort codes: A2, A10.

    Codes are compared without regard to case, width and blanks. They consist of letters, digits, ideographs and
    `CODE_MARKS`, at most `MAX_CODE` of them, and are safe as names of files and in addresses; a half-width mark that a
    shell or a file system takes for something else becomes full-width. A year and a hyphen before a number or a code is
    always its year: 2024-01 is number 1 of 2024.
    """

    def __new__(cls, number: int, year: int = 0) -> Self:
        """Make a number; without a year it is taken as it is, so that one that went through a file becomes whole."""
        return super().__new__(cls, year * YEAR_STEP + number)

    @classmethod
    def parse(cls, words: str) -> Self:
        """Parse `1`, `FL2024-01` or `2022-1`; raises `Unreadable`."""
        year, _, rest = re.sub(r"^((?:19|20)\d\d)-", r"\1\0", _canonical_code(words)).rpartition("\0")
        if re.fullmatch(r"\d{1,12}", rest) and int(rest):
            return cls(int(rest), int(year or 0))
        if not rest or re.fullmatch(r"-.*|0+|(?:19|20)\d\d-.*|.*[-.]", rest):
            raise Unreadable(f"“{words}”不是项目序号", MEND_NUMBER)
        if refused := re.search(rf"[^{CODE_CHARACTERS}]|\.\.|^\.", rest):
            raise Unreadable(f"“{words}”不是项目序号：不能有“{refused[0]}”", MEND_NUMBER)
        if not re.search(r"\d|^[A-Z]$", rest):
            raise Unreadable(f"“{words}”不是项目序号：没有数字", MEND_NUMBER)
        if len(rest) > MAX_CODE:
            raise Unreadable(f"“{words}”不是项目序号：超过 {MAX_CODE} 个字", "请写短一些的编号，目录和工作簿里写得一样")
        if DEVICES.fullmatch(rest):
            wrong = f"“{words}”不是项目序号：Windows 不让文件用这个名字"
            raise Unreadable(wrong, "请加几个字，目录和工作簿里写得一样，如 XM-COM1")
        return cls(_encode_code(rest), int(year or 0))

    @property
    def year(self) -> int:
        """Return the year of a project of an older year; 0 for the newest year."""
        return int(self) // YEAR_STEP

    @property
    def plain(self) -> Self:
        """Return the number or code in the catalogue of its year."""
        return type(self)(int(self) % YEAR_STEP)

    @property
    def is_code(self) -> bool:
        """Return True if it is a code and no number."""
        return int(self) % YEAR_STEP >= MAX_PLAIN

    @property
    def stored(self) -> int | str:
        """Return what a spreadsheet or a JSON file holds: an int for a plain number of the newest year, else text."""
        return str(self) if self.year or self.is_code else int(self)

    def __str__(self) -> str:
        plain = int(self) % YEAR_STEP
        words = _decode_code(plain) if self.is_code else f"{plain}"
        return f"{self.year}-{words}" if self.year else words

    __format__ = object.__format__


def _canonical_code(words: str) -> str:
    """Return a number or code in the one form in which it is compared and shown."""
    folded = re.sub("[\u2014\u2015\u2500]", "-", halfwidth(words).translate(DASHES)).upper()
    return folded.translate(CODE_MARKS_WIDE)


def _encode_code(code: str) -> int:
    """Return a code as an integer of `CODE_BYTES` bytes, in natural order: runs of digits compare by their value."""
    encoded = bytearray()
    for digits, other in re.findall("([0-9]+)|([^0-9]+)", code):
        value = digits.lstrip("0")
        # The length before the digits makes 2 smaller than 10; the zeros that were left out are counted after them.
        encoded += bytes((DIGITS, len(value))) + value.encode() + bytes((len(digits) - len(value),)) if digits else b""
        encoded += other.encode()
    return int.from_bytes(encoded.ljust(CODE_BYTES, b"\0"), "big")


def _decode_code(number: int) -> str:
    """Return the code that `_encode_code` has encoded."""
    rest, code = number.to_bytes(CODE_BYTES, "big"), b""
    while rest[:1].strip(b"\0"):
        if rest[0] == DIGITS:
            end = 2 + sum(rest[1:2])
            code, rest = code + b"0" * sum(rest[end : end + 1]) + rest[2:end], rest[end + 1 :]
        else:
            other = re.split(b"[\0%c]" % DIGITS, rest)[0]
            code, rest = code + other, rest[len(other) :]
    # Progress of a worker is read without a lock (`build.pool`): a number that is being written must not raise.
    return code.decode("utf-8", "replace")


class Money(Decimal):
    """An amount in yuan, printed as 1,234.00. Arithmetic returns a plain `Decimal`, to be wrapped in `Money` again."""


class PublishedMoney(Money):
    """An amount that is a ceiling (不超过10万元), for each year (20万元/年) or rough (约8万元), or none of these."""

    is_ceiling: bool
    is_yearly: bool
    is_rough: bool

    def __new__(
        cls, amount: Decimal | str, is_ceiling: bool = False, is_yearly: bool = False, is_rough: bool = False
    ) -> Self:
        """Make an amount in yuan."""
        made = super().__new__(cls, amount)
        made.is_ceiling, made.is_yearly, made.is_rough = is_ceiling, is_yearly, is_rough
        return made

    # Those of Decimal would lose the flags between processes.
    def __reduce__(self) -> Any:
        return type(self), (str(self), self.is_ceiling, self.is_yearly, self.is_rough)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2,}")
PICTURE = re.compile(r"=?(?:_xlfn\.)?DISPIMG\(")
"""The formula by which WPS shows a picture inside a cell."""
LOST_DIGITS = ("号码已被表格软件改成科学计数法、末位丢失", "请先把单元格设为“文本”格式，再重新输入")
"""Problem and remedy of a number of which Excel has kept only the first 15 digits."""


def as_words(raw: object) -> str:
    """Return a cell's text. Raises `Unreadable` if the spreadsheet has shortened a number to 5.10399E+17."""
    return _whole(as_text(raw))


def as_title(raw: object) -> str:
    """Return a cell's text on one line."""
    return _whole(as_line(raw))


def as_code(raw: object) -> str:
    """Return a code or another word by which rows and files refer to each other, in the form that is compared."""
    return _whole(as_name(raw))


def _whole(words: str) -> str:
    if SCIENTIFIC.fullmatch(words):
        raise Unreadable(*LOST_DIGITS)
    if PICTURE.match(words):
        raise Unreadable("这一格里是图片，读不出文字", "请把图片放进“照片”或“附件”文件夹，这一格改写文字")
    return words


def as_money(raw: object) -> Money:
    """Parse an amount in yuan with at most two decimals (fen): 5,000.00, ￥3000, 1万元, full-width digits."""
    match = re.fullmatch(
        r"(?:人民币|RMB)?[¥￥]?(-?[\d,]*\.?\d+)(?:([十百千]?万|亿|[百千](?=元))?[元圆]?整?)", halfwidth(raw)
    )
    numerals = re.fullmatch(rf"(?:人民币)?({NUMERALS}+)[元圆]整?", halfwidth(raw))
    if numerals:
        return _in_cents(_parse_numerals(numerals[1]))
    # A comma must be followed by three digits: 1,50 is more likely a typing error than 150.
    if not match or re.search(r",\d{0,2}(?:\D|$)", match[1]):
        raise Unreadable("看不懂这个金额", "请只写数字，如 5000 或 5000.00")
    return _in_cents(Decimal(match[1].replace(",", "")) * MULTIPLES[match[2] or ""])


def _in_cents(amount: Decimal) -> Money:
    if abs(amount) >= MAX_AMOUNT:
        raise Unreadable("金额大得不合情理", "请核对是否多写了零")
    cents = amount.quantize(Decimal("0.01"))
    # A float like 0.1+0.2 has an error far below one fen; any larger rest is a typing error.
    if abs(cents - amount) > Decimal("0.000001"):
        raise Unreadable("金额最多到分（两位小数）", "请核对")
    return Money(cents)


def as_ten_thousands(raw: object) -> Money:
    """Parse an amount in 万元, unless the cell names another unit, and return it in yuan, like every amount.

    An amount that is hedged or explained, as catalogues publish it, becomes `PublishedMoney`: 不超过10万元, 20万元/年,
    总额15万元（其中…5万元）, 3万元×2=6万元. A range, a price of one piece and a lower bound are refused.
    """
    words = halfwidth(raw)
    try:
        return Money(as_money(raw) * (1 if re.search("[万亿元圆]", words) else 10_000))
    except Unreadable:
        pass  # hedged or explained
    total = max(TOTAL_AMOUNT.finditer(words), key=re.Match.start, default=None)
    plain = re.sub(r"\([^()]*\)", "", words[total.end() :] if total else words)
    plain = re.split(
        "[,;、。]?(?:其中|包括|包含)", plain if re.search(f"\\d|{NUMERALS}", plain) else words.strip("()")
    )[0]
    if re.search(rf"[\d万元]{TO}[¥￥]?\d", plain):
        raise Unreadable("写的是一个范围，不是一个数", "请写核定的金额")
    if re.search("以上|不低于|不少于|至少|不足|低于|[多余](?=[万元])|[万元][多余]", plain):
        raise Unreadable("没有写定是多少", "请写核定的金额")
    if not total and re.search(r"/(?![1一每]?年)|每(?![1一]?年)|单价", plain.partition("=")[0]) and "=" not in plain:
        raise Unreadable("写的是单价，不是项目的金额", "请写项目的总金额")
    amount = _parse_product(plain)
    is_ceiling = bool(CEILING.search(words))
    is_yearly = not total and bool(re.search("/[1一每]?年|每[1一]?年", words))
    return PublishedMoney(amount, is_ceiling, is_yearly, bool(re.search(ROUGH, words)))


def _parse_product(words: str) -> Money:
    """Return an amount in yuan, given as 8万元, as 3万元×2 or as 3万元×2=6万元; a number without a unit is in 万元."""
    *factors, last = words.split("=")
    product = re.fullmatch(
        r"(.+?)(?:/[^\d×x*=]{1,3})?[×x*](\d{1,4}(?:\.\d+)?)[^\d×x*=]{0,3}", factors[0] if factors else last
    )
    whole = _parse_parts(last) if factors or not product else None
    if not product:
        return whole or _parse_parts(last)
    amount = _in_cents(_parse_parts(product[1]) * Decimal(product[2]))
    if whole is not None and whole != amount:
        raise Unreadable("算式两边不相等", "请核对，只写项目的总金额")
    return amount


def _parse_parts(words: str) -> Money:
    """Return an amount whose parts add up, without the words around it: 6万5千元, 人民币陆万伍仟元整, 不超过10万元."""
    bare = re.sub(AROUND_AMOUNT, "", words)
    numerals = re.fullmatch(rf"({NUMERALS}+)[元圆]?整?", bare)
    parts = re.fullmatch(rf"[¥￥]?((?:\d[\d,]*(?:\.\d+)?(?:{UNITS})?)+)[元圆]?整?", bare)
    if not numerals and not parts:
        raise Unreadable("看不懂这个金额", "请只写数字，单位是万元，如 8 或 6.5")
    pieces = re.findall(rf"(\d[\d,]*(?:\.\d+)?)({UNITS})?", parts[1]) if parts else []
    units = [MULTIPLES[unit] for _, unit in pieces]
    if units != sorted(set(units), reverse=True) or (len(pieces) > 1 and units[-1] == 1 and "元" not in bare):
        raise Unreadable("一格里有几个金额", "请只写项目的总金额")
    if any(re.search(r",\d{0,2}(?:\D|$)", number) for number, _ in pieces):
        raise Unreadable("看不懂这个金额", "请只写数字，单位是万元，如 8 或 6.5")
    sums = (Decimal(number.replace(",", "")) * unit for (number, _), unit in zip(pieces, units, strict=True))
    amount = _parse_numerals(numerals[1]) if numerals else sum(sums, Decimal(0))
    return _in_cents(amount * (1 if re.search("[万亿元圆]", bare) else 10_000))


def _parse_numerals(words: str) -> Decimal:
    """Return the value of Chinese numerals, also of those for amounts: 陆万伍仟, 拾万."""
    plain = words.translate(str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟两〇圆", "一二三四五六七八九十百千二零元"))
    try:
        return Decimal(parse_chinese_number(re.sub("(?<![一二三四五六七八九])十", "一十", plain)))
    except ValueError:
        raise Unreadable("看不懂这个金额", "请用阿拉伯数字写，如 65000") from None


def as_number(raw: object) -> Decimal:
    """Parse a number with optional decimals and a measure word: 6, 1.5, ６, 22人, 95%."""
    cleaned = re.sub(f"^第|(?:%|[{MEASURES}]{{1,2}})$", "", halfwidth(raw)).replace(",", "")
    try:
        number = Decimal(cleaned)
    except InvalidOperation:
        if re.fullmatch("[零〇一二两三四五六七八九十百千]+", cleaned):
            raise Unreadable("这里要填数字", f"请写阿拉伯数字，如 {parse_chinese_number(cleaned)}") from None
        raise Unreadable("这里要填数字", "请去掉“约”“多”之类的文字") from None
    # Decimal also accepts "NaN" and "Infinity".
    if not number.is_finite() or abs(number) >= MAX_AMOUNT:
        raise Unreadable("数字大得不合情理", "请核对")
    return Decimal(format_decimal(number))


def as_count(raw: object) -> int:
    """Parse a whole number of 0 or more."""
    number = as_number(raw)
    if number != int(number) or number < 0:
        raise Unreadable("这里要填整数（0 或更大）", "请改成整数")
    return int(number)


def as_project_number(raw: object) -> ProjectNumber:
    """Parse a project's number: 1, （一）, 项目1, 2022-1, or a code such as FL2024-01.

    Refuses a number that the spreadsheet has turned into a date or shortened.
    """
    if isinstance(raw, dt.date):
        raise Unreadable("这个编号已被表格软件改成日期", "请先把单元格设为“文本”格式，再重新输入编号")
    if isinstance(raw, float) and (raw >= 1e15 or SCIENTIFIC.fullmatch(halfwidth(raw))):
        raise Unreadable(*LOST_DIGITS)
    if isinstance(raw, float) and raw != int(raw):
        raise Unreadable("项目序号要填整数或编号", "请改正；编号里有小数点的，先把单元格设为“文本”格式")
    found = ORDINAL.fullmatch(halfwidth(raw))
    if found:
        return ProjectNumber.parse(found[1] or str(parse_chinese_number(found[2])))
    return ProjectNumber.parse(as_line(raw))


def looks_like_project_number(raw: object) -> bool:
    """Return True if a cell is more likely a project's number or code than a title."""
    try:
        words = str(as_project_number(raw))
    except Unreadable:
        return False
    ideographs = re.findall("[\u3400-\u9fff]", words)
    return len(words) >= 2 * len(ideographs) and not re.search("[年月共合]", words)


def as_choice(raw: object) -> str:
    """Return a choice without the blanks around it and without a remark in brackets after it."""
    cleaned = as_name(raw)
    return re.sub(r"\s*[（(][^（()）]*[)）]$", "", cleaned) or cleaned


def as_yes_no(raw: object) -> bool:
    """Parse 是 or 否, or one of their synonyms."""
    cleaned = halfwidth(raw).upper()
    if cleaned not in YES + NO:
        raise Unreadable("这里只能填“是”或“否”", "请改成其中一个")
    return cleaned in YES


def as_digits(raw: object) -> str:
    """Parse a number used as an identifier (phone, account, ID), refusing one that the spreadsheet has truncated.

    Excel keeps 15 significant digits: a longer number in a numeric cell has lost its last digits.
    """
    if (isinstance(raw, int | float) and raw >= 1e15) or SCIENTIFIC.fullmatch(halfwidth(raw)):
        raise Unreadable(*LOST_DIGITS)
    return halfwidth(raw).upper().translate(DASHES)


def as_phone(raw: object) -> str:
    """Parse a mobile number of 11 digits or a landline number with its area code."""
    cleaned = re.sub(r"^\((0\d{2,3})\)-?", r"\1-", as_digits(raw))
    cleaned = re.sub(r"^(?:\+?86-?)?(1\d{2})-?(\d{4})-?(\d{4})$", r"\1\2\3", cleaned)
    if not re.fullmatch(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?", cleaned):
        raise Unreadable("电话号码的位数不对：手机 11 位，座机写成 0813-1234567", "请核对号码")
    return cleaned


def as_personal_phone(raw: object) -> PersonalIdentifier:
    """Parse a person's phone number, which is masked on paper."""
    return PersonalIdentifier(as_phone(raw))


def as_citizen_id(raw: object) -> PersonalIdentifier:
    """Parse a citizen's ID number and verify its check character (GB 11643-1999, ISO 7064 MOD 11-2)."""
    cleaned = as_digits(raw)
    if not re.fullmatch(r"\d{17}[\dX]", cleaned):
        raise Unreadable("身份证号应为 18 位", "请核对是否漏写或多写了几位")
    try:
        as_date(cleaned[6:14])
    except Unreadable:
        raise Unreadable("身份证号第 7 至 14 位不是出生日期", "请核对") from None
    total = sum(int(digit) * weight for digit, weight in zip(cleaned[:17], ID_WEIGHTS, strict=True))
    if "10X98765432"[total % 11] != cleaned[17]:
        raise Unreadable("身份证号的校验位不对，多半抄错了一位", "请核对")
    return PersonalIdentifier(cleaned)


def as_id_number(raw: object) -> PersonalIdentifier:
    """Parse a citizen's ID number, or the credit code of an organisation, because rosters list both."""
    cleaned = as_digits(raw)
    has_birth_date = re.fullmatch(r"\d{6}(?:19|20)\d\d(?:0[1-9]|1[0-2])\d{5}[\dX]", cleaned)
    if not has_birth_date:
        try:
            return PersonalIdentifier(as_credit_code(cleaned))
        except Unreadable:
            pass  # neither: report it as a faulty citizen's ID number, the more frequent of the two
    return as_citizen_id(raw)


def as_credit_code(raw: object) -> str:
    """Parse a unified social credit code and verify its check character (GB 32100-2015, MOD 31-3)."""
    cleaned = as_digits(raw)
    if len(cleaned) != 18 or any(char not in CREDIT_ALPHABET for char in cleaned):
        raise Unreadable(
            "统一社会信用代码应为 18 位数字和大写字母（不含 I、O、S、V、Z）", "请对照登记证书或营业执照核对"
        )
    total = sum(CREDIT_ALPHABET.index(char) * 3**place for place, char in enumerate(cleaned[:17]))
    if CREDIT_ALPHABET[-total % 31] != cleaned[17]:
        raise Unreadable("统一社会信用代码的校验位不对，多半抄错了一位", "请核对")
    return cleaned


def amount_in_words(amount: Decimal) -> str:
    """Return an amount in 大写, as the People's Bank requires (支付结算办法 annex 1): 人民币壹拾万元整."""
    from cn2an import an2cn

    # cn2an truncates below one fen, so round first.
    words: str = an2cn(format(amount.quantize(Decimal("0.01")), "f"), "rmb")
    return "人民币" + words


def parse_chinese_number(words: str) -> int:
    """Return the value of a small number in Chinese numerals: 六, 十二, 两."""
    from cn2an import cn2an

    return int(cn2an(words.replace("两", "二"), "smart"))


def chinese_number(number: Decimal, style: str) -> str:
    """Return a number in Chinese numerals: 一百二十三 with the style `low`, 壹佰贰拾叁 with `up`."""
    from cn2an import an2cn

    words: str = an2cn(format_decimal(number), style)
    return words.removeprefix("一") if style == "low" and words.startswith("一十") else words


def chinese_date(day: dt.date) -> str:
    """Return a date as official documents write it (GB/T 9704-2012, 7.3.5.4): 2022年5月1日, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_date_range(first: dt.date, last: dt.date) -> str:
    """Return a range of days in Chinese; a range of one day is written as one date."""
    return chinese_date(first) + (f"至{chinese_date(last)}" if last != first else "")


def format_file_size(count: int) -> str:
    """Return a number of bytes as text, in MB or KB."""
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{max(1, round(count / 1024))} KB"


def format_percent(part: Decimal | int, whole: Decimal | int) -> str:
    """Return `part` as a percentage of `whole`, with one decimal where needed, or a dash when `whole` is 0."""
    if not whole:
        return "—"
    share = (Decimal(part) / Decimal(whole) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if share == 100 and part != whole:  # a rounded 99.96% must not claim 100%
        share += Decimal("-0.1") if part < whole else Decimal("0.1")
    return format_decimal(share) + "%"


def template_name(header: str) -> str:
    """Return the name of a column in templates: its header without a unit in brackets and without punctuation."""
    return re.sub(r"\W", "", re.sub(r"[（(](万?元|%)[)）]", "", header))


def format_value(value: object) -> str:
    """Return a value as it appears on paper: None as an empty text, line breaks kept."""
    # The order matters: Personal is a str, bool is an int, Money is a Decimal.
    match value:
        case None:
            return ""
        case PersonalIdentifier():
            return value.masked()
        case bool():
            return "是" if value else "否"
        case dt.date():
            return chinese_date(value)
        case Money():
            return f"{value:,.2f}"
        case Decimal():
            return format_decimal(value)
        case _:
            return str(value)
