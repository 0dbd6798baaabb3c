"""Base classes of the records read from sheets: typed values parsed by `values`, each with the location of its cell."""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from copy import copy
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainValidator, PrivateAttr, create_model

from paperwork.core import dates, values
from paperwork.core.dates import Quarter
from paperwork.core.faults import Where
from paperwork.core.values import Money, PersonalIdentifier, ProjectNumber

Text = Annotated[str, PlainValidator(values.as_words)]
Title = Annotated[str, PlainValidator(values.as_title)]
Code = Annotated[str, PlainValidator(values.as_code)]
Day = Annotated[dt.date, PlainValidator(dates.as_date)]
Yuan = Annotated[Money, PlainValidator(values.as_money)]
TenThousandYuan = Annotated[Money, PlainValidator(values.as_ten_thousands)]
Number = Annotated[Decimal, PlainValidator(values.as_number)]
Count = Annotated[int, PlainValidator(values.as_count)]
NumberOrCode = Annotated[ProjectNumber, PlainValidator(values.as_project_number)]
YesNo = Annotated[bool, PlainValidator(values.as_yes_no)]
Digits = Annotated[str, PlainValidator(values.as_digits)]
Phone = Annotated[str, PlainValidator(values.as_phone)]
CreditCode = Annotated[str, PlainValidator(values.as_credit_code)]
PersonalPhone = Annotated[PersonalIdentifier, PlainValidator(values.as_personal_phone)]
PersonalNumber = Annotated[PersonalIdentifier, PlainValidator(values.as_id_number)]
InQuarter = Annotated[Quarter, PlainValidator(dates.as_quarter)]
Choice = Annotated[str, PlainValidator(values.as_choice)]
"""A word from a list that is not the model's own, but declared by staff."""
strip_remark = BeforeValidator(values.as_choice)
"""Validator for columns with a list of choices: strips blanks around the word and a remark after it."""
REQUIRED_LATER: dict[str, JsonValue] = {"in_time": True}
"""Marks a column that becomes required only at a later date: a brief is written after the activity.

An empty cell is not an error that invalidates the row; it is reported as missing once it is due.
"""

OPTIONAL: dict[str, JsonValue] = {"optional": True}
"""Marks a column that a small organisation may ignore: printed if it is filled, never missing if it is not.

The blank workbook shows such columns in a colour of their own, under one fold.
"""


class Record(BaseModel):
    """One row of a sheet, or one key–value sheet. Unknown columns are kept as extra values under their header."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True, arbitrary_types_allowed=True)
    keyed: ClassVar[bool] = False
    """True for a key–value sheet."""
    is_invalid: ClassVar[bool] = False
    """True for the classes of rows in which a required cell is empty or unreadable."""
    _places: dict[str, Where] = PrivateAttr(default_factory=dict)
    _broken: frozenset[str] = PrivateAttr(default=frozenset())

    def where(self, header: str) -> Where:
        """Return the location of the cell under a header; without such a cell, that of the row's first cell."""
        return self._places.get(header) or self.place

    @property
    def place(self) -> Where:
        """Return the location of the row's first cell, which is unique to the row."""
        return next(iter(self._places.values()), Where())

    def cells(self) -> Iterator[tuple[Where, Any]]:
        """Yield the location and the value of each cell of the record."""
        named = self.template_values()
        for header, where in self._places.items():
            yield where, named.get(values.template_name(header))

    def set_places(self, places: dict[str, Where], broken: frozenset[str] = frozenset()) -> None:
        """Set the location of each header's cell and the headers of unreadable cells; called once, by the reader."""
        self._places.update(places)
        self._broken = broken

    @property
    def unreadable_headers(self) -> frozenset[str]:
        """Return the headers of cells that could not be read; the record's values under them are meaningless."""
        return self._broken

    def unfilled(self) -> list[str]:
        """Return the headers of the empty items, those that need not be filled excepted."""
        spare = {
            values.template_name(each.alias) for each in self.fields().values() if each.json_schema_extra == OPTIONAL
        }
        return [name for name, value in self.template_values().items() if not value and name not in spare]

    @classmethod
    def lenient_class(cls) -> type["Record"]:
        """Return a subclass without required fields, for rows of which only the other cells can be used."""
        return _lenient(cls)

    def template_values(self) -> dict[str, Any]:
        """Return the values under the names that templates use, nested records included."""
        known = {
            values.template_name(f.alias or name): _template_values(getattr(self, name))
            for name, f in self.fields().items()
        }
        extra = {values.template_name(header): value for header, value in (self.model_extra or {}).items()}
        return {**extra, **known}

    @classmethod
    def fields(cls) -> dict[str, Any]:
        """Return Pydantic's field table as a loosely typed dict."""
        return dict(cls.model_fields)


