"""What people write in a cell → a date, a period, a quarter, an amount, a checked number; or a plain reason why not.

Each reader takes whatever the cell holds (text, number, date) and returns the value, or raises `ValueError` whose text
is the Chinese sentence that staff read. `printed` is the one place that says how a value appears on paper.
"""

import datetime as dt
import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MAX_AMOUNT = Decimal("1e12")
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
QUARTER_NAMES = "一二三四"
YES, NO = ("是", "有", "√", "Y", "YES", "TRUE"), ("否", "无", "没有", "×", "N", "NO", "FALSE")
SERIALS = (36526, 73050)  # day numbers of 2000 and 2099: what is left of a date whose cell has lost its format
CLOCK = re.compile(r"(?<=\d|日|号)T?\d{1,2}:\d{2}(:\d{2})?$")
MEASURES = "人名个位场次支期项课时份张套件户只台批篇本册家所节天月岁盒箱辆桌组队"  # the column says what is counted
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Personal(str):
    """A number that identifies a person: kept whole in the data, masked on paper."""

    __slots__ = ()

    def masked(self) -> str:
        """Keep the first three and the last two characters; short ones are hidden altogether."""
        if len(self) < 8:
            return "*" * len(self)
        return self[:3] + "*" * (len(self) - 5) + self[-2:]


