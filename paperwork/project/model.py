"""Data model of a project: one record class per worksheet, and `Project`, which holds them all.

The model is the glossary. Code uses a field's English name. Worksheets, Word tags and faults use its alias, the Chinese
header. The blank workbook shows its description. A new worksheet is one class and one field in `Project`.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PrivateAttr

from paperwork.core import dates, filenames
from paperwork.core.dates import Period
from paperwork.core.faults import Where
from paperwork.core.values import PublishedMoney
from paperwork.formats import opening
from paperwork.project import folders
from paperwork.project.funder import NO_FUNDER, Funder
from paperwork.project.record import (
    OPTIONAL,
    REQUIRED_LATER,
    Choice,
    Code,
    Count,
    CreditCode,
    Day,
    Digits,
    InQuarter,
    Number,
    NumberOrCode,
    PersonalNumber,
    PersonalPhone,
    Phone,
    Record,
    SheetSet,
    TenThousandYuan,
    Text,
    Title,
    YesNo,
    Yuan,
    strip_remark,
)

SEPARATORS = re.compile("[、，,；;\n]")
"""What staff put between several file names in one cell."""


UNDATED = Period(dt.date(2999, 1, 1), dt.date(2999, 12, 31))
"""Period of a project while the day from which it counts is not known. It lies so late that nothing is due."""


def _check_period(words: str) -> str:
    """Return the text unchanged. Raises `Unreadable` if it cannot be read as a period."""
    # The text is kept, not the parsed period: forms and messages print the period as published.
    dates.as_term(words)
    return words


class CatalogueEntry(Record):
    """One row of 项目发布目录: a project as published."""

    number: NumberOrCode = Field(alias="项目序号")
    department: Text = Field("", alias="牵头部室")
    name: Text = Field(alias="项目名称")
    goals: Text = Field("", alias="项目目标")
    content: Text = Field("", alias="项目内容")
    audience: Text = Field("", alias="服务对象")
    contractor: Text = Field("", alias="项目承接主体")
    period: Annotated[Text, AfterValidator(_check_period)] = Field(alias="实施周期")
    amount: TenThousandYuan = Field(alias="项目金额（万元）")
    requirements: Text = Field("", alias="相关要求")

    _signed: dt.date | None = PrivateAttr(default=None)

    @property
    def is_dated(self) -> bool:
        """Return True if the first day is known; else `span` is `UNDATED` until the workbook gives 协议签订日期."""
        return self._signed is not None or isinstance(dates.as_term(self.period), Period)

    @property
    def span(self) -> Period:
        """Return the period as its first and last day."""
        term = dates.as_term(self.period)
        if isinstance(term, Period):
            return term
        return term.beginning(self._signed) if self._signed else UNDATED

    @property
    def months(self) -> int:
        """Return the length of the period in calendar months; one that is begun counts as whole."""
        term = dates.as_term(self.period)
        if isinstance(term, dates.Term) and term.months:
            return term.months
        return (self.span.end.year - self.span.start.year) * 12 + self.span.end.month - self.span.start.month + 1

    @property
    def is_ceiling(self) -> bool:
        """Return True if the amount is published as the most that the project may cost."""
        return isinstance(self.amount, PublishedMoney) and self.amount.is_ceiling

    def signed_on(self, day: dt.date) -> "CatalogueEntry":
        """Return the entry with its period counted from the day on which the agreement was signed.

        Raises `Unreadable` if the period ends before that day.
        """
        dated = self.model_copy()
        dated._signed = day
        assert dated.span
        return dated


class Basics(Record):
    """基本信息: the organisation that carries out the project, and the archival data of the volume."""

    keyed = True
    number: NumberOrCode = Field(alias="项目序号", description="与项目发布目录里的序号或编号一致")
    name: Text = Field("", alias="项目名称", description="留空则用目录里的名称")
    applied: Day | None = Field(None, alias="申报日期")
    contractor: Text = Field(alias="承接单位", description="与登记证书一致的全称")
    # The choices are declared in binding.toml (`Funder.contractor_kinds`); a rule checks the value.
    kind: Choice = Field(alias="单位类型")
    credit_code: CreditCode = Field(alias="统一社会信用代码", description="18 位，程序会核对校验位")
    legal_person: Text = Field("", alias="法定代表人")
    address: Text = Field("", alias="单位地址")
    bank: Text = Field("", alias="开户银行")
    account: Digits = Field("", alias="银行账号", description="请先把单元格设为“文本”再输入，免得末位变零")
    manager: Text = Field(alias="项目负责人")
    phone: Phone = Field(alias="联系电话", description="手机 11 位，或 0813-1234567")
    platform_member: YesNo | None = Field(None, alias="幸福使者平台成员")
    womens_group: YesNo | None = Field(None, alias="建立妇女组织")
    social_workers: Count | None = Field(None, alias="全职社工人数")
    experience: Text = Field("", alias="同类项目经验")
    fonds: Text = Field("", alias="全宗号", description="一个大写字母加三位数字，如 X013；由档案室给")
    category: Text = Field("", alias="档案门类代码", description="文书 WS，专业 ZY …（DA/T 13-2022）")
    year: Count | None = Field(None, alias="年度", description="四位数的形成年度")
    retention: Annotated[Literal["永久", "30年", "10年"], strip_remark] | None = Field(None, alias="保管期限")
    bureau: Text = Field("", alias="机构（问题）")
    compiler: Text = Field("", alias="立卷人")
    inspector: Text = Field("", alias="检查人")
    compiled: Day | None = Field(None, alias="立卷日期")
    sample: YesNo = Field(False, alias="示例", description="编造的演示数据填“是”，每页都会印明")
    signed: Day | None = Field(
        None, alias="协议签订日期", description="目录的实施周期从签订协议那天算起，或只写了截止日期时填"
    )
    founded: Day | None = Field(None, alias="成立时间", description="登记证书上的成立日期", json_schema_extra=OPTIONAL)
    inspection: Text = Field("", alias="年检结论", description="如 2021年度合格", json_schema_extra=OPTIONAL)
    grade: Text = Field("", alias="评估等级", description="如 AAA", json_schema_extra=OPTIONAL)
    contact: Text = Field("", alias="联系人", description="不是项目负责人时填", json_schema_extra=OPTIONAL)
    email: Text = Field("", alias="邮箱", json_schema_extra=OPTIONAL)


class Application(Record):
    """申报内容: the narrative parts of the application."""

    keyed = True
    background: Text = Field("", alias="项目背景")
    needs: Text = Field("", alias="需求分析")
    approach: Text = Field("", alias="实施方案")
    schedule: Text = Field("", alias="进度安排")
    expected: Text = Field("", alias="预期成效")
    innovation: Text = Field("", alias="创新点")
    risks: Text = Field("", alias="风险与应对")
    team: Text = Field("", alias="团队介绍")
    site: Text = Field("", alias="实施地点", json_schema_extra=OPTIONAL)
    direct: Count | None = Field(None, alias="直接受益人数", json_schema_extra=OPTIONAL)
    indirect: Count | None = Field(None, alias="间接受益人数", json_schema_extra=OPTIONAL)
    matching: Text = Field("", alias="配套资金", description="没有就留空", json_schema_extra=OPTIONAL)


class TeamMember(Record):
    """团队: a person who carries the project out, as the application lists them."""

    name: Title = Field(alias="姓名")
    education: Text = Field("", alias="学历专业")
    qualification: Text = Field("", alias="资格", description="如 社会工作师")
    duty: Text = Field("", alias="分工")
    phone: Phone | None = Field(None, alias="电话")


class Goal(Record):
    """绩效目标: one countable target and the way it is counted."""

    code: Code = Field(alias="编号")
    indicator: Text = Field(alias="指标")
    target: Number = Field(alias="目标值", description="只填数字，单位填在右边一列")
    unit: Text = Field(alias="单位")
    counted: Annotated[Literal["活动数量", "活动场次", "名册人数", "人工填写"], strip_remark] = Field(
        alias="统计方式", description="活动数量：把“数量”相加；活动场次：数有几次活动；名册人数：数名册有几行"
    )
    scope: Code = Field("", alias="统计口径", description="数哪一类：填活动类别或名册类别")
    manual: Number | None = Field(None, alias="人工完成值", description="统计方式为“人工填写”时填")
    note: Text = Field("", alias="说明")
    category: Annotated[Literal["数量", "质量", "时效", "成本", "效益", "满意度"], strip_remark] | None = Field(
        None,
        alias="指标类型",
        description="产出指标填 数量、质量、时效、成本；其余填 效益、满意度",
        json_schema_extra=OPTIONAL,
    )


class BudgetLine(Record):
    """预算: one line of the budget."""

    subject: Annotated[Literal["项目活动费", "项目管理费", "审计费", "其他"], strip_remark] = Field(alias="科目")
    content: Text = Field(alias="内容")
    price: Yuan | None = Field(None, alias="单价", description="元")
    quantity: Number | None = Field(None, alias="数量")
    unit: Text = Field("", alias="单位")
    amount: Yuan = Field(alias="金额", description="元，等于单价×数量")
    basis: Text = Field("", alias="测算依据")


class Activity(Record):
    """活动: one activity with its plan and its brief."""

    code: Code = Field(alias="活动编号", description="如 HD-01；照片放在 照片/HD-01/，视频放在 视频/HD-01/")
    name: Title = Field(alias="活动名称")
    kind: Code = Field(alias="活动类别", description="同类活动写同样的字，绩效目标按它统计")
    quantity: Number | None = Field(None, alias="数量", description="课时数、场数等，只填数字")
    start: Day = Field(alias="开始日期")
    end: Day | None = Field(None, alias="结束日期", description="只有一天就留空")
    location: Text = Field(alias="地点")
    participants: Count = Field(alias="参与人数")
    audience: Text = Field("", alias="服务对象")
    manager: Text = Field(alias="负责人")
    teachers: Text = Field("", alias="师资")
    purpose: Text = Field("", alias="活动目的", json_schema_extra=REQUIRED_LATER)
    agenda: Text = Field(
        "", alias="活动流程", description="每一步另起一行（Alt+回车）", json_schema_extra=REQUIRED_LATER
    )
    supplies: Text = Field("", alias="物资与预算")
    safety: Text = Field("", alias="安全预案")
    issue: Text = Field("", alias="简报期号", description="只填数字，如 3")
    headline: Title = Field("", alias="简报标题", json_schema_extra=REQUIRED_LATER)
    brief: Text = Field(
        "", alias="简报正文", description="分段就另起一行（Alt+回车）", json_schema_extra=REQUIRED_LATER
    )
    reflection: Text = Field("", alias="成效与反思")
    planned: Day | None = Field(
        None, alias="方案日期", description="方案定稿的日期；留空则不印", json_schema_extra=OPTIONAL
    )
    theme: Text = Field("", alias="主题", json_schema_extra=OPTIONAL)
    background: Text = Field("", alias="活动背景", json_schema_extra=OPTIONAL)
    host: Text = Field("", alias="主办单位", json_schema_extra=OPTIONAL)
    partners: Text = Field("", alias="协办单位", json_schema_extra=OPTIONAL)
    expected: Count | None = Field(
        None, alias="预计人数", description="方案里的人数；参与人数是实到的", json_schema_extra=OPTIONAL
    )
    publicity: Text = Field("", alias="宣传方式", json_schema_extra=OPTIONAL)
    summary: Text = Field("", alias="活动总结", description="填了就另做一份活动总结", json_schema_extra=OPTIONAL)
    issued: Day | None = Field(None, alias="简报签发日期", json_schema_extra=OPTIONAL)
    issue_in_all: Text = Field("", alias="简报总期号", description="只填数字", json_schema_extra=OPTIONAL)
    brief_author: Text = Field("", alias="简报撰稿", json_schema_extra=OPTIONAL)
    brief_reviewer: Text = Field("", alias="简报审核", json_schema_extra=OPTIONAL)
    brief_signer: Text = Field("", alias="简报签发", json_schema_extra=OPTIONAL)
    brief_up: Text = Field(
        "", alias="简报主报", description="报给谁；留空则报给发布目录的单位", json_schema_extra=OPTIONAL
    )
    brief_across: Text = Field("", alias="简报抄送", description="送给谁", json_schema_extra=OPTIONAL)
    brief_down: Text = Field("", alias="简报下发", description="发给谁", json_schema_extra=OPTIONAL)
    brief_copies: Count | None = Field(None, alias="简报印数", description="共印几份", json_schema_extra=OPTIONAL)

    @property
    def last_day(self) -> dt.date:
        """Return the end date, or the start date of a one-day activity."""
        return self.end or self.start


class PhotoNote(Record):
    """照片说明: what is known of one photo or film beside its activity, and whether it is bound."""

    file: Code = Field(alias="文件", description="照片或视频的文件名，如 开班.jpg")
    activity: Code = Field("", alias="活动编号", description="几次活动有同名的文件时填")
    caption: Title = Field("", alias="说明", description="印在照片下面；留空则用文件名或活动名称")
    photographer: Text = Field("", alias="摄影者")
    background: Text = Field("", alias="背景")
    bound: YesNo | None = Field(None, alias="入册", description="不装进档案的填“否”；留空算“是”")


class Supervision(Record):
    """督导: one supervision visit by the lead department."""

    code: Code = Field(alias="督导编号")
    date: Day = Field(alias="督导日期")
    department: Text = Field(alias="督导部室")
    supervisor: Text = Field(alias="督导人")
    method: Text = Field("", alias="督导方式")
    location: Text = Field("", alias="督导地点")
    supervised: Text = Field("", alias="被督导人")
    content: Text = Field(alias="督导内容")
    problems: Text = Field("", alias="发现问题")
    demands: Text = Field("", alias="整改要求")
    due: Day | None = Field(None, alias="整改期限")
    remedy: Text = Field("", alias="整改情况")
    remedied: Day | None = Field(None, alias="整改完成日期")
    attendants: Text = Field("", alias="参加人员", json_schema_extra=OPTIONAL)
    hours: Text = Field("", alias="起止时间", description="如 9:00—11:30", json_schema_extra=OPTIONAL)
    followed_up: Text = Field("", alias="上次问题落实", json_schema_extra=OPTIONAL)
    finances: Text = Field("", alias="财务检查", json_schema_extra=OPTIONAL)
    response: Text = Field("", alias="被督导方回应", json_schema_extra=OPTIONAL)


class Progress(Record):
    """进展: one progress report on a quarter."""

    quarter: InQuarter = Field(alias="期次", description="如 2022年第二季度")
    reported: Day = Field(alias="报送日期")
    done: Text = Field(alias="完成工作")
    problems: Text = Field("", alias="存在问题")
    plan: Text = Field(alias="下一步计划")


class Bulletin(Record):
    """信息报送: one piece of news sent to the women's federation."""

    date: Day = Field(alias="报送日期")
    title: Title = Field(alias="标题")
    kind: Annotated[Literal["信息", "简报", "方案", "小结", "其他"], strip_remark] = Field(alias="类型")
    recipient: Text = Field("", alias="报送对象")
    platform: Text = Field("", alias="发布平台")
    link: Text = Field("", alias="链接")


