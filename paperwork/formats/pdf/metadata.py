"""Write title, author, language and dates into a PDF. Dates come from the data, never from the clock."""

import datetime as dt
from dataclasses import dataclass

import pikepdf


@dataclass(frozen=True)
class DocumentMetadata:
    """The metadata of a PDF file."""

    title: str
    author: str
    subject: str
    made: dt.date


def remove_creation_time(drawn: pikepdf.Pdf) -> None:
    """Remove the time of drawing and the file identifier from a PDF that was just drawn."""
    for name in ("/Info", "/ID"):
        if name in drawn.trailer:
            del drawn.trailer[name]


def write_metadata(volume: pikepdf.Pdf, about: DocumentMetadata) -> None:
    """Write language, title, author, subject and dates (from the data, in UTC+8) into XMP and Info."""
    volume.Root.Lang = pikepdf.String("zh-CN")
    volume.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
    made_at = dt.datetime.combine(about.made, dt.time(), dt.timezone(dt.timedelta(hours=8))).isoformat()
    with volume.open_metadata(set_pikepdf_as_editor=False) as meta:
        meta["dc:title"] = about.title
        meta["dc:creator"] = [about.author]
        meta["dc:description"] = about.subject
        meta["dc:language"] = ["zh-CN"]
        meta["xmp:CreateDate"] = meta["xmp:ModifyDate"] = made_at
        meta["pdf:Producer"] = "paperwork"
    reset_metadata_date(volume)


def reset_metadata_date(volume: pikepdf.Pdf) -> None:
    """Replace xmp:MetadataDate, into which pikepdf writes the current time, by the modification date."""
    with volume.open_metadata(set_pikepdf_as_editor=False) as meta:
        meta["xmp:MetadataDate"] = meta["xmp:ModifyDate"]
