"""A valid project in code. `make(folder, 活动=[{"地点": ""}])` writes the same project with only that cell changed."""

import datetime as dt
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pikepdf
from PIL import Image

from paperwork.formats.spreadsheets import writer
from paperwork.project import blank_workbook
from paperwork.project.funder import read_funder

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
CATALOGUE = ROOT / "inputs" / "项目发布目录.docx"

FUNDER = read_funder(TEMPLATES)
LATER = dt.date(2026, 1, 1)
"""A day on which everything is due."""

GOOD: dict[str, Any] = {
    "基本信息": {
        "项目序号": 1,
        "项目名称": "《盐都“紫薇伙伴”项目》",
        "申报日期": dt.date(2022, 3, 20),
        "承接单位": "自贡市试验社会工作服务中心",
        "单位类型": "社会组织",
        "统一社会信用代码": "52510300MJY000001A",
        "法定代表人": "甲试验",
        "项目负责人": "乙试验",
        "联系电话": "13800000001",
        "幸福使者平台成员": "是",
        "建立妇女组织": "是",
        "全职社工人数": 3,
        "同类项目经验": "2021年承办过培训项目。",
        "全宗号": "X013",
        "档案门类代码": "ZY",
        "年度": 2022,
        "保管期限": "30年",
        "机构（问题）": "组联部",
        "立卷人": "乙试验",
        "检查人": "丙试验",
        "立卷日期": dt.date(2022, 12, 30),
        "示例": "是",
    },
    "申报内容": {
        name: f"{name}的第一段。\n{name}的第二段。"
        for name in ("项目背景", "需求分析", "实施方案", "进度安排", "预期成效", "创新点", "风险与应对", "团队介绍")
    },
    "绩效目标": [
        {
            "编号": "MB-1",
            "指标": "开展妇儿社会工作专题培训15课时",
            "目标值": 15,
            "单位": "课时",
            "统计方式": "活动数量",
            "统计口径": "培训",
        },
        {
            "编号": "MB-2",
            "指标": "培育新伙伴社会组织5支",
            "目标值": 5,
            "单位": "支",
            "统计方式": "名册人数",
            "统计口径": "培育组织",
        },
        *(
            {
                "编号": f"MB-{number}",
                "指标": words,
                "目标值": count,
                "单位": unit,
                "统计方式": "人工填写",
                "人工完成值": count,
            }
            for number, (words, count, unit) in enumerate(
                (
                    ("市外妇儿社工项目参访1次", 1, "次"),
                    ("妇儿小微项目发布5个", 5, "个"),
                    ("彝族贫困儿童定点关爱服务4场", 4, "场"),
                    ("开展主题活动10场", 10, "场"),
                    ("举办授牌仪式1场", 1, "场"),
                    ("遴选紫薇伙伴学员20人", 20, "人"),
                    ("定点关爱彝族贫困儿童47名", 47, "名"),
                ),
                3,
            )
        ),
    ],
    "预算": [
        {"科目": "项目活动费", "内容": "培训", "单价": 70000, "数量": 1, "单位": "项", "金额": 70000},
        {"科目": "项目管理费", "内容": "办公", "单价": 1250, "数量": 8, "单位": "月", "金额": 10000},
        {"科目": "审计费", "内容": "审计", "单价": 20000, "数量": 1, "单位": "项", "金额": 20000},
    ],
    "活动": [
        {
            "活动编号": f"HD-0{number}",
            "活动名称": f"第{number}次培训",
            "活动类别": "培训",
            "数量": 9 - number,
            "开始日期": dt.date(2022, 4 + number, 6),
            "地点": "示例社区",
            "参与人数": 20,
            "负责人": "乙试验",
            "活动目的": "提高能力。",
            "活动流程": "1.签到\n2.授课",
            "简报期号": str(number),
            "简报标题": f"第{number}次培训顺利举行",
            "简报正文": "第一段。\n第二段。",
        }
        for number in (1, 2)
    ],
    "督导": [
        {
            "督导编号": f"DD-{number}",
            "督导日期": dt.date(2022, month, 20),
            "督导部室": "组联部",
            "督导人": "丁试验",
            "督导内容": "查看台账。",
        }
        for number, month in enumerate((6, 9, 12), 1)
    ],
    "进展": [
        {
            "期次": f"2022年第{word}季度",
            "报送日期": dt.date(2022, month, 28),
            "完成工作": "按计划推进。",
            "下一步计划": "继续推进。",
        }
        for word, month in (("二", 6), ("三", 9), ("四", 12))
    ],
    "信息报送": [{"报送日期": dt.date(2022, 5, 8), "标题": "第1次培训", "类型": "信息"}],
    "支出": [
        {"日期": dt.date(2022, 4, 10), "凭证号": "记-001", "摘要": "拨款", "科目": "项目拨款", "收入": 100000},
        {"日期": dt.date(2022, 5, 7), "凭证号": "记-002", "摘要": "培训费", "科目": "项目活动费", "支出": 65000},
    ],
    "名册": [
        {"类别": "培育组织", "姓名或名称": "示例组织", "联系电话": "13800000002", "证件号码": "510399199001010016"},
        *({"类别": "培育组织", "姓名或名称": f"示例组织{word}"} for word in "二三四五"),
    ],
    "附件": [
        {"类型": "第三方绩效评估报告", "题名": "绩效评估报告", "文件": "评估.pdf", "责任者": "示例评估所"},
        {"类型": "专项资金审计报告", "题名": "专项审计报告", "文件": "审计.pdf", "责任者": "示例会计师事务所"},
    ],
    "确认": [
        {"条款": clause, "事项": matter, "结论": "满足", "确认人": "丁试验", "日期": dt.date(2022, 12, 20)}
        for clause, matter in ((1, "有运营平台培训类项目的经验"), (3, "活动设计有创新理念，主题突出"))
    ],
    "结项": {
        **{
            name: f"{name}。"
            for name in ("项目概述", "实施情况", "主要成效", "经验做法", "存在问题", "改进建议", "可持续计划")
        },
        "结项日期": dt.date(2022, 12, 28),
    },
}


