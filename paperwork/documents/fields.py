"""Define the data that templates may use besides the worksheets, and the full set of field names of a template.

The steps that fill templates create these records. The check of templates looks up the valid field names here.
"""

import datetime as dt
from collections.abc import Mapping
from types import NoneType
from typing import Any, get_args

from pydantic import Field

from paperwork.core import values
from paperwork.core.dates import Quarter
from paperwork.documents.declarations import Form
from paperwork.project import figures
from paperwork.project.model import Application, Attachment, Basics, CatalogueEntry, Closing, sheets
from paperwork.project.record import Record

PHOTOS, VIDEOS, REPORT_PHOTOS = "照片行", "视频", "精选照片行"
PHOTO_PAGES, SOLE_PHOTOS = "照片页行", "无简报照片行"
"""Fields that show photos and videos. A document shows these files if its template uses the field."""


class Photo(Record):
    """A photo ready for printing, with its caption."""

    picture: object = Field(alias="图")
    caption: str = Field(alias="说明")


class PhotoRow(Record):
    """A row of two or three photos. With two columns there is no middle one, and the right one may be missing."""

    left: Photo = Field(alias="左")
    middle: Photo | None = Field(None, alias="中")
    right: Photo | None = Field(None, alias="右")


class Frame(Record):
    """A frame of a video, with its time in the video."""

    picture: object = Field(alias="图")
    moment: str = Field(alias="时刻")


class Video(Record):
    """The data of a video on 视频登记页."""

    name: str = Field(alias="文件名")
    length: str = Field(alias="时长")
    size: str = Field(alias="大小")
    shape: str = Field(alias="画面")
    digest: str = Field(alias="校验码")
    frames: tuple[Frame, ...] = Field(alias="帧")
    code: object = Field(alias="二维码")
    author: str = Field("", alias="拍摄者")
    content: str = Field("", alias="内容")

    def described(self, author: str, content: str) -> "Video":
        """Return it with what 照片说明 tells of the film."""
        return self.model_copy(update={"author": author, "content": content})


class ActivityFields(Record):
    """Data for a form of an activity, besides the row."""

    days: str = Field(alias="起止日期")
    end: dt.date = Field(alias="结束日期")
    photos: tuple[PhotoRow, ...] = Field(alias=PHOTOS)
    videos: tuple[Video, ...] = Field(alias=VIDEOS)
    photo_pages: tuple[PhotoRow, ...] = Field(alias=PHOTO_PAGES)
    """The bound photos that stand on photo pages behind the brief."""
    sole_photos: tuple[PhotoRow, ...] = Field(alias=SOLE_PHOTOS)
    """The bound photos of an activity without a brief."""
    brief_start: str = Field(alias="简报前段")
    """The text of the brief but for its last paragraph, which the template keeps with what follows it."""
    brief_end: str = Field(alias="简报末段")
    photos_in_brief: int = Field(alias="简报照片数")
    bound_photos: int = Field(alias="入册照片数")
    other_photos: int = Field(alias="未入册照片数")
    shared_caption: str = Field(alias="照片共同说明")
    """What is the same for all photos besides time, place and people, for example 摄影：张三."""
    unit: str = Field(alias="数量单位")
    """Unit of 数量, from the goal that counts this kind of activity; empty if there is none."""
    reported_to: str = Field(alias="简报主报")


class SupervisionFields(Record):
    """Data for a supervision record, besides the row."""

    quarter: Quarter = Field(alias="季度")


class AttachmentFields(Record):
    """Data for 附件隔页, the divider page before an attachment, besides the row."""

    pages: int = Field(alias="页数")
    notes: str = Field("", alias="附件说明")


class GeneralFields(Record):
    """Data for every form, besides the worksheets."""

    name: str = Field(alias="项目名称")
    start: dt.date = Field(alias="周期开始")
    end: dt.date = Field(alias="周期结束")
    sample: str = Field(alias="示例标记")
    fonds: str = Field(alias="全宗名称")
    last_activity: dt.date = Field(alias="末次活动日")
    """Last day of the last activity: a list such as 名册, kept while there were activities, is closed on it.

    The archive's date if there are no activities.
    """
    photos: tuple[PhotoRow, ...] = Field(alias=REPORT_PHOTOS)
    attached: tuple[Attachment, ...] = Field(alias="附件清单")
    """The outside documents that are bound: the rows of 附件 whose file opens."""