class Money(Decimal):
    """An amount in yuan, printed as 1,234.00. Sums of it are plain decimals until they are called money again."""


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter; `number` is 1 to 4."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}年第{QUARTER_NAMES[self.number - 1]}季度"

    @property
    def start(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def end(self) -> dt.date:
        """Its last day."""
        return dt.date(self.year, 3 * self.number, monthrange(self.year, 3 * self.number)[1])

    @classmethod
    def of(cls, day: dt.date) -> "Quarter":
        """The quarter a day lies in."""
        return cls(day.year, (day.month + 2) // 3)


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: dt.date
    end: dt.date

    def quarters(self) -> tuple[Quarter, ...]:
        """Every quarter the period touches, in order."""
        first, last = Quarter.of(self.start), Quarter.of(self.end)
        span = range(first.year * 4 + first.number - 1, last.year * 4 + last.number)
        return tuple(Quarter(index // 4, index % 4 + 1) for index in span)


def text(raw: object) -> str:
    """Any cell as text: NFC, one kind of line end, no control characters, no blanks at the ends."""
    if isinstance(raw, bool):
        return "是" if raw else "否"
    if isinstance(raw, float):
        return plain_number(Decimal(repr(raw)))
    if isinstance(raw, dt.datetime | dt.date):
        return as_date(raw).isoformat()
    plain = unicodedata.normalize("NFC", str(raw)).replace("\r\n", "\n").replace("\r", "\n").replace("_x000D_", "")
    return UNPRINTABLE.sub("", plain).strip()


def halfwidth(raw: object) -> str:
    """Text with full-width digits, letters and punctuation made half-width, all blanks removed."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text(raw)))


def plain_number(number: Decimal) -> str:
    """A decimal without exponent and without trailing zeros."""
    shown = format(number, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def as_date(raw: object) -> dt.date:
    """Read a real date, 2022-05-01, 2022.5.1, 2022/5/1, 2022年5月1日, 20220501, or a spreadsheet's own day number."""
    if isinstance(raw, dt.datetime):
        return raw.date()
    if isinstance(raw, dt.date):
        return raw
    if isinstance(raw, int | float) and SERIALS[0] <= raw <= SERIALS[1]:
        return dt.date(1899, 12, 30) + dt.timedelta(days=int(raw))
    plain = CLOCK.sub("", halfwidth(raw))
    match = re.fullmatch(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})[日号]?", plain) or re.fullmatch(
        r"(\d{4})(\d{2})(\d{2})", plain
    )
    if not match:
        raise ValueError("看不懂这个日期，请写成 2022-05-01 的样子")
    return _day(*map(int, match.groups()))


def _day(year: int, month: int, day: int) -> dt.date:
    if not 1 <= month <= 12:
        raise ValueError(f"没有{month}月，请改成 1 到 12 月")
    if not 1900 <= year <= 2200:
        raise ValueError(f"{year}年不像是真的年份，请核对")
    if not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError(f"{year}年{month}月没有{day}日，请核对日期")
    return dt.date(year, month, day)


def as_period(raw: object) -> Period:
    """Read a span of months: `2022年4月-12月`, `2022年4月—2023年3月`, also inside other words."""
    plain = halfwidth(raw)
    match = re.search(r"(\d{4})[年./-](\d{1,2})月?[-—–~至到]+(?:(\d{4})[年./-])?(\d{1,2})月?", plain)
    if not match:
        raise ValueError("看不懂这个实施周期，请写成 2022年4月-12月 的样子")
    year, first, other_year, last = (int(part) if part else None for part in match.groups())
    assert year is not None and first is not None and last is not None
    start = _day(year, first, 1)
    end = _day(other_year or year, last, 1)
    if end < start:
        raise ValueError("实施周期的结束早于开始，请核对")
    return Period(start, end.replace(day=monthrange(end.year, end.month)[1]))


def as_quarter(raw: object) -> Quarter:
    """Read `2022年第二季度`, `2022年2季度`, `2022Q2`."""
    match = re.fullmatch(r"(\d{4})年?第?(?:([一二三四])|Q?([1-4]))(?:季度|季)?", halfwidth(raw), re.IGNORECASE)
    if not match:
        raise ValueError("看不懂这个季度，请写成 2022年第二季度 的样子")
    year, word, digit = match.groups()
    return Quarter(int(year), QUARTER_NAMES.index(word) + 1 if word else int(digit))


def as_money(raw: object) -> Money:
    """Read an amount in yuan, to the fen: 5,000.00, ￥3000, 1万元, full-width digits."""
    match = re.fullmatch(r"(?:人民币|RMB)?[¥￥]?(-?[\d,]*\.?\d+)(万)?(?:[元圆]整?)?", halfwidth(raw))
    if not match or re.search(r",\d{0,2}(?:\D|$)", match[1]):
        raise ValueError("看不懂这个金额，请只写数字，如 5000 或 5000.00")
    amount = Decimal(match[1].replace(",", "")) * (10_000 if match[2] else 1)
    if abs(amount) >= MAX_AMOUNT:
        raise ValueError("金额大得不合情理，请核对是否多写了零")
    cents = amount.quantize(Decimal("0.01"))
    # A float like 0.1+0.2 carries a tail far below one fen; anything more is somebody's slip.
    if abs(cents - amount) > Decimal("0.000001"):
        raise ValueError("金额最多到分（两位小数），请核对")
    return Money(cents)


def as_ten_thousands(raw: object) -> Money:
    """Read an amount given in 万元, unless the cell says its own unit; the result is in yuan, like every amount."""
    return Money(as_money(raw) * (1 if re.search("[万元]", halfwidth(raw)) else 10_000))


def as_number(raw: object) -> Decimal:
    """Read a number, which may have decimals and a measure word: 6, 1.5, ６, 22人."""
    try:
        number = Decimal(re.sub(f"[{MEASURES}]{{1,2}}$", "", halfwidth(raw)).replace(",", ""))
    except InvalidOperation:
        raise ValueError("这里要填数字，请去掉“约”“多”之类的文字") from None
    if not number.is_finite() or abs(number) >= MAX_AMOUNT:
        raise ValueError("数字大得不合情理，请核对")
    return Decimal(plain_number(number))


def as_count(raw: object) -> int:
    """Read a whole number that is not negative."""
    number = as_number(raw)
    if number != int(number) or number < 0:
        raise ValueError("这里要填整数（0 或更大）")
    return int(number)


def as_yes_no(raw: object) -> bool:
    """Read 是 or 否."""
    plain = halfwidth(raw).upper()
    if plain not in YES + NO:
        raise ValueError("这里只能填“是”或“否”")
    return plain in YES


def as_digits(raw: object) -> str:
    """Read a number that is a name (phone, account, ID): every digit must have survived the spreadsheet."""
    if (isinstance(raw, int | float) and raw >= 1e15) or re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", halfwidth(raw)):
        raise ValueError("号码已被表格软件改成科学计数法、末位丢失，请先把单元格设为“文本”格式，再重新输入")
    return halfwidth(raw).upper()


def as_phone(raw: object) -> str:
    """Read a mobile number of 11 digits or a fixed line with its area code."""
    plain = re.sub(r"^(?:\+?86-?)?(1\d{2})-?(\d{4})-?(\d{4})$", r"\1\2\3", as_digits(raw))
    if not re.fullmatch(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?", plain):
        raise ValueError("电话号码的位数不对：手机 11 位，座机写成 0813-1234567")
    return plain


def as_personal_phone(raw: object) -> Personal:
    """Read a person's phone number."""
    return Personal(as_phone(raw))


def as_citizen_id(raw: object) -> Personal:
    """Read a citizen's number and check its last character (GB 11643-1999, ISO 7064 MOD 11-2)."""
    plain = as_digits(raw)
    if not re.fullmatch(r"\d{17}[\dX]", plain):
        raise ValueError("身份证号应为 18 位")
    try:
        as_date(plain[6:14])
    except ValueError:
        raise ValueError("身份证号第 7 至 14 位不是出生日期，请核对") from None
    total = sum(int(digit) * weight for digit, weight in zip(plain[:17], ID_WEIGHTS, strict=True))
    if "10X98765432"[total % 11] != plain[17]:
        raise ValueError("身份证号的校验位不对，多半抄错了一位，请核对")
    return Personal(plain)


def as_credit_code(raw: object) -> str:
    """Read a unified social credit code and check its last character (GB 32100-2015, MOD 31-3)."""
    plain = as_digits(raw)
    if len(plain) != 18 or any(char not in CREDIT_ALPHABET for char in plain):
        raise ValueError("统一社会信用代码应为 18 位数字和大写字母（不含 I、O、S、V、Z）")
    total = sum(CREDIT_ALPHABET.index(char) * 3**place for place, char in enumerate(plain[:17]))
    if CREDIT_ALPHABET[-total % 31] != plain[17]:
        raise ValueError("统一社会信用代码的校验位不对，多半抄错了一位，请核对")
    return plain


def capitals(amount: Decimal) -> str:
    """An amount in 大写, as the People's Bank asks (支付结算办法 annex 1): 人民币壹拾万元整."""
    from cn2an import an2cn

    # cn2an cuts off what is below one fen, so the amount is rounded before it gets there.
    words: str = an2cn(format(amount.quantize(Decimal("0.01")), "f"), "rmb")
    return "人民币" + words


def chinese_number(words: str) -> int:
    """A small number in Chinese numerals: 六, 十二, 两."""
    from cn2an import cn2an

    return int(cn2an(words.replace("两", "二"), "smart"))


def chinese_date(day: dt.date) -> str:
    """A date as documents write it (GB/T 9704-2012, 7.3.5.4): 2022年5月1日, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """A share with one decimal where it needs one; a dash when there is nothing to compare with."""
    if not whole:
        return "—"
    share = (Decimal(part) / Decimal(whole) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if share == 100 and part != whole:  # nearly all is not all
        share += Decimal("-0.1") if part < whole else Decimal("0.1")
    return plain_number(share) + "%"


def tag_name(header: str) -> str:
    """The name under which a column is known in templates: its header without a unit in brackets and without marks."""
    return re.sub(r"\W", "", re.sub(r"[（(](万?元|%)[)）]", "", header))


def printed(value: object) -> str:
    """How a value appears on paper; an absent one appears as nothing. A line break stays a line break."""
    match value:
        case None:
            return ""
        case Personal():
            return value.masked()
        case bool():
            return "是" if value else "否"
        case dt.date():
            return chinese_date(value)
        case Money():
            return f"{value:,.2f}"
        case Decimal():
            return plain_number(value)
        case _:
            return str(value)
