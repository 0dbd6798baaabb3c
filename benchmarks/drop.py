"""How soon a dropped workbook is answered: `python -m benchmarks.drop [ROUNDS]`.

The real page serves the first sample; each round drops its workbook with another cell changed, and waits.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from openpyxl import load_workbook

from tests import make
from tests.browser import serve
from tests.test_web import ask, drop

PROJECT = "/projects/1"


def main(rounds: int) -> None:
    """Drop, wait, tell."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = shutil.copytree(make.ROOT / "inputs", folder / "inputs")
        [path] = inputs.glob("示例/项目1/*.xlsx")
        versions = [changed(path, number) for number in range(rounds)]
        with serve(inputs, folder / "outputs", folder / "said.txt") as desk:
            ask(desk, PROJECT)
            taken = []
            for content in versions:
                begun = perf_counter()
                answer = drop(desk, f"{PROJECT}/files", path.name, content)
                taken.append(perf_counter() - begun)
                assert "核对过了" in answer.words, answer.words
    print(f"{rounds} drops of {len(versions[0]) // 1024} KB: {', '.join(f'{each:.2f}' for each in taken)} s")
    print(f"median {median(taken):.2f} s, longest {max(taken):.2f} s")


def changed(path: Path, number: int) -> bytes:
    """The workbook with one cell changed."""
    book = load_workbook(path)
    book["活动"]["G3"].value = f"第{number}社区"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
