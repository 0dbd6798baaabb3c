"""What a file is, told from its content: every type, damaged and hostile containers."""

import io
import random
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import Workbook

from paperwork.core.faults import Unreadable
from paperwork.formats import attachments, detect, ole
from paperwork.formats.detect import Detected, FileType
from paperwork.formats.office import installation
from paperwork.formats.spreadsheets import xlsx
from tests import make, odd

BOF = bytes.fromhex("0908100000060500") + bytes(12)
"""Record that begins the stream of an Excel 97 workbook."""
FILE_PASS, WRITE_PROTECTED = bytes.fromhex("2f000600") + bytes(6), bytes.fromhex("86000000")
UTF_16 = "EncryptedPackage Workbook _VBA_PROJECT PowerPoint Document".encode("utf-16-le")


def package(path: Path, parts: Mapping[str, str]) -> Path:
    """Write a ZIP package."""
    with zipfile.ZipFile(path, "w") as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return path


def manifest(kind: str, more: str = "") -> str:
    """Return an OpenDocument manifest."""
    return f'<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.{kind}"/>{more}'


HEADS = {
    FileType.PDF: [b"%PDF-1.7 ", b"\r\n junk %PDF-1.4"],
    FileType.PICTURE: [
        b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"BM123", b"GIF89a", b"RIFF\1\2\3\4WEBP",
        b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypmif1", b"\0\0\0\x18ftypavif",
    ],
    FileType.VIDEO: [
        b"\0\0\0\x18ftypmp42", b"\0\0\0\x14ftypqt  ", b"\0\0\0\x18ftypf4v ", b"RIFF\1\2\3\4AVI LIST",
        b"\0\0\0\x08wide", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", b"\x1a\x45\xdf\xa3\1", b"FLV\x01\5", b".RMF\0",
        b"\0\0\x01\xba", b"\0\0\x01\xb3", (b"\x47" + bytes(187)) * 6, (b"\0\0\0\1\x47" + bytes(187)) * 6,
    ],
    FileType.XML: [b"<?xml version='1.0'?><EInvoice>", b"\xef\xbb\xbf<EInvoice>"],
    FileType.RTF: [b"{\\rtf1\\ansi"],
    FileType.HTML: [
        "<!DOCTYPE html><p>报告".encode(), b"\xef\xbb\xbf\n <html>", b"<?xml version='1.0'?><!DOCTYPE html>",
    ],
    FileType.MHTML: [b"MIME-Version: 1.0"],
    FileType.TEXT: ["活动编号,活动名称".encode(), "活动编号\t活动名称".encode("gb18030"), ("字" * 2000).encode()],
    FileType.ARCHIVE: [b"Rar!\x1a\7", b"7z\xbc\xaf\x27\x1c"],
    FileType.EMPTY: [b"", b"\0\0 \r\n"],
    FileType.UNKNOWN: [b"\1\2\3", b"MZ\x90\0\3", b"\0\0\0\x18ftypcrx ", b"\0\0\0\x18ftypM4A "],
    FileType.DAMAGED: [ole.SIGNATURE, ole.SIGNATURE + bytes(600), b"PK\3\4" + bytes(50)],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "head"), [(kind, head) for kind, heads in HEADS.items() for head in heads])
def test_type_is_told_by_the_first_bytes(kind: FileType, head: bytes, tmp_path: Path) -> None:
    (path := tmp_path / "a.pdf").write_bytes(head)
    assert detect.detect(path).type is kind


PACKAGES: dict[FileType, list[dict[str, str]]] = {
    FileType.DOCX: [
        {"[Content_Types].xml": "", "word/document.xml": ""},
        {"[Content_Types].xml": "", "word/a.xml": ""},
    ],
    FileType.XLSX: [{"[Content_Types].xml": "", "xl/workbook.xml": ""}, {"xl/workbook.xml": ""}],
    FileType.PPTX: [{"[Content_Types].xml": "", "ppt/slides/slide1.xml": ""}],
    FileType.ODS: [
        {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ""},
        {"META-INF/manifest.xml": manifest("spreadsheet"), "content.xml": ""},
    ],
    FileType.ODT: [
        {"mimetype": "application/vnd.oasis.opendocument.text-template", "content.xml": ""},
        {"META-INF/manifest.xml": manifest("text"), "content.xml": ""},
    ],
    FileType.ODP: [{"mimetype": "application/vnd.oasis.opendocument.presentation", "content.xml": ""}],
    FileType.OFD: [{"OFD.xml": "", "Doc_0/Document.xml": ""}],
    FileType.ARCHIVE: [{"报告.txt": "报告"}, {"word/document.txt": ""}, {"content.xml": ""}],
}