class LedgerEntry(Record):
    """支出: one line of the project's own ledger."""

    date: Day = Field(alias="日期")
    voucher: Code = Field(alias="凭证号")
    summary: Text = Field(alias="摘要")
    subject: Text = Field(alias="科目", description="与预算的科目一致；拨款收入写“项目拨款”")
    income: Yuan | None = Field(None, alias="收入", description="元")
    expense: Yuan | None = Field(None, alias="支出", description="元")
    handler: Text = Field("", alias="经手人")
    activity: Code = Field("", alias="活动编号")
    receipts: Count | None = Field(None, alias="票据张数")
    payee: Text = Field("", alias="对方单位", description="付给谁，或从谁收到", json_schema_extra=OPTIONAL)


class MicroProject(Record):
    """小微项目: a small grant to another organisation."""

    code: Code = Field(alias="编号")
    name: Title = Field(alias="名称")
    organisation: Text = Field(alias="承接组织")
    amount: Yuan = Field(alias="金额", description="元")
    start: Day = Field(alias="开始日期")
    end: Day = Field(alias="结束日期")
    audience: Text = Field("", alias="服务对象")
    served: Count | None = Field(None, alias="服务人次")
    result: Text = Field("", alias="成效")


class RosterEntry(Record):
    """名册: a person or an organisation that took part. Phone and ID numbers are masked wherever they are printed."""

    kind: Code = Field(alias="类别", description="如 培育组织、紫薇伙伴学员；同类写同样的字")
    name: Title = Field(alias="姓名或名称")
    sex: Annotated[Literal["男", "女"], strip_remark] | None = Field(None, alias="性别")
    organisation: Text = Field("", alias="所属单位")
    phone: PersonalPhone | None = Field(None, alias="联系电话", description="打印时自动隐去中间几位")
    id_number: PersonalNumber | None = Field(None, alias="证件号码", description="先设为“文本”格式；打印时自动隐去")
    note: Text = Field("", alias="备注")


