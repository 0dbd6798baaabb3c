"""Word files written as raw XML, as Word writes what python-docx cannot: changes, controls, fields, lists."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
HEADERS = ("项目序号", "牵头部室", "项目名称", "项目目标", "项目内容", "服务对象", "项目承接主体", "实施周期",
           "项目金额（万元）", "相关要求")  # fmt: skip
BY = 'w:id="1" w:author="甲" w:date="2022-03-01T00:00:00Z"'
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


Target = TypeVar("Target", Path, IO[bytes])


def write_word(path: Target, body: str, parts: Mapping[str, str] | None = None) -> Target:
    """Write a Word file; `parts` maps names such as footnotes, styles or header to the content of their root."""
    reference = '<w:headerReference w:type="default" r:id="rId_header"/>' if "header" in (parts or {}) else ""
    roots = {"document": f"<w:body>{body}<w:sectPr>{reference}</w:sectPr></w:body>", **(parts or {})}
    tags = {"header": "hdr", "footer": "ftr"}
    kinds = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{KIND}.{name}{".main" * (name == "document")}+xml"/>'
        for name in roots
    )
    relations = "".join(
        f'<Relationship Id="rId_{name}" Type="{RELATION}/{name}" Target="{name}.xml"/>' for name in roots
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f"{kinds}</Types>",
        )
        main = f'<Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="word/document.xml"/>'
        out.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{main}</Relationships>')
        out.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>',
        )
        for name, content in roots.items():
            tag = tags.get(name, name)
            out.writestr(f"word/{name}.xml", f"<w:{tag} {NAMESPACES}>{content}</w:{tag}>")
    return path


def run(words: str, properties: str = "") -> str:
    """Return a run of text."""
    return f'<w:r>{f"<w:rPr>{properties}</w:rPr>" if properties else ""}<w:t xml:space="preserve">{words}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    """Return a paragraph; content without a tag is text."""
    inside = content if content.startswith("<") else run(content) if content else ""
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{inside}</w:p>"


def cell(content: str, properties: str = "") -> str:
    """Return a cell; content that is not made of blocks becomes a paragraph."""
    blocks = content if content.startswith(("<w:p>", "<w:tbl>", "<w:sdt>", "<w:customXml")) else paragraph(content)
    return f"<w:tc>{f'<w:tcPr>{properties}</w:tcPr>' if properties else ''}{blocks}</w:tc>"


def row(*contents: str, properties: str = "") -> str:
    """Return a row of cells; content that begins with a cell is kept."""
    cells = "".join(
        each if each.startswith(("<w:tc>", "<w:sdt><w:sdtContent><w:tc>")) else cell(each) for each in contents
    )
    return f"<w:tr>{f'<w:trPr>{properties}</w:trPr>' if properties else ''}{cells}</w:tr>"


def table(*rows: str) -> str:
    """Return a table, with the paragraph that Word wants after it."""
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def project(number: object, requirements: str = "1.建立项目专账。", amount: object = 5, **columns: str) -> list[str]:
    """Return the cells of a project's row."""
    values = (str(number), "组联部", f"项目{number}", "目标", "内容", "妇女", "社会组织", "2022年4月-12月", str(amount))
    given = dict(zip(HEADERS, (*values, requirements), strict=True)) | columns
    return list(given.values())


def catalogue(path: Path, requirements: str, parts: Mapping[str, str] | None = None, after: str = "") -> Path:
    """Write a catalogue of one project with these requirements."""
    return write_word(path, table(row(*HEADERS), row(*project(1, requirements))) + after, parts)


def tables(path: Path, *rows_of_tables: Sequence[str], between: str = "") -> Path:
    """Write a Word file with several tables, and paragraphs between them."""
    return write_word(path, between.join(table(*rows) for rows in rows_of_tables))
