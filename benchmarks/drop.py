"""Measure the response time of an uploaded workbook: `python -m benchmarks.drop [ROUNDS]`.

The real server runs with the first sample. Each round uploads its workbook with another cell changed, and waits for the
answer.
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
from tests.app.web.test_views import ask, drop
from tests.browser import serve

PROJECT = "/projects/1"


def main(rounds: int) -> None:
    """Upload, wait, print the times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = shutil.copytree(make.ROOT / "inputs", folder / "inputs")
        [path] = inputs.glob("示例/项目1/*.xlsx")
        versions = [changed(path, number) for number in range(rounds)]
        with serve(inputs, folder / "outputs", folder / "said.txt") as desk:
            ask(desk, PROJECT)
            seconds = []
            for content in versions:
                start = perf_counter()
                answer = drop(desk, f"{PROJECT}/files", path.name, content)
                seconds.append(perf_counter() - start)
                assert "核对过了" in answer.words, answer.words
    print(f"{rounds} drops of {len(versions[0]) // 1024} KB: {', '.join(f'{each:.2f}' for each in seconds)} s")
    print(f"median {median(seconds):.2f} s, longest {max(seconds):.2f} s")


def changed(path: Path, number: int) -> bytes:
    """Return the workbook with one cell changed, as bytes."""
    workbook = load_workbook(path)
    workbook["活动"]["G3"].value = f"第{number}社区"
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