class Attachment(Record):
    """附件: an outside document, stored as a file of any kind in the folder 附件/."""

    kind: Annotated[
        Literal["第三方绩效评估报告", "专项资金审计报告", "登记证书", "项目协议", "签到表", "书面成果报告", "其他"],
        strip_remark,
    ] = Field(alias="类型")
    title: Title = Field(alias="题名")
    file: Code = Field(alias="文件", description="文件夹“附件”里的文件名，如 审计报告.pdf")
    author: Text = Field("", alias="责任者", description="出具文件的单位")
    date: Day | None = Field(None, alias="日期")
    activity: Code = Field("", alias="活动编号")
    reference: Text = Field("", alias="文号", json_schema_extra=OPTIONAL)
    secrecy: Text = Field("", alias="密级", json_schema_extra=OPTIONAL)
    note: Text = Field("", alias="备注", description="如 复印件；印在卷内目录的备注栏", json_schema_extra=OPTIONAL)


class Confirmation(Record):
    """确认: a person's verdict on a matter that the program cannot judge."""

    clause: Count = Field(alias="条款", description="相关要求里的条款序号")
    matter: Text = Field(alias="事项")
    verdict: Annotated[Literal["满足", "不满足"], strip_remark] = Field(alias="结论")
    confirmer: Text = Field(alias="确认人")
    date: Day = Field(alias="日期")
    note: Text = Field("", alias="说明")


