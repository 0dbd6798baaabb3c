"""Measure the check of a large workbook: `.venv/bin/python -m benchmarks.check [--json] [activities] [payments]`.

Prints the seconds of each step and the peak memory. The workbook is generated in a temporary folder.
"""

import datetime as dt
import json
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from paperwork.checks import check
from paperwork.checks.requirements import verdicts
from paperwork.checks.rules import registry
from paperwork.project import blank_workbook, input_folder, workbook
from tests import make

FIRST = dt.date(2022, 4, 10)


def make_data(activities: int, payments: int) -> dict[str, Any]:
    """Return the valid project of the tests with so many activities and payments."""
    data = dict(make.GOOD)
    one, pay = data["活动"][0], data["支出"][1]
    data["活动"] = [
        {
            **one,
            "活动编号": f"HD-{number:04}",
            "活动名称": f"第{number}次培训",
            "简报期号": str(number),
            "数量": 1,
            "开始日期": FIRST + dt.timedelta(number * 240 // activities),
        }
        for number in range(1, activities + 1)
    ]
    data["支出"] = [
        data["支出"][0],
        *(
            {**pay, "日期": FIRST + dt.timedelta(number * 240 // payments), "凭证号": f"记-{number + 2:04}", "支出": 10}
            for number in range(payments - 1)
        ),
    ]
    return data


def main() -> None:
    """Time reading, rules, clauses and the marked copy."""
    words = [word for word in sys.argv[1:] if word != "--json"]
    activities, payments = (int(word) for word in (words or ("1000", "5000")))
    with tempfile.TemporaryDirectory() as folder:
        inputs = make.write_only(Path(folder))
        path = inputs / "项目1" / "项目数据.xlsx"
        blank_workbook.write_workbook(path, make_data(activities, payments), dt.date(2022, 3, 1))
        size = path.stat().st_size / 1024
        start = perf_counter()
        found = input_folder.scan_inputs(inputs)
        project, faults = workbook.read_project(found, 1)
        assert project is not None
        after_read = perf_counter()
        broken = registry.apply_rules(project)
        after_rules = perf_counter()
        answers = verdicts.judge_clauses(project, make.LATER)
        gaps = verdicts.list_gaps(answers)
        after_verdicts = perf_counter()
        checked = check.examine(1, inputs, make.LATER)
        check.write_marked_copy(checked, checked.faults, Path(folder))
        end = perf_counter()
    if "--json" in sys.argv:
        taken = {"read": after_read - start, "rules": after_rules - after_read, "clauses": after_verdicts - after_rules}
        print(json.dumps({**taken, "whole": end - after_verdicts}))
        return
    print(f"{activities} 次活动，{payments} 笔收支，工作簿 {size:.0f} KB")
    print(f"读取 {after_read - start:.1f} 秒　规则 {after_rules - after_read:.2f} 秒")
    print(f"条款 {after_verdicts - after_rules:.2f} 秒")
    print(f"整个校验连同标记副本 {end - after_verdicts:.1f} 秒；{len(faults) + len(broken) + len(gaps)} 条问题")
    print(f"内存峰值 {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