class ContentsLine(Record):
    """A row of 卷内目录 (GB/T 9705-2008: 顺序号、文号、责任者、题名、日期、页号、备注)."""

    number: int = Field(alias="顺序号")
    reference: str = Field(alias="文号")
    responsible: str = Field(alias="责任者")
    title: object = Field(alias="题名")
    date: str = Field(alias="日期")
    pages: str = Field(alias="页号")
    remark: str = Field(alias="备注")


class EvidenceLine(Record):
    """Evidence of an obligation: a document or a kind of document, and the pages that prove it."""

    name: str = Field(alias="名称")
    pages: tuple[object, ...] = Field(alias="页号")
    book: str = Field("", alias="册")
    """The 册 of the pages, such as 第2册, if they lie in another 册 of the paper edition than the table."""


class ObligationLine(Record):
    """A row of 要求对照表."""

    matter: str = Field(alias="事项")
    verdict: str = Field(alias="结论")
    evidence: tuple[EvidenceLine, ...] = Field(alias="凭据")
    missing: str = Field(alias="还缺")


class ClauseLine(Record):
    """A clause of 要求对照表, verbatim, with its rows."""

    number: str = Field(alias="条号")
    text: str = Field(alias="原文")
    verdict: str = Field(alias="结论")
    obligations: tuple[ObligationLine, ...] = Field(alias="要求")


class LackLine(Record):
    """A row of 待补材料清单."""

    number: int = Field(alias="序号")
    what: str = Field(alias="缺什么")
    asked_by: str = Field(alias="依据")
    owner: str = Field(alias="由谁补")
    due: dt.date = Field(alias="应有日期")
    is_not_due: bool = Field(alias="未到期")
    mend: str = Field(alias="怎么补")


class VerdictFields(Record):
    """Data for 要求对照表 and 待补材料清单."""

    as_of: dt.date = Field(alias="核对日期")
    clauses: tuple[ClauseLine, ...] = Field(alias="条款对照")
    lacks: tuple[LackLine, ...] = Field(alias="待补材料")
    count: int = Field(alias="事项数")
    met: int = Field(alias="已满足数")
    confirmed: int = Field(alias="已确认数")
    unmet: int = Field(alias="未满足数")
    waiting: int = Field(alias="待确认数")
    person: int = Field(alias="人工确认数")
    """The same number under its older name, for templates that staff have changed."""
    unchecked: int = Field(alias="未核对数")
    later: int = Field(alias="未到期数")
    missing: int = Field(alias="待补数")
    not_due: int = Field(alias="待补未到期数")


class VolumeFields(Record):
    """Data for the volume's own pages: cover, contents, 备考表."""

    title: str = Field(alias="案卷题名")
    fonds: str = Field(alias="全宗名称")
    compiler: str = Field(alias="立卷单位")
    compiled: str = Field("", alias="立卷日期")
    """Empty: the line stays blank for 立卷人."""
    span: str = Field(alias="起止日期")
    secrecy: str = Field(alias="密级")
    code: str = Field(alias="档号")
    items: int = Field(alias="件数")
    pages: int = Field(alias="页数")
    bound_photos: int = Field(0, alias="装订照片数")
    registered_videos: int = Field(0, alias="登记视频数")
    state: str = Field(alias="状态")
    contents: tuple[ContentsLine, ...] = Field(alias="卷内文件")
    remarks: str = Field(alias="本卷情况说明")
    book: int = Field(1, alias="册号")
    books: int = Field(1, alias="册数")


class SectionLine(Record):
    """A row of 隔页: an item of the section, with the number on its first page."""

    title: str = Field(alias="题名")
    page: str = Field(alias="页号")


class TabLine(Record):
    """A tab at the edge of 隔页, one for each section; only the tab of the page's own section shows its name."""

    name: str = Field(alias="名称")
    is_own: bool = Field(alias="本部分")


class SectionFields(Record):
    """Data for 隔页, the divider page before a section of the paper edition, besides `VolumeFigures`."""

    name: str = Field(alias="部分")
    number: int = Field(alias="部分序号")
    count: int = Field(alias="部分数")
    items: tuple[SectionLine, ...] = Field(alias="部分文件")
    tabs: tuple[TabLine, ...] = Field((), alias="标签格")
    """If left out, those of `tabs_of` are used."""

    def template_values(self) -> dict[str, Any]:
        """Return its data for templates, with the tabs of `tabs_of` if none were given."""
        own = self if self.tabs else self.model_copy(update={"tabs": section_tabs(self.name, self.number, self.count)})
        return super(SectionFields, own).template_values()