@pytest.mark.parametrize(("kind", "parts"), [(kind, parts) for kind, many in PACKAGES.items() for parts in many])
def test_package_is_told_by_its_parts(kind: FileType, parts: dict[str, str], tmp_path: Path) -> None:
    assert detect.detect(package(tmp_path / "a.zip", parts)).type is kind


def test_package_tells_macros_encryption_and_sizes(tmp_path: Path) -> None:
    parts = {"[Content_Types].xml": "12", "xl/workbook.xml": "345", "xl/vbaProject.bin": "6"}
    assert detect.detect(package(tmp_path / "a.xlsm", parts)) == Detected(FileType.XLSX, False, True, 6, 5)
    parts = {"META-INF/manifest.xml": manifest("spreadsheet", "<m:encryption-data/>"), "content.xml": ""}
    found = detect.detect(package(tmp_path / "a.ods", parts))
    assert (found.type, found.is_encrypted) == (FileType.ODS, True)
    with pytest.raises(Unreadable, match="打开密码"):
        xlsx.detect_type(tmp_path / "a.ods")
    with pytest.raises(Unreadable, match="打开密码"):
        attachments.bindable_type(tmp_path / "a.ods")


def test_package_that_unpacks_to_too_much_is_huge(tmp_path: Path) -> None:
    assert detect.detect(odd.write("压缩炸弹", tmp_path)).type is FileType.HUGE
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as target:
        for number in range(20_000):
            target.writestr(f"xl/{number}", b"")
    assert detect.detect(tmp_path / "b.xlsx").type is FileType.HUGE


