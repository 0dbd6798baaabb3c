"""How one row of a sheet is held: typed cells that were read by `values`, and the place where each one stood."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue, PlainValidator, PrivateAttr

from paperwork import values
from paperwork.faults import Where
from paperwork.values import Money, Personal, Quarter

Text = Annotated[str, PlainValidator(values.text)]
Day = Annotated[dt.date, PlainValidator(values.as_date)]
Yuan = Annotated[Money, PlainValidator(values.as_money)]
TenThousandYuan = Annotated[Money, PlainValidator(values.as_ten_thousands)]
Number = Annotated[Decimal, PlainValidator(values.as_number)]
Count = Annotated[int, PlainValidator(values.as_count)]
YesNo = Annotated[bool, PlainValidator(values.as_yes_no)]
Digits = Annotated[str, PlainValidator(values.as_digits)]
Phone = Annotated[str, PlainValidator(values.as_phone)]
CreditCode = Annotated[str, PlainValidator(values.as_credit_code)]
PersonalPhone = Annotated[Personal, PlainValidator(values.as_personal_phone)]
PersonalNumber = Annotated[Personal, PlainValidator(values.as_citizen_id)]
InQuarter = Annotated[Quarter, PlainValidator(values.as_quarter)]
trimmed = BeforeValidator(values.text)
"""For columns with a list of choices: blanks round the word do not matter."""
IN_TIME: dict[str, JsonValue] = {"in_time": True}
"""Marks a column that must be filled in, but not before its day: a brief is written after the activity. An empty one is
no error that spoils the row but something missing, once it is due."""


class Record(BaseModel):
    """One row of a sheet, or one key–value sheet. Columns the program does not know are kept under their header."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, arbitrary_types_allowed=True)
    keyed: ClassVar[bool] = False
    _places: dict[str, Where] = PrivateAttr(default_factory=dict)

    def where(self, header: str) -> Where:
        """The cell a datum was read from; an empty cell answers with the row's first one."""
        return self._places.get(header) or self.place

    @property
    def place(self) -> Where:
        """The row's first cell, which tells it from all others."""
        return next(iter(self._places.values()), Where())

    def stand_at(self, places: dict[str, Where]) -> None:
        """Remember the cell of each header; called once by the reader."""
        self._places.update(places)

    def tags(self) -> dict[str, Any]:
        """Its data under the names that templates use, records inside it likewise."""
        known = {values.tag_name(f.alias or name): _tags(getattr(self, name)) for name, f in self.fields().items()}
        extra = {values.tag_name(header): value for header, value in (self.model_extra or {}).items()}
        return {**extra, **known}

    @classmethod
    def fields(cls) -> dict[str, Any]:
        """Pydantic's field table, typed loosely."""
        return dict(cls.model_fields)


def _tags(value: Any) -> Any:
    if isinstance(value, Record):
        return value.tags()
    if isinstance(value, tuple):
        return [_tags(inner) for inner in value]
    return value
