"""Rule on characters: whatever a cell or a file name says can be printed."""

from collections.abc import Iterator

from paperwork.core import filenames
from paperwork.core.faults import Fault, Level, Stop, Where
from paperwork.formats.office import coverage
from paperwork.formats.office.coverage import Coverage
from paperwork.project.model import Project


def every_character_can_be_printed(project: Project) -> Iterator[Fault]:
    """表格里、照片和视频的文件名里，每个字都要有字体能印出来，不能是自造字。"""
    rare = [(where, words) for where, words in _texts(project) if not coverage.is_common(words)]
    covered = _read_coverage() if rare else None
    for where, words in rare:
        if covered and (chars := coverage.find_unprintable(words, covered)):
            reason = coverage.explain(chars)
            yield Fault(Level.ERROR, where, reason.wrong, reason.mend)


def _texts(project: Project) -> Iterator[tuple[Where, str]]:
    """Yield all texts that forms may print, each with its cell or its file."""
    for record in project.records():
        yield from ((where, value) for where, value in record.cells() if isinstance(value, str))
    for path in (path for files in (project.photos, project.videos) for paths in files.values() for path in paths):
        yield Where(project.shown(path)), filenames.readable(path.name)


def _read_coverage() -> Coverage:
    """Return the characters that the installed fonts have; without fontconfig no character is known to lack a face."""
    try:
        return coverage.installed_coverage()
    except Stop:
        return Coverage({}, {})