@lru_cache
def _lenient(kind: type[Record]) -> type[Record]:
    needed = {name: copy(each) for name, each in kind.fields().items() if each.is_required()}
    for each in needed.values():
        is_text = each.annotation is str or get_origin(each.annotation) is Literal
        each.default = "" if is_text else None
    changed: dict[str, Any] = {name: (each.annotation, each) for name, each in needed.items()}
    made = create_model(f"Spoilt{kind.__name__}", __base__=kind, __doc__=kind.__doc__, **changed)
    made.is_invalid = True
    return made


Row = TypeVar("Row", bound=Record)


class SheetSet(Record):
    """The records of several sheets, one field per sheet, and what could not be read of them."""

    invalid_rows: dict[str, tuple[Record, ...]] = Field(default_factory=dict)
    """Rows with an empty or unreadable required cell, by sheet; no document is made from them."""
    unreadable_sheets: frozenset[str] = frozenset()
    """Sheets with rows or columns that were not read at all, because the header was not understood."""

    @classmethod
    def sheets(cls) -> dict[str, type[Record]]:
        """Return the sheets by name, in order, each with its record class."""
        named = [(each.alias, each.annotation) for each in cls.fields().values() if each.alias]
        return {title: kind if isinstance(kind, type) else kind.__args__[0] for title, kind in named}

    def sheet(self, title: str) -> Any:
        """Return the record of a key–value sheet, or the rows of a table, by the sheet's name."""
        return getattr(self, next(name for name, each in self.fields().items() if each.alias == title))

    def readable_rows(self, kind: type[Row], *headers: str) -> Sequence[Row]:
        """Return the rows of a sheet, in sheet order, in which the cells under these headers could be read.

        Other cells of these rows may be unreadable.
        """
        title, whole = self._sheet(kind)
        spoilt: Any = self.invalid_rows.get(title, ())
        rows = sorted([*whole, *spoilt], key=lambda row: _row_number(row.place)) if spoilt else whole
        return [row for row in rows if not row.unreadable_headers.intersection(headers)]

    def is_fully_read(self, kind: type[Record], *headers: str) -> bool:
        """Return True if every row of a sheet could be read, in these columns or (without headers) in all.

        Only then may a check rely on a sum, or on the absence of a row. Everything that was not read has already been
        reported as an error.
        """
        title, rows = self._sheet(kind)
        if title in self.unreadable_sheets:
            return False
        broken = frozenset[str]().union(*(row.unreadable_headers for row in (*rows, *self.invalid_rows.get(title, ()))))
        return not (broken.intersection(headers) if headers else broken)

    def _sheet(self, kind: type[Row]) -> tuple[str, Sequence[Row]]:
        title = next(title for title, each in self.sheets().items() if each is kind)
        return title, [self.sheet(title)] if kind.keyed else self.sheet(title)


def _row_number(place: Where) -> int:
    """Return the row number in a cell address; 0 if it has none."""
    return int(re.sub(r"\D", "", place.cell) or 0)


def parser_of(field: Any) -> Any:
    """Return the parser of a field (`values.as_…`), or None if it has none."""
    inner = (part for each in get_args(field.annotation) for part in getattr(each, "__metadata__", ()))
    return next((part.func for part in (*field.metadata, *inner) if isinstance(part, PlainValidator)), None)


def _template_values(value: Any) -> Any:
    if isinstance(value, Record):
        return value.template_values()
    if isinstance(value, tuple):
        return [_template_values(inner) for inner in value]
    return value
