"""Tables of a .doc that ends with one, which LibreOffice loses."""

import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from paperwork.formats.office import word97
from paperwork.project.catalogue import published
from tests import make
from tests.word_files import HEADERS, cell, paragraph, project, row, table, write_word

DOC = (make.ROOT / "tests" / "data" / "catalogues" / "c25" / "目录.doc").read_bytes()


def test_last_table_of_a_file_is_read_with_its_empty_and_merged_cells(tmp_path: Path) -> None:
    total = row(cell("合计", '<w:gridSpan w:val="8"/>'), "10", "")
    clauses = cell(paragraph("1.甲。") + paragraph("2.乙。"))
    bodies = {
        "a": table(row(*HEADERS), row(*project(1)), row(*project(2, 服务对象="")), total),
        "b": table(row(*HEADERS), row(*project(1))) + paragraph("第二部分") + table(row(*HEADERS), row(*project(2))),
        "c": table(row(*HEADERS), row(*project(1)[:-1], clauses), row(*project(2))),
    }
    files = [str(write_word(tmp_path / f"{name}.docx", paragraph("目录") + body)) for name, body in bodies.items()]
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to"]
    subprocess.run(
        [*command, "doc:MS Word 97", "--outdir", str(tmp_path), *files], check=True, capture_output=True, timeout=120
    )
    read = {name: published.read_catalogue(tmp_path / f"{name}.doc", "") for name in bodies}
    assert [(list(each.entries), each.faults) for each in read.values()] == [([1, 2], ())] * 3
    assert read["a"].entries[2].audience == ""
    assert read["c"].entries[1].requirements == "1.甲。\n2.乙。"


def test_tables_of_a_file_are_returned_as_rows() -> None:
    [[names, values]] = word97.read_tables(DOC) or []
    assert (names[0], names[-1], values[:2]) == ("项目序号", "相关要求", ["1", "办公室"])


@given(st.lists(st.tuples(st.integers(0, len(DOC) - 1), st.integers(0, 255)), max_size=40), st.integers(0, len(DOC)))
def test_damaged_file_is_read_or_has_no_tables(changes: list[tuple[int, int]], length: int) -> None:
    content = bytearray(DOC)
    for place, value in changes:
        content[place] = value
    for damaged in (bytes(content), DOC[:length]):
        found = word97.read_tables(damaged)
        assert found is None or all(rows for rows in found)
