"""The largest project that one volume must bear, looked at as a printer does: page numbers, and pages with too little.

The archive is built once for all tests here.
"""

from collections import Counter
from pathlib import Path

import pypdfium2
import pytest
from pypdf import PdfReader

from paperwork.build.project import BuildResult
from paperwork.volume.binder import VOLUME
from tests import stress
from tests.conftest import bind
from tests.readback import printed_number

LEAST_HEIGHT = 28
"""Millimetres from the first to the last ink of a page's body. A header row and one row of a table are lower, and so is
a closing line with its rules; two rows with a header are higher."""
FOOT = 25
"""Millimetres at the foot of a page that hold its number and the sample mark."""
MILLIMETRE = 72 / 25.4


@pytest.fixture(scope="module")
def largest(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build the archive of the stress project."""
    folder = tmp_path_factory.mktemp("stress")
    return bind(stress.write(folder), folder / "outputs")


def body_height(page: pypdfium2.PdfPage) -> float:
    """Return the millimetres between the highest and the lowest text, line or picture above the foot of a page."""
    boxes = [each.get_bounds() for each in page.get_objects()]
    inside = [box for box in boxes if box[3] > FOOT * MILLIMETRE and box[3] - box[1] < 0.9 * page.get_height()]
    if not inside:
        return 0
    top, bottom = max(box[3] for box in inside), min(box[1] for box in inside)
    return float(top - max(bottom, FOOT * MILLIMETRE)) / MILLIMETRE


def numbered_pages(path: Path) -> list[tuple[str, pypdfium2.PdfPage]]:
    """Return the pages of a volume that have a number, with their labels."""
    labels = PdfReader(path).page_labels
    pairs = zip(labels, pypdfium2.PdfDocument(path), strict=True)
    return [(label, page) for label, page in pairs if label.isdigit()]


def test_stress_project_is_bound_whole_with_continuous_numbers(largest: BuildResult) -> None:
    reader = PdfReader(largest.folder / VOLUME)
    printed = [printed_number(reader, place) for place, label in enumerate(reader.page_labels) if label.isdigit()]
    assert printed == [str(number) for number in range(1, largest.pages + 1)]
    words = "".join(
        "".join(page.get_textpage().get_text_bounded().split()) for _, page in numbered_pages(largest.folder / VOLUME)
    )
    vouchers = Counter(f"记-{number:03}" in words for number in range(1, stress.ENTRIES + 1))
    names = Counter(f"示例{number:03}" in words for number in range(6, stress.NAMES + 1))
    assert (vouchers, names) == (Counter({True: stress.ENTRIES}), Counter({True: stress.NAMES - 5}))
    assert all(f"第{number}次活动顺利举行" in words for number in range(1, stress.ACTIVITIES + 1))


def test_no_page_of_the_stress_project_holds_one_row_or_a_closing_line_only(largest: BuildResult) -> None:
    scans = {
        str(number) for number, page in numbered_pages(largest.folder / VOLUME) if not page.get_textpage().count_chars()
    }
    low = {
        label: round(height)
        for label, page in numbered_pages(largest.folder / VOLUME)
        if label not in scans and (height := body_height(page)) < LEAST_HEIGHT
    }
    assert low == {}
