"""Render documents: fill Word templates and print them to PDF, for the pipeline and for the paper edition."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from paperwork.core import hashing
from paperwork.core.cache import Cache
from paperwork.core.faults import ExitCode, Fault, Stop
from paperwork.documents import proofreading
from paperwork.documents.fill import Filler
from paperwork.formats.office import installation, libreoffice
from paperwork.formats.pdf import render

RenderJob = tuple[str, Path, Mapping[str, Any]]
"""A template's name, the path of the Word file to write, and the data to fill in."""
PROOF_FAILED = "印出来的和表里写的对不上，没有生成档案"
"""Problem when the text of a printed document lacks something."""
FILES_PER_START = 12
"""Number of files that LibreOffice prints in about the time it takes to start."""


@dataclass
class Renderer:
    """Renderer of documents: templates filled by `filler`, printed by LibreOffice in the environment `env`.

    The PDFs go to `folder`. A PDF comes from the cache `kept` if the same Word file was printed before with the same
    fonts (`looks` is their digest), LibreOffice and settings. `reused` and `printed` count the files.
    """

    filler: Filler
    env: Mapping[str, str]
    folder: Path
    jobs: int
    fonts_digest: str
    cache: Cache
    reused: int = 0
    printed: int = 0
    _keys: dict[Path, str] = field(default_factory=dict)
    _unread: list[Path] = field(default_factory=list)
    """Word files whose PDF has not been read back yet."""

    def render(self, wanted: Sequence[RenderJob], done: Callable[[Path], None] = lambda _: None) -> list[Path]:
        """Fill and print documents, and return the PDFs in the same order.

        Each PDF is named after its Word file, so the names of Word files must differ. Raises `Stop` if a template or
        LibreOffice fails.
        """
        outs = [self._out(path) for _, path, _ in wanted]
        # PDFs of equal names would overwrite each other.
        assert len({*outs, *map(self._out, self._keys)}) == len(outs) + len(self._keys)

        def keep(path: Path) -> None:
            self.cache.put(self._keys[path], self._out(path))
            done(path)

        self.folder.mkdir(parents=True, exist_ok=True)
        libreoffice.convert_to_pdf(self._shares(wanted, done), self.folder, self.env, keep)
        self._unread += [path for _, path, _ in wanted]
        return outs

    def read_back(self) -> None:
        """Compare what was printed since the last call with its Word files; raise `Stop` with a fault for each loss.

        The finding that a PDF is whole is cached, so that an unchanged document costs nothing. PDFium is not
        thread-safe: this must not run while another thread uses it.
        """
        faults: list[Fault] = []
        while self._unread:
            path = self._unread.pop()
            sound = self.folder / f"{path.stem}.sound"
            key = hashing.cache_key("读", self._keys[path])
            if not self.cache.get(key, sound):
                found = proofreading.find_losses(path, self._out(path), self.filler.coverage)
                faults += proofreading.faults(path.stem, found, self.filler.project)
                if not found:
                    sound.touch()
                    self.cache.put(key, sound)
        if faults:
            raise Stop(ExitCode.FAULTY, PROOF_FAILED, "请按上面的提示改正", faults=dict.fromkeys(faults))

    def page_texts(self, printed: Path) -> list[str]:
        """Return the text of each page of a PDF with a `PICTURE` for each picture, from the cache if it is known.

        PDFium is not thread-safe: this must not run while another thread uses it.
        """
        known = self.folder / f"{printed.stem}.texts"
        key = hashing.cache_key("字", printed.read_bytes())
        self.cache.get_or_make(key, known, partial(_write_texts, printed))
        texts: list[str] = json.loads(known.read_text("utf-8"))
        return texts

    @contextmanager
    def in_background(self, wanted: Sequence[RenderJob]) -> Iterator["Future[list[Path]]"]:
        """Fill and print as `pages` does, in a background thread; with one core, finish before the block begins."""
        with ThreadPoolExecutor(1) as pool:
            printing = pool.submit(self.render, wanted)
            # On one core LibreOffice and the caller would only slow each other down.
            if self.jobs == 1:
                wait([printing])
            yield printing

    def _shares(self, wanted: Sequence[RenderJob], done: Callable[[Path], None]) -> Iterator[list[Path]]:
        """Fill the files and yield those not in the cache, in one share for each LibreOffice process.

        The files are split round-robin by template, so that all shares take about the same time. A small number of
        files is one share: another start of LibreOffice would take longer than printing them.
        """
        # A generator: LibreOffice prints the first share while the next one is filled.
        by_template = sorted(wanted, key=lambda each: each[0])
        shares = min(self.jobs, -(-len(by_template) // FILES_PER_START))
        for start in range(shares):
            share = []
            for template, path, context in by_template[start::shares]:
                path.parent.mkdir(parents=True, exist_ok=True)
                self.filler.fill_template(template, context, path)
                self._keys[path] = self._key(path)
                if self.cache.get(self._keys[path], self._out(path)):
                    self.reused += 1
                    done(path)
                else:
                    share.append(path)
            self.printed += len(share)
            yield share

    def _key(self, path: Path) -> str:
        """Return the cache key of a PDF: all that the printed pages depend on."""
        return hashing.cache_key(
            "印",
            path.read_bytes(),
            self.fonts_digest,
            installation.build_id(),
            libreoffice.EXPORT,
            installation.PROFILE,
        )

    def _out(self, path: Path) -> Path:
        """Return the path of the PDF for a Word file."""
        return self.folder / f"{path.stem}.pdf"


def _write_texts(printed: Path, out: Path) -> None:
    out.write_text(json.dumps(render.page_texts(printed, with_pictures=True)), "utf-8")
