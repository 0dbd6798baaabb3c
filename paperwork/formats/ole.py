"""Read the directory of an OLE compound file ([MS-CFB]), the container of Office 97–2003.

The names of the streams tell what a file is. They must be read from the directory: the text of a document may hold the
same words. The file is not trusted, so every chain of sectors is followed at most as far as the file is long.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEADER_BYTES, ENTRY_BYTES, MINI_SECTOR = 512, 128, 64
LAST_SECTOR = 0xFFFFFFFA
"""Largest number of a sector; greater ones mark the end of a chain or a free sector."""
MINI_STREAM_LIMIT = 4096
"""Streams shorter than this lie in the mini stream, which is the stream of the root entry."""
MAX_ENTRIES = 2**16
STORAGE, STREAM, ROOT = 1, 2, 5
BIFF_BOF, BIFF_WRITE_PROTECTED, BIFF_FILE_PASS = 0x0809, 0x0086, 0x002F
"""Records at the start of an Excel stream ([MS-XLS] 2.3); FilePass says that the rest is encrypted."""


@dataclass(frozen=True)
class Entry:
    """A directory entry: a stream, a storage or the root. `left`, `right` and `child` are numbers of entries."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


@dataclass(frozen=True)
class CompoundFile:
    """An OLE file whose directory was read."""

    entries: tuple[Entry, ...]
    top: dict[str, Entry]
    """Streams and storages directly in the root, by name. A document's embedded objects lie deeper."""
    sectors: "_Sectors"
    first_mini: int = LAST_SECTOR + 1
    """First sector of the table of mini sectors."""

    def read(self, entry: Entry) -> bytes:
        """Return the content of a stream, or what the file holds of it."""
        if entry.size >= MINI_STREAM_LIMIT:
            return b"".join(map(self.sectors.read, self.sectors.chain(entry.start)))[: entry.size]
        small = b"".join(map(self.sectors.read, self.sectors.chain(self.entries[0].start)))
        table = b"".join(map(self.sectors.read, self.sectors.chain(self.first_mini)))
        content, number = b"", entry.start
        for _ in range(MINI_STREAM_LIMIT // MINI_SECTOR):
            if len(content) >= entry.size or 4 * number + 4 > len(table):
                break
            content += small[number * MINI_SECTOR : (number + 1) * MINI_SECTOR]
            (number,) = struct.unpack_from("<I", table, 4 * number)
        return content[: entry.size]

    def read_start(self, entry: Entry) -> bytes:
        """Return the first 64 bytes of a stream, or what the file holds of them."""
        if entry.size >= MINI_STREAM_LIMIT:
            return self.sectors.read(entry.start)[:MINI_SECTOR]
        # One mini sector has 64 bytes, and none lies in two sectors, so the chain of mini sectors is not needed.
        number, offset = divmod(entry.start * MINI_SECTOR, self.sectors.size)
        chain = self.sectors.chain(self.entries[0].start)
        sector = next((each for at, each in enumerate(chain) if at == number), LAST_SECTOR + 1)
        return self.sectors.read(sector)[offset : offset + MINI_SECTOR]

    def has_file_pass(self, entry: Entry) -> bool:
        """Return True if a stream of an Excel file begins with the records of an encrypted one."""
        content, at = self.read_start(entry), 0
        while at + 4 <= len(content):
            record, length = struct.unpack_from("<HH", content, at)
            if record not in (BIFF_BOF, BIFF_WRITE_PROTECTED):
                return bool(record == BIFF_FILE_PASS)
            at += 4 + length
        return False


@dataclass(frozen=True)
class _Sectors:
    """The sectors of an OLE file, and the table (FAT) that names the next sector of each."""

    stream: BinaryIO
    size: int
    count: int
    """Sectors that the file can hold; no chain is longer."""
    table: Sequence[int]
    """Numbers of the sectors that hold the table."""
    cache: dict[int, bytes] = field(default_factory=dict)

    def read(self, number: int) -> bytes:
        """Return a sector, empty beyond the end of the file."""
        if number >= self.count:
            return b""
        if number not in self.cache:
            self.stream.seek((number + 1) * self.size)  # the header takes the place of one sector
            self.cache[number] = self.stream.read(self.size)
        return self.cache[number]

    def chain(self, number: int) -> Iterator[int]:
        """Yield the numbers of a chain of sectors."""
        for _ in range(self.count):
            if number >= self.count:
                return
            yield number
            index, place = divmod(number, self.size // 4)
            table = self.read(self.table[index]) if index < len(self.table) else b""
            if len(table) < 4 * place + 4:
                return
            (number,) = struct.unpack_from("<I", table, 4 * place)


def read_ole(stream: BinaryIO, length: int) -> CompoundFile | None:
    """Read the directory of an OLE file of `length` bytes; return None if it is damaged."""
    stream.seek(0)
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES or not header.startswith(SIGNATURE):
        return None
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in (9, 12):
        return None
    first_entry, first_mini, first_table = (struct.unpack_from("<I", header, at)[0] for at in (48, 60, 68))
    size = 1 << shift
    plain = _Sectors(stream, size, max(0, -(-length // size) - 1), ())
    sectors = _Sectors(stream, size, plain.count, _table_sectors(plain, header, first_table))
    entries = tuple(_entries(sectors, first_entry))
    if not entries or entries[0].kind != ROOT:
        return None
    return CompoundFile(entries, {each.name: each for each in _top_entries(entries)}, sectors, first_mini)


def _table_sectors(sectors: _Sectors, header: bytes, first: int) -> list[int]:
    """Return the numbers of the sectors that hold the FAT: 109 in the header, more in a chain of their own (DIFAT)."""
    numbers = list(struct.unpack_from("<109I", header, 76))
    # Each sector of the DIFAT ends with the number of the next one. More numbers than sectors are of no use.
    while first < sectors.count and len(numbers) <= sectors.count:
        content = sectors.read(first)
        if len(content) < sectors.size:
            break
        *more, first = struct.unpack(f"<{sectors.size // 4}I", content)
        numbers += more
    return numbers


def _entries(sectors: _Sectors, first: int) -> Iterator[Entry]:
    """Yield the directory's entries; unused ones too, because entries refer to each other by number."""
    found = 0
    for sector in sectors.chain(first):
        content = sectors.read(sector)
        for at in range(0, len(content) - ENTRY_BYTES + 1, ENTRY_BYTES):
            if found >= MAX_ENTRIES:
                return
            found += 1
            name_bytes, kind, left, right, child = struct.unpack_from("<HBxIII", content, at + 64)
            start, size = struct.unpack_from("<II", content, at + 116)
            name = content[at : at + max(0, min(name_bytes, 64) - 2)].decode("utf-16-le", "replace")
            yield Entry(name if kind else "", kind, left, right, child, start, size)


def _top_entries(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the entries directly in the root, which form a binary tree."""
    waiting, seen = [entries[0].child], {0}
    while waiting:
        number = waiting.pop()
        if number < len(entries) and number not in seen:
            seen.add(number)
            yield entries[number]
            waiting += [entries[number].left, entries[number].right]
