"""Record class for 项目发布目录, the catalogue of projects that the federation publishes."""

from typing import Annotated

from pydantic import AfterValidator, Field

from paperwork import values
from paperwork.record import Count, Record, TenThousandYuan, Text
from paperwork.values import Period


def _check_period(text: str) -> str:
    """Return the text unchanged. Raises `ValueError` if it cannot be read as a period."""
    # The text is kept, not the parsed period: forms and messages print the period as published.
    values.as_period(text)
    return text


class CatalogueEntry(Record):
    """One row of 项目发布目录: a project as published."""

    number: Count = Field(alias="项目序号")
    department: Text = Field(alias="牵头部室")
    name: Text = Field(alias="项目名称")
    goals: Text = Field("", alias="项目目标")
    content: Text = Field("", alias="项目内容")
    audience: Text = Field("", alias="服务对象")
    contractor: Text = Field("", alias="项目承接主体")
    period: Annotated[Text, AfterValidator(_check_period)] = Field(alias="实施周期")
    amount: TenThousandYuan = Field(alias="项目金额（万元）")
    requirements: Text = Field("", alias="相关要求")

    @property
    def span(self) -> Period:
        """Return the period as its first and last day."""
        return values.as_period(self.period)
