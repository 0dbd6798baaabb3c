"""The exception for values and files that cannot be used."""

import pickle

from paperwork.core.faults import ExitCode, Stop, Unreadable, as_stop


def test_unreadable_keeps_both_fields_when_pickled() -> None:
    copy = pickle.loads(pickle.dumps(Unreadable("看不懂这个日期，也许少了年份", "请写成 2022-05-01 的样子")))
    assert isinstance(copy, Unreadable)
    assert (copy.wrong, copy.mend) == ("看不懂这个日期，也许少了年份", "请写成 2022-05-01 的样子")


def test_unreadable_reads_as_one_sentence() -> None:
    assert str(Unreadable("文件是空的", "请重新扫描或导出")) == "文件是空的，请重新扫描或导出"


def test_unreadable_that_nobody_caught_ends_the_command_with_both_fields() -> None:
    stop = as_stop(Unreadable("“甲”是链接，不是文件", "请换成真正的文件"))
    assert isinstance(stop, Stop)
    assert (stop.code, stop.wrong, stop.mend) == (ExitCode.FAULTY, "“甲”是链接，不是文件", "请换成真正的文件")
