"""How binding grows with the pages: `.venv/bin/python -m benchmarks.bind [--json] [pages …]`.

Twenty-page documents are printed by LibreOffice once, each with other words, and bound again and again up to the
number of pages. Seconds and peak of memory are those of a process of its own for each number of pages.
"""

import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml.ns import qn

from paperwork import bind, duplex, fonts, impose, leaf, office, proof, raster
from paperwork.forms import read_binding
from paperwork.leaf import About
from paperwork.plan import Item, Plan, lay_out
from tests import make

ABOUT = About("卷", "单位", "项目", dt.date(2022, 12, 30))
PAGES, DOCUMENTS = 20, 25
FACES = ("仿宋_GB2312", "宋体", "黑体", "楷体_GB2312")


def written(path: Path, first: int) -> Path:
    """A Word file of twenty pages of Chinese characters that change from page to page."""
    document = Document()
    for page in range(PAGES):
        for line in range(24):
            start = 0x4E00 + (first * 997 + page * 61 + line * 29) % 3000
            run = document.add_paragraph().add_run("".join(map(chr, range(start, start + 28))))
            run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), FACES[line % 4])
        if page < PAGES - 1:
            run.add_break(WD_BREAK.PAGE)
    document.save(str(path))
    return path


def laid_out(sheets: list[Path], pages: int) -> Plan:
    """So many pages as items of one document each."""
    each = impose.sizes(sheets[0])
    count = pages // len(each)
    return lay_out(
        Item(number + 1, f"第{number + 1}件", "一", "表", "单位", None, f"{number:03}",
             (sheets[number % len(sheets)],), len(each))
        for number in range(count)
    )  # fmt: skip


def measure(folder: Path, pages: int, as_json: bool) -> None:
    """Bind, prove and lay out for paper; print seconds for each and the peak of memory."""
    env = fonts.environment(folder)
    sheets = sorted((folder / "pdf").glob("*.pdf"))
    laid = laid_out(sheets, pages)
    own = dict.fromkeys((bind.COVER, bind.CONTENTS, bind.ANSWERS, bind.RECORD), sheets[0])
    begun = perf_counter()
    type_ = bind.Type(folder / "numbers.pdf", fonts.faces(env))
    leaf.stamps(laid.pages, fonts.file_of("宋体", env), type_.numbers)
    findings = bind.volume(laid, own, ABOUT, type_, folder / "volume.pdf")
    bound = perf_counter()
    peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]
    proof.numbered(folder / "volume.pdf")
    proved = perf_counter()
    binding = read_binding(make.ROOT / "templates" / "binding.toml")
    sheets_of = {entry.item.number: duplex.sheets(duplex.item_sides(entry)) for entry in laid.entries}
    for book in duplex.books(laid, sheets_of, (10, 4), binding.sheets_per_book):
        inked = {path: list(raster.ink(path)) for entry in book.entries for path in entry.item.parts}
        sides = [side for entry in book.entries for side in duplex.item_sides(entry)]
        finished = list(duplex.finished(sides, binding, inked.__getitem__))
        impose.write(finished, ABOUT, type_.numbers, type_.faces, folder / f"paper{book.number}.pdf")
    end = perf_counter()
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    size = (folder / "volume.pdf").stat().st_size / 2**20
    if as_json:
        taken = {"bound": bound - begun, "proved": proved - bound, "paper": end - proved}
        print(json.dumps({"pages": pages, **taken, "memory": max(peaks)}), flush=True)
        return
    print(
        f"{laid.pages:5} 页　装订成 PDF/A {bound - begun:6.1f} 秒　读回 {proved - bound:5.1f} 秒　"
        f"打印版 {end - proved:6.1f} 秒　{size:5.1f} MB　"
        f"内存峰值 {peaks[0]} / {peaks[1]} MiB　{'2b' if not findings else findings[0]}"
    )


def main() -> None:
    """Print the documents, then measure each number of pages in a process of its own."""
    words = [word for word in sys.argv[1:] if word != "--json"]
    as_json = sys.argv[1 : len(sys.argv) - len(words)]
    if words[:1] == ["--measure"]:
        measure(Path(words[1]), int(words[2]), bool(as_json))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [written(folder / f"{number:02}.docx", number) for number in range(DOCUMENTS)]
        office.print_files([files[::2], files[1::2]], folder / "pdf", fonts.environment(folder))
        for pages in words or ("100", "500", "2000"):
            command = [sys.executable, "-m", "benchmarks.bind", *as_json, "--measure", name, pages]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
