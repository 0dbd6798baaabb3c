"""Archives made once and looked at by many tests."""

import atexit
import datetime as dt
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from paperwork import build, store, verapdf
from paperwork.build import Archive
from tests import make


class Silent:
    """A watcher that remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def step(self, name: str, total: int = 0) -> None:
        """Remember a step."""
        self.steps.append(name)

    def advance(self) -> None:
        """Remember a document."""
        self.steps.append("·")


Bind = Callable[..., Archive]


def bind(
    inputs: Path,
    outputs: Path,
    templates: Path = make.ROOT / "templates",
    number: int = 1,
    final: bool = False,
    as_of: dt.date = make.LATER,
    fresh: bool = False,
) -> Archive:
    """Make an archive as the command line does, on a day when everything is due.

    The tests share one store, as the projects of a folder do: what one has printed another need not print
    again. `fresh` prints all.
    """
    lend(outputs)
    return build.archive(number, inputs, outputs, templates, Silent(), as_of, final, jobs=2, fresh=fresh)


def lend(outputs: Path) -> None:
    """Let an outputs folder have the store that the tests share."""
    outputs.mkdir(parents=True, exist_ok=True)
    if not (outputs / store.FOLDER).exists():
        (outputs / store.FOLDER).symlink_to(os.environ[SHARED], target_is_directory=True)


SHARED = "PAPERWORK_TESTS_STORE"


def pytest_configure(config: pytest.Config) -> None:
    """Whoever begins the run makes the store that all its processes share, as those of an office do."""
    if SHARED not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="paperwork-tests-")
        atexit.register(folder.cleanup)
        os.environ[SHARED] = folder.name


LONG = (
    "fleet",
    "browser",
    "odd_volume",
    "archive",
    "samples",
    "incremental",
    "verapdf",
    "web",
    "watch",
    "spreadsheets",
)
"""The files whose tests take longest, to be begun first: else one core would be at the last of them alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long ones first; the tests of a file stay together."""
    place = {f"test_{name}.py": number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, Path]:
    """The good project's archive, and its inputs."""
    folder = tmp_path_factory.mktemp("small")
    inputs = make.make(folder)
    return bind(inputs, folder / "outputs", fresh=True), inputs


@pytest.fixture(scope="session", params=[1, 2, 3])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The archives of the three projects of the repository."""
    return bind(make.ROOT / "inputs", tmp_path_factory.mktemp("samples"), number=request.param, fresh=True)


@pytest.fixture
def vera(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second opinion can be had: what is installed for tests serves where the machine has none. Never skipped."""
    if verapdf.find() is None:
        monkeypatch.setenv(verapdf.JARS, str(make.ROOT / ".venv" / "share" / "paperwork" / "verapdf"))
    assert verapdf.find(), "run tools/setup.sh test"
