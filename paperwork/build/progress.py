"""Steps of a build, and the receiver of its progress."""

from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """Steps of a build, in order; the values are the words that staff read."""

    CHECK = "读取并校验表格"
    FILL = "填写 Word 文档"
    PRINT = "转成 PDF"
    PLAN = "编页、编目、对照要求"
    BIND = "装订成卷、排打印版"
    PACK = "打成电子档案包"


class ProgressListener(Protocol):
    """Receiver of a build's progress."""

    def step(self, name: Step, total: int = 0) -> None:
        """Begin a step with so many documents; 0: the step does not count any."""

    def advance(self) -> None:
        """Count one more document of the step as done."""
