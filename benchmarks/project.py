"""Generate the timed project: 26 Chinese documents, of which 20 show three photos of 1600×1200.

One application, four supervision records, twenty briefs, one closing report of eight pages. All data are invented.
"""

import datetime as dt
import random
import shutil
from pathlib import Path
from typing import Any

from PIL import Image, ImageFilter

from paperwork.project import blank_workbook
from tests import make

ACTIVITIES, PHOTOS, VISITS = 20, 3, 4
FORMS = ("项目申报书", "活动简报", "督导记录表", "项目结项报告")
START = dt.date(2022, 4, 10)
FILLERS = "本次活动围绕妇女儿童的实际需要展开，工作人员提前走访了解情况，现场秩序井然，参加者积极发言，气氛热烈。"


def make_text(count: int) -> str:
    """Return about `count` characters of Chinese prose, in paragraphs."""
    sentence = FILLERS * 4
    return "\n".join(sentence[: min(180, count - start)] for start in range(0, count, 180))


def make_data(activities: int = ACTIVITIES) -> dict[str, Any]:
    """Return the valid project of the tests with so many activities and long texts."""
    one = make.GOOD["活动"][0]
    report = ("项目概述", "实施情况", "主要成效", "经验做法", "存在问题", "改进建议", "可持续计划")
    held = [
        {
            **one,
            "活动编号": f"HD-{number:02}",
            "活动名称": f"第{number}次培训",
            "数量": 1,
            "开始日期": START + dt.timedelta(number * 9),
            "简报期号": str(number),
            "简报标题": f"第{number}次培训顺利举行",
            "简报正文": make_text(400),
            "活动目的": None,
        }
        for number in range(1, activities + 1)
    ]
    visits = [
        {**make.GOOD["督导"][0], "督导编号": f"DD-{number}", "督导日期": dt.date(2022, month, 20)}
        for number, month in enumerate((4, 6, 9, 12), 1)
    ]
    closing = {**make.GOOD["结项"], **{name: make_text(560) for name in report}}
    return {**make.GOOD, "活动": held, "督导": visits, "附件": [], "结项": closing}


def write_photo(path: Path, seed: int) -> None:
    """Write a JPEG of 1600×1200 with the file size of a phone photo: soft shapes and some noise."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (40, 30), bytes(chance.randrange(256) for _ in range(3600)))
    large = small.resize((1600, 1200), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2))
    grain = Image.frombytes("L", (400, 300), chance.randbytes(120_000)).resize((1600, 1200))
    image = Image.composite(large, grain.convert("RGB"), Image.new("L", large.size, 225))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "JPEG", quality=88)


def write(folder: Path, number: int = 1, activities: int = ACTIVITIES, photos: int = PHOTOS) -> Path:
    """Write the project's workbook and photos into `folder`/inputs, which is returned."""
    inputs = folder / "inputs"
    beside = inputs / f"项目{number}"
    beside.mkdir(parents=True)
    shutil.copy(make.CATALOGUE, inputs)
    content = make_data(activities)
    content["基本信息"] = {**content["基本信息"], "项目序号": number}
    blank_workbook.write_workbook(beside / "项目数据.xlsx", content, dt.date(2022, 3, 1))
    for activity in range(1, activities + 1):
        for shot in range(1, photos + 1):
            write_photo(beside / "照片" / f"HD-{activity:02}" / f"{shot} 现场.jpg", activity * 10 + shot)
    return inputs
