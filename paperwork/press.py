"""Word files filled and printed for whoever needs pages: the desk that `build` and the paper edition share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paperwork import installed, office, store
from paperwork.fill import Filler
from paperwork.store import Store

Wanted = tuple[str, Path, Mapping[str, Any]]
"""A template's name, the Word file to be written, and what it is filled with."""
FILES_A_START = 12
"""LibreOffice prints so many files in about the time that it takes to start."""


@dataclass
class Press:
    """Templates and data on one side, LibreOffice with its fonts on the other. `folder` takes the printed PDFs.

    What has been printed before from the same Word file, with the same fonts (`looks`), LibreOffice and settings, comes
    from the store.
    """

    filler: Filler
    env: Mapping[str, str]
    folder: Path
    jobs: int
    looks: str
    kept: Store
    reused: int = 0
    printed: int = 0
    _known: dict[Path, str] = field(default_factory=dict)

    def pages(self, wanted: Sequence[Wanted], done: Callable[[Path], None] = lambda _: None) -> list[Path]:
        """Fill and print; the PDFs in the same order. Raises `Stop` when a template or LibreOffice fails.

        Word files must differ in their names: each PDF is called like its Word file.
        """
        outs = [self._out(path) for _, path, _ in wanted]
        assert len({*outs, *map(self._out, self._known)}) == len(outs) + len(self._known)

        def keep(path: Path) -> None:
            self.kept.keep(self._known[path], self._out(path))
            done(path)

        self.folder.mkdir(parents=True, exist_ok=True)
        office.print_files(self._shares(wanted, done), self.folder, self.env, keep)
        return outs

    @contextmanager
    def beside(self, wanted: Sequence[Wanted]) -> Iterator["Future[list[Path]]"]:
        """Fill and print as `pages` does, while something else is done; before it where there is one core."""
        with ThreadPoolExecutor(1) as pool:
            printing = pool.submit(self.pages, wanted)
            if self.jobs == 1:
                wait([printing])
            yield printing

    def _shares(self, wanted: Sequence[Wanted], done: Callable[[Path], None]) -> Iterator[list[Path]]:
        """Fill the files, and give out those that must be printed, in as many shares as there are workers.

        They are dealt out like cards, kind by kind, so that each share has as many of each: it will take as long. A few
        files are not worth another start.
        """
        dealt = sorted(wanted, key=lambda each: each[0])
        shares = min(self.jobs, -(-len(dealt) // FILES_A_START))
        for start in range(shares):
            share = []
            for template, path, context in dealt[start::shares]:
                path.parent.mkdir(parents=True, exist_ok=True)
                self.filler.write(template, context, path)
                self._known[path] = self._key(path)
                if self.kept.find(self._known[path], self._out(path)):
                    self.reused += 1
                    done(path)
                else:
                    share.append(path)
            self.printed += len(share)
            yield share

    def _key(self, path: Path) -> str:
        """All that a printed page depends on."""
        return store.key("印", path.read_bytes(), self.looks, installed.mark(), office.EXPORT, installed.PROFILE)

    def _out(self, path: Path) -> Path:
        return self.folder / f"{path.stem}.pdf"
