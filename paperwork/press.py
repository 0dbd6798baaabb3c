"""Word files filled and printed for whoever needs pages: the desk that `build` and the paper edition share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paperwork import office
from paperwork.bind import Type
from paperwork.fill import Filler

Wanted = tuple[str, Path, Mapping[str, Any]]
"""A template's name, the Word file to be written, and what it is filled with."""


@dataclass
class Press:
    """Templates and data on one side, LibreOffice with its fonts on the other. `folder` takes the printed PDFs."""

    filler: Filler
    env: Mapping[str, str]
    folder: Path
    jobs: int
    type: Type
    _printed: set[str] = field(default_factory=set)

    def pages(self, wanted: Sequence[Wanted], done: Callable[[Path], None] = lambda _: None) -> list[Path]:
        """Fill and print; the PDFs in the same order. Raises `Stop` when a template or LibreOffice fails.

        Word files must differ in their names: each PDF is called like its Word file.
        """
        for template, path, context in wanted:
            assert path.stem not in self._printed, path.stem
            self._printed.add(path.stem)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.filler.write(template, context, path)
        files = [path for _, path, _ in wanted]
        printed = office.print_files(files, self.folder, self.env, min(self.jobs, len(files)) or 1, done)
        return [printed[path] for path in files]
