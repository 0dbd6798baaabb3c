"""What the federation published: a row of 项目发布目录."""

from typing import Annotated

from pydantic import AfterValidator, Field

from paperwork import values
from paperwork.record import Count, Record, TenThousandYuan, Text
from paperwork.values import Period


def _readable_period(text: str) -> str:
    values.as_period(text)
    return text


class CatalogueEntry(Record):
    """A row of 项目发布目录: what the federation published."""

    number: Count = Field(alias="项目序号")
    department: Text = Field(alias="牵头部室")
    name: Text = Field(alias="项目名称")
    goals: Text = Field("", alias="项目目标")
    content: Text = Field("", alias="项目内容")
    audience: Text = Field("", alias="服务对象")
    contractor: Text = Field("", alias="项目承接主体")
    period: Annotated[Text, AfterValidator(_readable_period)] = Field(alias="实施周期")
    amount: TenThousandYuan = Field(alias="项目金额（万元）")
    requirements: Text = Field("", alias="相关要求")

    @property
    def span(self) -> Period:
        """The period as days."""
        return values.as_period(self.period)