def test_zip64_package_is_read_when_its_directory_is_small(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", {"xl/workbook.xml": ""})
    content = path.read_bytes()
    end = content.rindex(b"PK\5\6")
    size, start = struct.unpack_from("<II", content, end + 12)

    def with_zip64(directory: int) -> bytes:
        record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1, 1, directory, start)
        locator = b"PK\6\7" + struct.pack("<IQI", 0, end, 1)
        hidden = struct.pack("<HHII", 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        return content[:end] + record + locator + content[end : end + 8] + hidden + b"\0\0"

    path.write_bytes(with_zip64(size))
    assert detect.detect(path).type is FileType.XLSX
    path.write_bytes(with_zip64(detect.MAX_DIRECTORY + 1))
    assert detect.detect(path).type is FileType.HUGE


# ---- OLE


OLE_TYPES = [
    (FileType.DOC, {"WordDocument": UTF_16, "1Table": b""}),
    (FileType.XLS, {"Workbook": BOF + "WordDocument".encode("utf-16-le")}),
    (FileType.XLS, {"Book": BOF}),
    (FileType.PPT, {"PowerPoint Document": b"", "Current User": b""}),
    (FileType.ENCRYPTED, {"EncryptionInfo": b"", "EncryptedPackage": b""}),
    (FileType.OTHER_OLE, {"Contents": "WordDocument".encode("utf-16-le")}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "streams"), OLE_TYPES)
def test_ole_file_is_told_by_the_streams_in_its_root(kind: FileType, streams: dict[str, bytes], tmp_path: Path) -> None:
    assert detect.detect(odd.ole(tmp_path / "a", streams)) == Detected(kind)


def test_word_file_about_encryption_is_not_locked(tmp_path: Path) -> None:
    path = odd.ole(tmp_path / "a.doc", {"WordDocument": "说明：EncryptedPackage 是什么".encode("utf-16-le")})
    assert attachments.bindable_type(path) is FileType.DOC


def test_excel_file_that_mentions_word_is_excel(tmp_path: Path) -> None:
    path = odd.ole(tmp_path / "a.xls", {"Workbook": BOF + "WordDocument".encode("utf-16-le")})
    assert attachments.bindable_type(path) is FileType.XLS
    assert xlsx.detect_type(path) == "xls"


def test_embedded_workbook_does_not_make_a_word_file_excel(tmp_path: Path) -> None:
    path = odd.ole(tmp_path / "a", {"Data": b""}, {"Workbook": BOF, "_VBA_PROJECT": b""})
    assert detect.detect(path) == Detected(FileType.OTHER_OLE, has_macros=True)
    path = odd.ole(tmp_path / "a", {"1Table": b"", "WordDocument": b""}, {"Workbook": BOF + FILE_PASS})
    assert detect.detect(path) == Detected(FileType.DOC)


@pytest.mark.parametrize("records", [BOF + FILE_PASS, BOF + WRITE_PROTECTED + FILE_PASS])
def test_encrypted_excel_97_is_found_by_its_records(records: bytes, tmp_path: Path) -> None:
    path = odd.ole(tmp_path / "a.xls", {"Workbook": records})
    assert detect.detect(path) == Detected(FileType.XLS, is_encrypted=True)
    with pytest.raises(Unreadable, match="打开密码"):
        xlsx.detect_type(path)
    assert attachments.bindable_type(path) is FileType.XLS, "LibreOffice knows the password that Excel itself uses"


def test_record_that_looks_like_encryption_further_on_is_ignored(tmp_path: Path) -> None:
    path = odd.ole(tmp_path / "a.xls", {"Workbook": BOF + bytes(492) + BOF + FILE_PASS})
    assert not detect.detect(path).is_encrypted


def test_ole_file_with_a_table_of_many_sectors_is_read(tmp_path: Path) -> None:
    """Above 7 MB the sectors of the FAT no longer fit into the header."""
    path = odd.ole(tmp_path / "a.doc", {"Data": bytes(17 * 2**20), "WordDocument": b"", "1Table": b""})
    assert detect.detect(path).type is FileType.DOC


@pytest.mark.parametrize(("name", "kind"), [("旧文档", FileType.DOC), ("旧表格", FileType.XLS)])
def test_files_of_libreoffice_are_recognised(name: str, kind: FileType, tmp_path: Path) -> None:
    if not installation.find_program():
        pytest.skip("LibreOffice is missing")
    assert detect.detect(odd.write(name, tmp_path)) == Detected(kind)


def test_small_stream_in_the_mini_stream_is_read(tmp_path: Path) -> None:
    """Write the root's mini stream by hand: streams under 4096 bytes lie there, in sectors of 64 bytes."""
    content = bytearray(odd.ole(tmp_path / "a.xls", {"Workbook": b""}).read_bytes())
    root, book = 512, 512 + 2 * 128
    struct.pack_into("<IQ", content, root + 116, 1, 4096)  # the sectors of the former stream are the mini stream
    struct.pack_into("<IQ", content, book + 116, 9, 100)  # mini sector 9 lies in its second sector
    at = 512 + 512 + 9 * 64
    content[at : at + 30] = (BOF + FILE_PASS)[:30]
    opened = ole.read_ole(io.BytesIO(bytes(content)), len(content))
    assert opened is not None
    assert opened.has_file_pass(opened.top["Workbook"])


def test_damaged_ole_files_end_in_a_type(tmp_path: Path) -> None:
    """Overwrite, cut and loop: each file gets a type, and none makes the reader run on or fail."""
    good = odd.ole(tmp_path / "a.doc", {"WordDocument": UTF_16, "1Table": b""}, {"Workbook": BOF}).read_bytes()
    chance = random.Random(1)
    for _ in range(400):
        content = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            at = chance.choice([chance.randrange(24, 1024), chance.randrange(len(content))])
            content[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", bytes(4), chance.randbytes(4), b"\1\0\0\0"])
        length = chance.choice([len(content), chance.randrange(len(content))])
        (path := tmp_path / "b").write_bytes(bytes(content)[:length])
        assert detect.detect(path).type in FileType


def test_ole_chain_that_loops_ends(tmp_path: Path) -> None:
    path = odd.ole(tmp_path / "a.doc", {"WordDocument": b""})
    content = bytearray(path.read_bytes())
    table = content.index(struct.pack("<I", odd.OLE_END), 512 + 512)
    content[table : table + 4] = bytes(4)  # the directory's next sector is the directory itself
    path.write_bytes(bytes(content))
    assert detect.detect(path).type is FileType.DOC


# ---- tables


def test_text_is_told_by_its_suffix_as_before(tmp_path: Path) -> None:
    for content in (b"a,b", b"<a>,b", b"\x89\xff,b", b"BM,b", b""):
        (path := tmp_path / "a.csv").write_bytes(content)
        assert xlsx.detect_type(path) == "csv"
    for content in (ole.SIGNATURE, b"PK\3\4"):
        path.write_bytes(content)
        with pytest.raises(Unreadable, match="打不开"):
            xlsx.detect_type(path)


def test_table_with_large_pictures_is_still_a_table(tmp_path: Path) -> None:
    """The limit is on XML, which is parsed; pictures are not."""
    Workbook().save(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx", "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/media/a.bmp", bytes(401 * 2**20))
    assert xlsx.detect_type(tmp_path / "a.xlsx") == "xlsx"


def test_files_of_the_program_are_recognised(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    for name, kind in (
        ("项目1/项目数据.xlsx", FileType.XLSX), ("项目1/附件/评估.pdf", FileType.PDF),
        ("项目1/照片/HD-01/01 现场.jpg", FileType.PICTURE), ("项目1/视频/HD-01/小视频.mp4", FileType.VIDEO),
    ):  # fmt: skip
        assert detect.detect(inputs / name).type is kind
    assert detect.detect(make.CATALOGUE).type is FileType.DOCX
