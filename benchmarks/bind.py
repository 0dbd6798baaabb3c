"""Measure how binding scales with pages: `.venv/bin/python -m benchmarks.bind [--json] [pages …]`.

LibreOffice prints a set of twenty-page documents once, each with different text. They are bound repeatedly up to the
number of pages. Time and peak memory are measured in a separate process for each number of pages.
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

from paperwork.documents.declarations import read_binding
from paperwork.formats.office import fonts, libreoffice
from paperwork.formats.pdf import imposition, page_numbers, render
from paperwork.formats.pdf.metadata import DocumentMetadata
from paperwork.volume import binder, duplex, readback
from paperwork.volume.page_plan import Item, PagePlan, plan_pages
from tests import make

ABOUT = DocumentMetadata("卷", "单位", "项目", dt.date(2022, 12, 30))
PAGES, DOCUMENTS = 20, 25
FACES = ("仿宋_GB2312", "宋体", "黑体", "楷体_GB2312")


def write_document(path: Path, first: int) -> Path:
    """Write a Word file of twenty pages; the characters change from page to page, so that fonts are not trivial."""
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


def make_plan(files: list[Path], pages: int) -> PagePlan:
    """Return a page plan of so many pages, with one document for each item."""
    each = imposition.page_sizes(files[0])
    count = pages // len(each)
    return plan_pages(
        Item(number + 1, f"第{number + 1}件", "一", "表", "单位", None, f"{number:03}",
             (files[number % len(files)],), len(each))
        for number in range(count)
    )  # fmt: skip


def measure(folder: Path, pages: int, as_json: bool) -> None:
    """Bind, read back, and lay out the paper edition; print the seconds of each and the peak memory."""
    env = fonts.environment(folder)
    files = sorted((folder / "pdf").glob("*.pdf"))
    plan = make_plan(files, pages)
    own_pages = dict.fromkeys((binder.COVER, binder.CONTENTS, binder.ANSWERS, binder.RECORD), files[0])
    start = perf_counter()
    type_ = binder.BindingResources(folder / "numbers.pdf", fonts.installed_faces(env))
    page_numbers.draw_numbers(plan.pages, fonts.font_file("宋体", env), type_.numbers)
    findings = binder.bind_volume(plan, own_pages, ABOUT, type_, folder / "volume.pdf")
    bound = perf_counter()
    # ru_maxrss is in KiB on Linux and never falls, hence one process for each number of pages.
    peaks = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]
    readback.count_numbered_pages(folder / "volume.pdf")
    read_back = perf_counter()
    binding = read_binding(make.ROOT / "templates" / "binding.toml")
    sheets_of = {entry.item.number: duplex.count_paper_sheets(duplex.item_sides(entry)) for entry in plan.entries}
    for book in duplex.books(plan, sheets_of, (10, 4), binding.sheets_per_book):
        inked = {path: list(render.ink_boxes(path)) for entry in book.entries for path in entry.item.parts}
        sides = [side for entry in book.entries for side in duplex.item_sides(entry)]
        finished = list(duplex.place_sides(sides, binding, inked.__getitem__))
        imposition.write_imposed(finished, ABOUT, type_.numbers, type_.faces, folder / f"paper{book.number}.pdf")
    end = perf_counter()
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    size = (folder / "volume.pdf").stat().st_size / 2**20
    if as_json:
        taken = {"bound": bound - start, "proved": read_back - bound, "paper": end - read_back}
        print(json.dumps({"pages": pages, **taken, "memory": max(peaks)}), flush=True)
        return
    print(
        f"{plan.pages:5} 页　装订成 PDF/A {bound - start:6.1f} 秒　读回 {read_back - bound:5.1f} 秒　"
        f"打印版 {end - read_back:6.1f} 秒　{size:5.1f} MB　"
        f"内存峰值 {peaks[0]} / {peaks[1]} MiB　{'2b' if not findings else findings[0]}"
    )


def main() -> None:
    """Print the documents, then measure each number of pages in a separate process."""
    words = [word for word in sys.argv[1:] if word != "--json"]
    as_json = sys.argv[1 : len(sys.argv) - len(words)]
    if words[:1] == ["--measure"]:
        measure(Path(words[1]), int(words[2]), bool(as_json))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [write_document(folder / f"{number:02}.docx", number) for number in range(DOCUMENTS)]
        libreoffice.convert_to_pdf([files[::2], files[1::2]], folder / "pdf", fonts.environment(folder))
        for pages in words or ("100", "500", "2000"):
            command = [sys.executable, "-m", "benchmarks.bind", *as_json, "--measure", name, pages]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
