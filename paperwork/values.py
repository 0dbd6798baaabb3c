"""What people write in a cell → a date, a period, a quarter, an amount, a checked number; or a plain reason why not.

Each reader takes whatever the cell holds (text, number, date) and returns the value, or raises `ValueError` whose text
is the Chinese sentence that staff read. `printed` is the one place that says how a value appears on paper.
"""

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from paperwork.dates import Period, Quarter, as_date, as_period, as_quarter
from paperwork.plain import halfwidth, plain_number, text

__all__ = ["Period", "Quarter", "as_date", "as_period", "as_quarter", "halfwidth", "plain_number", "text"]
"""What other modules ask `values` for though it is at home further down."""
MULTIPLES = {"": 1, "百": 100, "千": 1000, "万": 10_000, "十万": 100_000, "百万": 10**6, "千万": 10**7, "亿": 10**8}
MAX_AMOUNT = Decimal("1e12")
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
YES, NO = ("是", "有", "√", "Y", "YES", "TRUE"), ("否", "无", "没有", "×", "N", "NO", "FALSE")
MEASURES = "人名个位场次支期项课时份张套件户只台批篇本册家所节天月岁盒箱辆桌组队号条"  # the column says what is counted


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


def as_money(raw: object) -> Money:
    """Read an amount in yuan, to the fen: 5,000.00, ￥3000, 1万元, full-width digits."""
    match = re.fullmatch(
        r"(?:人民币|RMB)?[¥￥]?(-?[\d,]*\.?\d+)(?:([十百千]?万|亿|[百千](?=元))?[元圆]?整?)", halfwidth(raw)
    )
    if not match or re.search(r",\d{0,2}(?:\D|$)", match[1]):
        raise ValueError("看不懂这个金额，请只写数字，如 5000 或 5000.00")
    amount = Decimal(match[1].replace(",", "")) * MULTIPLES[match[2] or ""]
    if abs(amount) >= MAX_AMOUNT:
        raise ValueError("金额大得不合情理，请核对是否多写了零")
    cents = amount.quantize(Decimal("0.01"))
    # A float like 0.1+0.2 carries a tail far below one fen; anything more is somebody's slip.
    if abs(cents - amount) > Decimal("0.000001"):
        raise ValueError("金额最多到分（两位小数），请核对")
    return Money(cents)


def as_ten_thousands(raw: object) -> Money:
    """Read an amount given in 万元, unless the cell says its own unit; the result is in yuan, like every amount."""
    return Money(as_money(raw) * (1 if re.search("[万亿元]", halfwidth(raw)) else 10_000))


def as_number(raw: object) -> Decimal:
    """Read a number, which may have decimals and a measure word: 6, 1.5, ６, 22人, 95%."""
    plain = re.sub(f"^第|(?:%|[{MEASURES}]{{1,2}})$", "", halfwidth(raw)).replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        if re.fullmatch("[零〇一二两三四五六七八九十百千]+", plain):
            raise ValueError(f"这里要填数字，请写阿拉伯数字，如 {chinese_number(plain)}") from None
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


def as_choice(raw: object) -> str:
    """One of a list of words; blanks around it and a remark in brackets after it do not matter."""
    plain = text(raw)
    return re.sub(r"\s*[（(][^（()）]*[)）]$", "", plain) or plain


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
    plain = re.sub(r"^\((0\d{2,3})\)-?", r"\1-", as_digits(raw))
    plain = re.sub(r"^(?:\+?86-?)?(1\d{2})-?(\d{4})-?(\d{4})$", r"\1\2\3", plain)
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


def as_id_number(raw: object) -> Personal:
    """Read a citizen's number, or the credit code of an organisation, which rosters also list."""
    plain = as_digits(raw)
    born = re.fullmatch(r"\d{6}(?:19|20)\d\d(?:0[1-9]|1[0-2])\d{5}[\dX]", plain)
    if not born:
        try:
            return Personal(as_credit_code(plain))
        except ValueError:
            pass  # what is neither is told as a citizen's number, which most are
    return as_citizen_id(raw)


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


def chinese_days(first: dt.date, last: dt.date) -> str:
    """The days of something: one date, or from one to another."""
    return chinese_date(first) + (f"至{chinese_date(last)}" if last != first else "")


def file_size(count: int) -> str:
    """Bytes in words."""
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{max(1, round(count / 1024))} KB"


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
