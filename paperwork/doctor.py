"""What paperwork needs of this machine: what is there, what stands in for it, and what follows when it is not there."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperwork import fonts, office, verapdf
from paperwork.faults import Stop

THERE, STANDS_IN, NOT_THERE = "有", "代", "没有"


@dataclass(frozen=True)
class Part:
    """A program or a face; nothing can be made where one that is `needed` is not there."""

    name: str
    state: str
    note: str
    needed: bool = True

    @property
    def missing(self) -> bool:
        """Whether nothing can be made for want of it."""
        return self.needed and self.state == NOT_THERE


def parts() -> Iterator[Part]:
    """LibreOffice, each face of the forms, veraPDF."""
    version = office.version()
    note = version or "没有它，不能把 Word 打印成 PDF；请运行 make setup"
    yield Part("LibreOffice", THERE if version else NOT_THERE, note)
    try:
        with tempfile.TemporaryDirectory() as folder:
            faces = fonts.stand_ins(fonts.environment(Path(folder)))
    except Stop as stop:
        yield Part("fontconfig", NOT_THERE, f"{stop.wrong}；{stop.mend}")
    else:
        for each in faces:
            note = "原字体" if each.genuine else f"以 {each.used} 代替；装上原字体后自动改用"
            yield Part(each.wanted, THERE if each.genuine else STANDS_IN, note)
    found = verapdf.find()
    note = f"{'有了它' if found else '可选；装上以后'}，整卷是不是 PDF/A 由它再核对一遍"
    yield Part(verapdf.NAME, THERE if found else NOT_THERE, note, needed=False)