class Decision(Record):
    """要求解读: the reading of one part of a catalogue's text, as staff or the program take it.

    A row counts as decided once 审定人 is filled.
    """

    number: Code = Field(alias="项目序号")
    clause: Text = Field(alias="条款", description="如 相关要求第4条、项目目标")
    text: Text = Field(alias="原文")
    kind: Choice = Field("", alias="认作")
    count: Number | None = Field(None, alias="数量")
    unit: Text = Field("", alias="单位")
    often: Text = Field("", alias="多久一次", description="如 每季度、每月、每两个月；只要一次的留空")
    days: Count | None = Field(None, alias="几日内")
    due: Day | None = Field(None, alias="截止日")
    department: Text = Field("", alias="部室")
    paper: Text = Field("", alias="材料名称")
    note: Text = Field("", alias="说明", description="认作“不适用”的，要写明理由")
    decider: Text = Field("", alias="审定人")
    decided: Day | None = Field(None, alias="审定日期")


class Closing(Record):
    """结项: the narrative parts of the closing report."""

    keyed = True
    overview: Text = Field("", alias="项目概述")
    course: Text = Field("", alias="实施情况")
    effects: Text = Field("", alias="主要成效")
    lessons: Text = Field("", alias="经验做法")
    problems: Text = Field("", alias="存在问题")
    advice: Text = Field("", alias="改进建议")
    future: Text = Field("", alias="可持续计划")
    closed: Day | None = Field(None, alias="结项日期")
    deviations: Text = Field("", alias="未完成或调整原因", json_schema_extra=OPTIONAL)
    beneficiaries: Count | None = Field(None, alias="受益人数", json_schema_extra=OPTIONAL)
    satisfaction: Text = Field("", alias="满意度", json_schema_extra=OPTIONAL)
    assets: Text = Field("", alias="固定资产", description="项目资金买的设备；没有就留空", json_schema_extra=OPTIONAL)
    findings: Text = Field("", alias="评估与审计结论", json_schema_extra=OPTIONAL)
    panel: Text = Field("", alias="验收组", description="每人一行：姓名 单位 职务", json_schema_extra=OPTIONAL)