def changed(**changes: Any) -> dict[str, Any]:
    """Return the good project's data with some cells changed.

    A dict changes a keyed sheet, a list of dicts the first rows of a table; None empties a table.
    """
    data = dict(GOOD)
    for sheet, change in changes.items():
        if change is None:
            data[sheet] = []
        elif isinstance(change, Mapping):
            data[sheet] = {**GOOD.get(sheet, {}), **change}
        else:
            rows = [dict(row) for row in GOOD.get(sheet, [])]
            rows += [{} for _ in change[len(rows) :]]
            data[sheet] = [{**row, **(change[place] if place < len(change) else {})} for place, row in enumerate(rows)]
    return data


def make(folder: Path, **changes: Any) -> Path:
    """Write an inputs folder with the catalogue, the workbook, photos, a video for each activity, outside reports."""
    inputs = folder / "inputs"
    project = inputs / "项目1"
    project.mkdir(parents=True)
    shutil.copy(CATALOGUE, inputs)
    blank_workbook.write_workbook(project / "项目数据.xlsx", changed(**changes), dt.date(2022, 3, 1))
    for number in (1, 2):
        for shot in (1, 2):
            photo(project / "照片" / f"HD-0{number}" / f"0{shot} 现场.jpg", (number * 80, shot * 80, 120))
        video(project / "视频" / f"HD-0{number}" / "小视频.mp4")
    for name, turned in (("评估.pdf", 0), ("审计.pdf", 90)):
        scan(project / "附件" / name, turned)
    return inputs


def write_only(folder: Path, **changes: Any) -> Path:
    """Write an inputs folder with the catalogue and the workbook, and no attachments."""
    inputs = folder / "inputs"
    (inputs / "项目1").mkdir(parents=True)
    shutil.copy(CATALOGUE, inputs)
    blank_workbook.write_workbook(inputs / "项目1" / "项目数据.xlsx", changed(**changes), dt.date(2022, 3, 1))
    return inputs


def many(folder: Path, count: int, **changes: Any) -> Path:
    """Write an inputs folder with a catalogue of `count` minimal projects, each with one attachment."""
    inputs = folder / "inputs"
    inputs.mkdir(parents=True)
    headers = (
        "项目序号",
        "牵头部室",
        "项目名称",
        "项目目标",
        "项目内容",
        "服务对象",
        "项目承接主体",
        "实施周期",
        "项目金额（万元）",
        "相关要求",
    )
    common = ("组联部", "", "", "培训", "妇女", "社会组织", "2022年4月—12月", 10, "")
    rows = [[number, common[0], f"“试验{number}号”项目", *common[2:]] for number in range(1, count + 1)]
    writer.write_atomically(inputs / "项目发布目录.xlsx", writer.build_plain_workbook([("目录", [headers, *rows])]))
    empty = dict.fromkeys((*GOOD, "确认"))
    for number in range(1, count + 1):
        project = inputs / f"项目{number}"
        basics = {"项目序号": number, "项目名称": f"“试验{number}号”项目"}
        kept = {"基本信息": basics, "申报内容": {}, "结项": {}, "附件": [{}, {}], **changes}
        data = changed(**{**empty, **kept})
        data["附件"] = data["附件"][:1]
        scan(project / "附件" / "评估.pdf", 90)
        blank_workbook.write_workbook(project / "项目数据.xlsx", data, dt.date(2022, 3, 1))
    return inputs


def forms(folder: Path, wanted: Sequence[str]) -> Path:
    """Copy the templates to `folder`/templates, declaring only the wanted forms."""
    templates = folder / "templates"
    shutil.copytree(ROOT / "templates", templates)
    declared = (templates / "forms.toml").read_text("utf-8").split("[[form]]\n")[1:]
    kept = [each for each in declared if any(f'template = "{name}"\n' in each for name in wanted)]
    (templates / "forms.toml").write_text("".join("[[form]]\n" + each for each in kept), "utf-8")
    return templates


def photo(path: Path, colour: tuple[int, int, int] = (200, 60, 60), size: tuple[int, int] = (400, 300)) -> Path:
    """Write a real JPEG of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, "JPEG")
    return path


def video(path: Path, seconds: int = 2) -> Path:
    """Write a real H.264 video."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(seconds * 5):
            frame = av.VideoFrame.from_image(Image.new("RGB", (160, 90), (number * 20 % 256, 80, 80)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def scan(path: Path, turned: int = 0, pages: int = 2) -> Path:
    """Write a PDF of pages with a grey block; `turned` is the last page's /Rotate."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=(595, 842))
        pdf.pages[-1].contents_add(b"0.8 g 100 100 200 300 re f")
    pdf.pages[-1].rotate(turned, relative=False)
    pdf.save(path)
    return path
