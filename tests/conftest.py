"""Shared fixtures: archives built once and used by many tests."""

import atexit
import datetime as dt
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from paperwork.build import project
from paperwork.build.project import BuildResult
from paperwork.core import cache
from paperwork.formats.pdf import verapdf
from tests import make


class RecordingWatcher:
    """A build watcher that records its calls."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, name: str, total: int = 0) -> None:
        """Record a step."""
        self.steps.append(name)

    def advance(self) -> None:
        """Record a finished document."""
        self.steps.append("·")


Bind = Callable[..., BuildResult]


def bind(
    inputs: Path,
    outputs: Path,
    templates: Path = make.ROOT / "templates",
    number: int = 1,
    final: bool = False,
    as_of: dt.date = make.LATER,
    fresh: bool = False,
    replacing: bool = False,
) -> BuildResult:
    """Build an archive as the command line does, on a day when everything is due.

    The tests share one cache, as the projects of an outputs folder do, so that a document is converted only once.
    With `fresh`, everything is converted again.
    """
    link_cache(outputs)
    watcher = RecordingWatcher()
    return project.archive(number, inputs, outputs, templates, watcher, as_of, final, 2, fresh, replacing)


def link_cache(outputs: Path) -> None:
    """Link the cache that all tests share into an outputs folder."""
    outputs.mkdir(parents=True, exist_ok=True)
    if not (outputs / cache.CACHE_FOLDER).exists():
        (outputs / cache.CACHE_FOLDER).symlink_to(os.environ[SHARED_CACHE], target_is_directory=True)


SHARED_CACHE = "PAPERWORK_TESTS_STORE"


def pytest_configure(config: pytest.Config) -> None:
    """Create the cache in the first process of the run; pytest-xdist workers inherit it through the environment."""
    if SHARED_CACHE not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="paperwork-tests-")
        atexit.register(folder.cleanup)
        os.environ[SHARED_CACHE] = folder.name


SLOWEST = (
    "desk/test_watch.py",
    "app/web/test_views.py",
    "build/test_samples.py",
    "build/test_project.py",
    "build/test_batch.py",
    "app/web/test_browser.py",
    "app/web/test_readings.py",
    "formats/spreadsheets/test_reader.py",
    "build/test_incremental.py",
    "desk/test_printing.py",
    "formats/test_attachments.py",
    "desk/test_folder_watch.py",
)
"""Test files that take longest. They start first, so that no core is left alone with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the slowest files first, keeping the tests of a file together."""
    place = {make.ROOT / "tests" / name: number for number, name in enumerate(SLOWEST)}
    assert all(path.is_file() for path in place), "SLOWEST names a file that does not exist"
    items.sort(key=lambda item: place.get(item.path, len(place)))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuildResult, Path]:
    """Build the archive of the good project once; return it and its inputs folder."""
    folder = tmp_path_factory.mktemp("small")
    inputs = make.make(folder)
    return bind(inputs, folder / "outputs", fresh=True), inputs


@pytest.fixture(scope="session", params=[1, 2, 3])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build the archive of each of the three sample projects once."""
    return bind(make.ROOT / "inputs", tmp_path_factory.mktemp("samples"), number=request.param, fresh=True)


@pytest.fixture
def vera(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make veraPDF available, from the test installation if the machine has none. Fails instead of skipping."""
    if verapdf.find() is None:
        monkeypatch.setenv(verapdf.JARS, str(make.ROOT / ".venv" / "share" / "paperwork" / "verapdf"))
    assert verapdf.find(), "run tools/setup.sh test"
