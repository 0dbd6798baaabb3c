"""Read TOML files that staff edit: saved by Notepad, in any encoding that Chinese Windows writes."""

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from paperwork.core.faults import Unreadable

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
ENCODINGS: tuple[str, ...] = ("utf-8", "gb18030")
"""Encodings of a file without a byte order mark; GB 18030 accepts nearly all bytes, so it is the last."""
MAX_BYTES = 2**20
AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")
TYPED_WIDE = re.compile(r"[“”‘’＝［］｛｝，＂＇]")
"""Characters of a Chinese keyboard that TOML knows no meaning for outside of a text."""
PROBLEMS = (
    ("Cannot overwrite", "这一项写了两次"),
    ("Cannot declare", "这个方括号里的名字写了两次"),
    ("Unterminated string", "引号没有成对"),
    ("Expected '='", "少了等号"),
    ("Illegal character '\\n'", "引号没有成对"),
    ("Unclosed array", "方括号没有成对"),
    ("Expected ']", "方括号没有成对"),
    ("Unescaped '\\'", "引号里的反斜杠要写两遍"),
    ("Expected newline", "一行里多写了东西"),
)
"""Beginnings of the messages of tomllib, each with what staff did."""


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file. Raises `Unreadable` with the line, in words of staff."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise Unreadable(f"没有 {path.name} 这个文件", "请恢复原来的文件") from None
    except OSError as error:
        raise Unreadable(f"文件打不开（{error.strerror}）", "请看看文件的权限，在别的程序里打开着的话先关掉") from None
    if len(content) > MAX_BYTES:
        raise Unreadable("文件太大，不像是这个文件", "请恢复原来的文件")
    words = _decode(content).replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff").rstrip("\0\x1a")
    try:
        return tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable(*_explain(str(error), words)) from None


def _decode(content: bytes) -> str:
    """Decode a text by its byte order mark; without one, as UTF-16 if every other byte is 0, as UTF-8, as GB 18030."""
    encodings = ENCODINGS
    marked = next(((mark, name) for mark, name in BYTE_ORDER_MARKS if content.startswith(mark)), None)
    if marked:
        content, encodings = content.removeprefix(marked[0]), (marked[1],)
    elif b"\0" in content[:200]:
        even, odd = content[:200:2].count(0), content[1:200:2].count(0)
        encodings = ("utf-16-le" if odd > even else "utf-16-be",)
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("文件不是文本，或中途坏了", "请用记事本打开，另存为编码 UTF-8；打开是乱码的话恢复原来的文件")


def _explain(message: str, words: str) -> tuple[str, str]:
    """Return the problem and the remedy for a message of tomllib."""
    found = AT_LINE.search(message)
    lines = words.split("\n")
    # Without a place the error is at the end, which may be blank lines.
    number = int(found[1]) if found else max((at for at, line in enumerate(lines, 1) if line.strip()), default=1)
    line = lines[number - 1].strip()
    # What a text says is no matter of syntax.
    outside = re.sub(r'"[^"]*"|\'[^\']*\'|#.*', "", line)
    why = next((why for begin, why in PROBLEMS if message.startswith(begin)), "写法不对")
    if wide := TYPED_WIDE.search(outside):
        why = f"用了中文的“{wide[0]}”" if wide[0] not in "“”" else "用了中文的引号"
    mend = "请对照文件开头的说明改正：引号、等号、方括号、逗号都用半角（英文）的"
    return (f"第 {number} 行{why}：{line[:40]}" if line else f"第 {number} 行{why}"), mend
