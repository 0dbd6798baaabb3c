"""How one row of a sheet is held: typed cells that were read by `values`, and the place where each one stood."""

import datetime as dt
import re
from collections.abc import Sequence
from copy import copy
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainValidator, PrivateAttr, create_model

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
PersonalNumber = Annotated[Personal, PlainValidator(values.as_id_number)]
InQuarter = Annotated[Quarter, PlainValidator(values.as_quarter)]
trimmed = BeforeValidator(values.as_choice)
"""For columns with a list of choices: blanks round the word and a remark after it do not matter."""
IN_TIME: dict[str, JsonValue] = {"in_time": True}
"""Marks a column that must be filled in, but not before its day: a brief is written after the activity. An empty one is
no error that spoils the row but something missing, once it is due."""


class Record(BaseModel):
    """One row of a sheet, or one key–value sheet. Columns the program does not know are kept under their header."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, arbitrary_types_allowed=True)
    keyed: ClassVar[bool] = False
    spoilt: ClassVar[bool] = False
    """Whether required cells could not be read."""
    _places: dict[str, Where] = PrivateAttr(default_factory=dict)
    _broken: frozenset[str] = PrivateAttr(default=frozenset())

    def where(self, header: str) -> Where:
        """The cell a datum was read from; an empty cell answers with the row's first one."""
        return self._places.get(header) or self.place

    @property
    def place(self) -> Where:
        """The row's first cell, which tells it from all others."""
        return next(iter(self._places.values()), Where())

    def stand_at(self, places: dict[str, Where], broken: frozenset[str] = frozenset()) -> None:
        """Remember the cell of each header, and which could not be read; called once by the reader."""
        self._places.update(places)
        self._broken = broken

    @property
    def broken(self) -> frozenset[str]:
        """The headers of cells that could not be read: what the record holds under them means nothing."""
        return self._broken

    @classmethod
    def lenient(cls) -> type["Record"]:
        """The same class, but that nothing must be filled in: for rows whose other cells are still good."""
        return _lenient(cls)

    def tags(self) -> dict[str, Any]:
        """Its data under the names that templates use, records inside it likewise."""
        known = {values.tag_name(f.alias or name): _tags(getattr(self, name)) for name, f in self.fields().items()}
        extra = {values.tag_name(header): value for header, value in (self.model_extra or {}).items()}
        return {**extra, **known}

    @classmethod
    def fields(cls) -> dict[str, Any]:
        """Pydantic's field table, typed loosely."""
        return dict(cls.model_fields)


@lru_cache
def _lenient(kind: type[Record]) -> type[Record]:
    needed = {name: copy(each) for name, each in kind.fields().items() if each.is_required()}
    for each in needed.values():
        is_text = each.annotation is str or get_origin(each.annotation) is Literal
        each.default = "" if is_text else None
    changed: dict[str, Any] = {name: (each.annotation, each) for name, each in needed.items()}
    made = create_model(f"Spoilt{kind.__name__}", __base__=kind, __doc__=kind.__doc__, **changed)
    made.spoilt = True
    return made


Row = TypeVar("Row", bound=Record)


class Sheets(Record):
    """Records of several sheets, a field for each; and what could not be read of them."""

    spoilt_rows: dict[str, tuple[Record, ...]] = Field(default_factory=dict)
    """Rows in which required cells could not be read, by sheet: no document is made of them."""
    lost: frozenset[str] = frozenset()
    """Sheets of which rows or columns are not there at all, since their header could not be understood."""

    @classmethod
    def sheets(cls) -> dict[str, type[Record]]:
        """The sheets by name, in order, each with the class of its rows."""
        named = [(each.alias, each.annotation) for each in cls.fields().values() if each.alias]
        return {title: kind if isinstance(kind, type) else kind.__args__[0] for title, kind in named}

    def rows(self, kind: type[Row], *headers: str) -> Sequence[Row]:
        """Every row of a sheet, as they stand, in which these cells could be read; others may be spoilt."""
        title, whole = self._sheet(kind)
        spoilt: Any = self.spoilt_rows.get(title, ())
        rows = sorted([*whole, *spoilt], key=lambda row: _line(row.place)) if spoilt else whole
        return [row for row in rows if not row.broken.intersection(headers)]

    def whole(self, kind: type[Record], *headers: str) -> bool:
        """Whether every row of a sheet could be read, in these columns or in all.

        Only then may anything be concluded from a sum, or from something not being there. Whatever was not read is an
        error that has been told.
        """
        title, rows = self._sheet(kind)
        if title in self.lost:
            return False
        broken = frozenset[str]().union(*(row.broken for row in (*rows, *self.spoilt_rows.get(title, ()))))
        return not (broken.intersection(headers) if headers else broken)

    def _sheet(self, kind: type[Row]) -> tuple[str, Sequence[Row]]:
        title = next(title for title, each in self.sheets().items() if each is kind)
        held = getattr(self, next(name for name, each in self.fields().items() if each.alias == title))
        return title, [held] if kind.keyed else held


def _line(place: Where) -> int:
    return int(re.sub(r"\D", "", place.cell) or 0)


def reader(field: Any) -> Any:
    """The function that reads a field's cell."""
    inner = (part for each in get_args(field.annotation) for part in getattr(each, "__metadata__", ()))
    return next((part.func for part in (*field.metadata, *inner) if isinstance(part, PlainValidator)), None)


def _tags(value: Any) -> Any:
    if isinstance(value, Record):
        return value.tags()
    if isinstance(value, tuple):
        return [_tags(inner) for inner in value]
    return value