class Role(StrEnum):
    """Roles of forms: what the documents made with a form prove.

    Staff write these words as `proves` in forms.toml. A clause's evidence names a role, never a form, because staff may
    rename, split and merge forms.
    """

    APPLICATION = "申报书"
    BUDGET = "预算"
    PLAN = "活动方案"
    BRIEF = "活动简报"
    PHOTOS = "活动照片"
    VIDEO = "活动视频"
    ATTACHMENT = "附件"
    NEWS = "信息报送"
    ROSTER = "名册"
    SUPERVISION = "督导记录"
    CONFIRMATION = "人工确认"
    PROGRESS = "进展报告"
    SPENDING = "预算执行"
    LEDGER = "专账"
    CLOSING = "结项报告"


class Project(SheetSet):
    """All data of one project: its worksheets in the workbook's order, and the files beside the workbook."""

    catalogue: CatalogueEntry
    number: str = ""
    """Number as staff write it: 1 in the newest year, 2022-1 in an older one."""
    folder: Path
    workbook: str
    funder: Funder = NO_FUNDER
    templates: Path | None = None
    """Folder of the tables that staff declare; None: those that come with the program."""
    photos: dict[str, tuple[Path, ...]] = Field(default_factory=dict)
    videos: dict[str, tuple[Path, ...]] = Field(default_factory=dict)
    unusable: dict[Path, opening.Problem] = Field(default_factory=dict)
    """Files in the folders of activities that are no photo or video that opens, each with its problem."""
    basics: Basics = Field(alias="基本信息")
    application: Application = Field(default_factory=Application, alias="申报内容")
    team: tuple[TeamMember, ...] = Field((), alias="团队")
    goals: tuple[Goal, ...] = Field((), alias="绩效目标")
    budget: tuple[BudgetLine, ...] = Field((), alias="预算")
    activities: tuple[Activity, ...] = Field((), alias="活动")
    photo_notes: tuple[PhotoNote, ...] = Field((), alias="照片说明")
    supervisions: tuple[Supervision, ...] = Field((), alias="督导")
    progress: tuple[Progress, ...] = Field((), alias="进展")
    bulletins: tuple[Bulletin, ...] = Field((), alias="信息报送")
    ledger: tuple[LedgerEntry, ...] = Field((), alias="支出")
    micro_projects: tuple[MicroProject, ...] = Field((), alias="小微项目")
    roster: tuple[RosterEntry, ...] = Field((), alias="名册")
    attachments: tuple[Attachment, ...] = Field((), alias="附件")
    confirmations: tuple[Confirmation, ...] = Field((), alias="确认")
    closing: Closing = Field(default_factory=Closing, alias="结项")
    decisions: tuple[Decision, ...] = ()
    """Rows of 要求解读.xlsx that staff have decided, of all projects: the same text elsewhere is read alike.

    Rows of the same part that are not decided stand among them: the place of a row says which reading it decides.
    """

    @property
    def name(self) -> str:
        """Return the project name in the workbook, or the published name if the workbook gives none."""
        return self.basics.name or self.catalogue.name

    def records(self) -> Iterator[Record]:
        """Yield the catalogue's entry, the key–value worksheets and the rows of the tables."""
        for name in type(self).fields():
            value = getattr(self, name)
            yield from (each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, Record))

    def attachment_path(self, name: str) -> Path | None:
        """Return the file in 附件 that an attachment row names, or None if it is missing or does not open."""
        path = folders.find_attachment(self.folder, name).path
        return path if path and not opening.attachment_problem(path) else None

    def attachment_lack(self, name: str, called: str) -> opening.Problem:
        """Return why the file that a row names is no evidence: it is not there, or it does not open.

        `called` stands for the file in the text.
        """
        found = folders.find_attachment(self.folder, name)
        if found.path:
            return opening.attachment_problem(found.path) or opening.Problem(*opening.NOT_READABLE)
        wrong = f"文件夹“{folders.ATTACHMENTS}”里没有{called}"
        several = [part for part in SEPARATORS.split(name) if part.strip()]
        if len(several) > 1 and all(folders.find_attachment(self.folder, part).path for part in several):
            return opening.Problem("一格里写了几个文件", "请在“附件”表里分成几行，每行一个文件")
        if not found.offered:
            return opening.Problem(wrong, "请把它放进文件夹“附件”，或改正文件名（连同 .pdf）")
        offered = "”、“".join(found.offered)
        near = f"有几个像它的：“{offered}”" if len(found.offered) > 1 else f"是不是“{offered}”"
        return opening.Problem(f"{wrong}，{near}", "是的话，请在“附件”表里写成文件夹里的那个名字（连同 .pdf）")

    def shown(self, path: Path) -> str:
        """Return the path of a file beside the workbook as faults show it: relative to the inputs folder."""
        return filenames.readable_path(Path(self.workbook).parent / path.relative_to(self.folder))

    def notes_on(self, files: Mapping[str, Sequence[Path]], code: str) -> dict[Path, PhotoNote]:
        """Return the rows of 照片说明 that name files of an activity; `files` are the photos or the videos.

        The first row of a file counts. Names are compared as people read them, with or without the suffix.
        """
        own = filenames.spelling_key(code)
        notes: dict[str, PhotoNote] = {}
        for note in self.photo_notes:
            if not note.activity or filenames.spelling_key(note.activity) == own:
                notes.setdefault(filenames.spelling_key(Path(note.file).name), note)
        keys = {
            path: (filenames.spelling_key(path.name), filenames.spelling_key(path.stem)) for path in files.get(code, ())
        }
        found = {path: next((notes[key] for key in each if key in notes), None) for path, each in keys.items()}
        return {path: note for path, note in found.items() if note}

    def chosen_photos(self, code: str) -> tuple[Path, ...]:
        """Return an activity's photos in the order of their names, without those that 照片说明 leaves out."""
        notes = self.notes_on(self.photos, code)
        return tuple(path for path in self.photos.get(code, ()) if path not in notes or notes[path].bound is not False)

    def bound_photos(self, code: str) -> tuple[Path, ...]:
        """Return those of an activity's chosen photos that are printed in the volume."""
        return self.chosen_photos(code)[: self.funder.max_bound_photos]

    @property
    def archive_date(self) -> dt.date:
        """Return the date that every document and file of the archive bears: from the data, never today's.

        It is not earlier than anything that the archive holds.
        """
        stated = next((day for day in (self.basics.compiled, self.closing.closed, self.basics.applied) if day), None)
        days = [day for day in (stated, self.newest_paper[0] if self.newest_paper else None) if day]
        return max(days, default=self.catalogue.span.end)

    @property
    def newest_paper(self) -> tuple[dt.date, Where] | None:
        """Return the latest date of a paper in the archive and its cell; None while no paper has a date."""
        dated = [
            (day, record.where(header))
            for title, headers in DATES_OF_PAPERS.items()
            for record in _rows_of(self.sheet(title))
            for header in headers
            if (day := record.template_values()[header])
        ]
        return max(dated, key=lambda each: each[0], default=None)


DATES_OF_PAPERS = {
    "基本信息": ("申报日期", "协议签订日期"),
    "活动": ("开始日期", "结束日期", "方案日期", "简报签发日期"),
    "督导": ("督导日期", "整改完成日期"),
    "进展": ("报送日期",),
    "信息报送": ("报送日期",),
    "支出": ("日期",),
    "小微项目": ("结束日期",),
    "附件": ("日期",),
    "确认": ("日期",),
    "结项": ("结项日期",),
}
"""Columns with the date of a paper in the archive, or of what it tells; a deadline such as 整改期限 is none."""


def _rows_of(sheet: Record | Sequence[Record]) -> Sequence[Record]:
    """Return the rows of a table, or a key–value sheet as the only row."""
    return [sheet] if isinstance(sheet, Record) else sheet


def sheets() -> dict[str, type[Record]]:
    """Return the record class of each worksheet by worksheet name, in the workbook's order."""
    return Project.sheets()
