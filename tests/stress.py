"""Write the largest project that one volume must bear: 60 activities, 720 photos, 250 ledger rows, 300 names.

Texts are short and long by turns, so that pages end at every kind of place. All data are invented; the same call
writes the same files.
"""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from paperwork.project import blank_workbook
from tests import make

ACTIVITIES, PHOTOS, ENTRIES, NAMES = 60, 12, 250, 300
START = dt.date(2022, 4, 11)
DAYS_BETWEEN = 4
PHOTO_SIZE = (240, 180)
KINDS = ("培训", "主题活动", "关爱服务")
AUDIENCES = ("社区家庭", "彝族贫困儿童、志愿者", "学生与家长、社区工作者、医院代表")
PLACES = ("示例社区", "自贡市示例公益园多功能厅", "贡井区示例街道示例社区新时代文明实践站二楼活动室")
SENTENCE = "本次活动围绕妇女儿童的实际需要展开，工作人员提前走访了解情况，现场秩序井然，参加者积极发言，气氛热烈。"
SUMMARIES = (
    "付餐费",
    "付第{}次活动物料费",
    "付第{}次活动师资费、志愿者交通餐补和教材印刷费（含税）",
    "付第{}次活动租车费及过路费、住宿费、讲解费、保险费、急救药品购置费，合并报销，附派车单和人员名单各一份",
    "付“家校社医”主题活动物料费、场地布置费、展板制作费、志愿者补贴、专家劳务费、学习用品购置费、午餐费和饮用水费，"
    "按第{}次活动预算列支，票据由经手人和证明人签字后由项目负责人审批",
)
"""Summaries of ledger rows, from one printed line to four."""


def data() -> dict[str, Any]:
    """Return the data of the workbook."""
    return {
        **make.GOOD,
        "活动": [_activity(number) for number in range(1, ACTIVITIES + 1)],
        "督导": [{**each, "督导内容": SENTENCE * 4 * turn} for turn, each in enumerate(make.GOOD["督导"], 1)],
        "支出": [make.GOOD["支出"][0], *(_entry(number) for number in range(2, ENTRIES + 1))],
        "名册": [*make.GOOD["名册"][:5], *(_name(number) for number in range(6, NAMES + 1))],
        "信息报送": [
            {"报送日期": day(number) + dt.timedelta(2), "标题": f"第{number}次活动顺利举行", "类型": "简报"}
            for number in range(1, ACTIVITIES + 1)
        ],
        "结项": {
            **make.GOOD["结项"],
            "实施情况": "\n".join([SENTENCE * 5] * 6),
            "主要成效": "\n".join([SENTENCE * 3] * 7),
        },
    }


def day(number: int) -> dt.date:
    """Return the day of an activity."""
    return START + dt.timedelta((number - 1) * DAYS_BETWEEN)


def _activity(number: int) -> dict[str, Any]:
    paragraphs = [SENTENCE * (1 + (number + each) % 5) for each in range(1 + number % 4)]
    return {
        "活动编号": f"HD-{number:02}",
        "活动名称": f"第{number}次活动" + "，邻里守望、家校同行，把关爱送到孩子身边" * (number % 7 == 0),
        "活动类别": KINDS[number % 3],
        "数量": 1 + number % 3,
        "开始日期": day(number),
        "结束日期": day(number) + dt.timedelta(1) if number % 9 == 0 else None,
        "地点": PLACES[number % 3],
        "参与人数": 20 + number,
        "服务对象": AUDIENCES[number % 3],
        "负责人": "乙试验",
        "活动目的": SENTENCE * (1 + number % 2),
        "活动流程": "\n".join(f"{step}. {SENTENCE[: 6 + 9 * (step % 3)]}" for step in range(1, 4 + number % 6)),
        "安全预案": SENTENCE * (number % 3),
        "简报期号": str(number),
        "简报标题": f"第{number}次活动顺利举行",
        "简报正文": "\n".join(paragraphs),
        "成效与反思": SENTENCE * (number % 2),
    }


def _entry(number: int) -> dict[str, Any]:
    """Return a ledger row; the rows after the first are spread over the activities in order."""
    activity = 1 + (number - 2) * ACTIVITIES // (ENTRIES - 1)
    return {
        "日期": day(activity) + dt.timedelta(1),
        "凭证号": f"记-{number:03}",
        "摘要": SUMMARIES[(number * 7 + number // 3) % len(SUMMARIES)].format(activity),
        "科目": {3: "项目管理费", 7: "审计费"}.get(number % 8, "项目活动费"),
        "支出": 100 + number * 37 % 250 + 0.5 * (number % 2),
        "经手人": "丙试验",
        "活动编号": f"HD-{activity:02}" if number % 4 < 2 else None,
        "票据张数": 1 + number % 5,
    }


def _name(number: int) -> dict[str, Any]:
    kind, sex = ("紫薇伙伴学员", "关爱儿童", "志愿者")[number % 3], "女男"[number % 2]
    return {"类别": kind, "姓名或名称": f"示例{number:03}", "性别": sex, "所属单位": PLACES[number // 7 % 3]}


def write(folder: Path) -> Path:
    """Write the project's workbook, photos and attachments into `folder`/inputs, which is returned."""
    inputs = folder / "inputs"
    beside = inputs / "项目1"
    beside.mkdir(parents=True)
    shutil.copy(make.CATALOGUE, inputs)
    blank_workbook.write_workbook(beside / "项目数据.xlsx", data(), dt.date(2022, 3, 1))
    for activity in range(1, ACTIVITIES + 1):
        for shot in range(1, PHOTOS + 1):
            _photo(beside / "照片" / f"HD-{activity:02}" / f"{shot:02} 现场{shot}.jpg", activity, shot)
    for name, turned in (("评估.pdf", 0), ("审计.pdf", 90)):
        make.scan(beside / "附件" / name, turned)
    return inputs


def _photo(path: Path, activity: int, shot: int) -> None:
    """Draw a small photo that differs from all others: its colour and its bars tell activity and number."""
    image = Image.new("RGB", PHOTO_SIZE, (90 + activity * 2, 120 + shot * 8, 200 - activity))
    pen = ImageDraw.Draw(image)
    for bar in range(shot):
        pen.rectangle((10 + bar * 18, 20, 20 + bar * 18, 20 + activity * 2), fill="white")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "JPEG", quality=60)