class BookLine(Record):
    """A row of 打印说明: one 册, or several that follow each other."""

    number: str = Field(alias="册号")
    file: str = Field(alias="文件")
    sheets: str = Field(alias="张数")
    pages: str = Field(alias="页号起止")
    folded: str = Field(alias="A3张数")
    box: str = Field(alias="盒号")
    thickness: str = Field(alias="厚度")
    """For example 19.6 毫米."""


class PrintFields(Record):
    """Data for 打印说明, besides `VolumeFigures`."""

    books: tuple[BookLine, ...] = Field(alias="册")
    corner: str = Field(alias="页号位置")
    """For example 正面右下角、背面左下角."""
    folded: str = Field(alias="A3页号")
    """The page numbers on A3, for example 12、57—60; empty if there are none."""


class SigninSheet(Record):
    """One sheet of 签到表: an activity and the numbers of its rows."""

    code: str = Field(alias="活动编号")
    name: str = Field(alias="活动名称")
    days: str = Field(alias="时间")
    location: str = Field(alias="地点")
    manager: str = Field(alias="负责人")
    numbers: tuple[int, ...] = Field(alias="序号")
    number: int = Field(alias="张号")
    count: int = Field(alias="张数")
    """Sheets of the activity."""


class SigninFields(Record):
    """Data for 签到表, which is printed and signed and no part of a volume."""

    name: str = Field(alias="项目名称")
    contractor: str = Field(alias="承接单位")
    sample: str = Field(alias="示例标记")
    sheets: tuple[SigninSheet, ...] = Field(alias="签到表")


MAX_TABS = 8
"""Tabs that fit along the edge of one page."""
DIVIDER, PRINTING = "隔页", "打印说明"
PAPER_EDITION_PAGES = (DIVIDER, PRINTING)
"""The pages that only the paper edition has."""
SIGN_IN = "签到表"


def section_tabs(section: str, number: int, count: int) -> tuple[TabLine, ...]:
    """Return the tabs at the edge of a divider page. Sections count from 1; each section's tab is one step lower."""
    numbers = range(1, count + 1)
    # After MOST_TABS sections the tabs begin again at the top.
    start = (number - 1) // MAX_TABS * MAX_TABS
    return tuple(TabLine(name=section, is_own=each == number) for each in numbers[start : start + MAX_TABS])


ROW_FIELDS: dict[str, type[Record]] = {
    "活动": ActivityFields,
    "督导": SupervisionFields,
    "进展": figures.QuarterFigures,
    "附件": AttachmentFields,
}
"""The additional data of a form for each row of a worksheet."""


def known_fields(base: Mapping[str, Any], form: Form | None) -> set[str]:
    """Return every dotted path that a template may use: for a form, or (None) for the volume's own pages."""
    known = _walk(base)
    kinds: tuple[type[Record], ...] = (CatalogueEntry, Basics, Application, Closing, figures.Figures, GeneralFields)
    for kind in kinds:
        known |= _paths(kind, "")
    for title, kind in sheets().items():
        known |= _paths(kind, f"{title}.")
    if form is None:
        own: tuple[type[Record], ...] = (VolumeFields, VerdictFields, SectionFields, PrintFields, SigninFields)
        return known.union(*(_paths(kind, "") for kind in own))
    if form.each:
        # `fill` adds 人数 to the rows that a form groups by a column.
        known |= _paths(sheets()[form.each], "") | {"人数"}
        known |= _paths(ROW_FIELDS[form.each], "") if form.each in ROW_FIELDS else set()
        known |= _walk(base[form.each])
    return known


def _paths(kind: type[Record], prefix: str) -> set[str]:
    """Return the dotted paths of a record class, including records inside it."""
    found = set()
    for name, each in kind.fields().items():
        path = prefix + values.template_name(each.alias or name)
        found.add(path)
        for inner in (each.annotation, *get_args(each.annotation)):
            if isinstance(inner, type) and inner is not NoneType and issubclass(inner, Record):
                found |= _paths(inner, f"{path}.")
    return found


def _walk(value: Any, prefix: str = "") -> set[str]:
    """Return the dotted paths of data, including columns that the program does not know."""
    if isinstance(value, Mapping):
        return {prefix + key for key in value} | {
            path for key, inner in value.items() for path in _walk(inner, f"{prefix}{key}.")
        }
    if isinstance(value, list):
        return {path for inner in value for path in _walk(inner, prefix)}
    return set()
