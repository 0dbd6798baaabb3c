"""Archives made once and looked at by many tests."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from paperwork import build, verapdf
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
) -> Archive:
    """Make an archive as the command line does, on a day when everything is due."""
    return build.archive(number, inputs, outputs, templates, Silent(), as_of, final, jobs=2)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Archive, Path]:
    """The good project's archive, and its inputs."""
    folder = tmp_path_factory.mktemp("small")
    inputs = make.make(folder)
    return bind(inputs, folder / "outputs"), inputs


@pytest.fixture(scope="session", params=[1, 2, 3])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The archives of the three projects of the repository."""
    return bind(make.ROOT / "inputs", tmp_path_factory.mktemp("samples"), number=request.param)


@pytest.fixture
def vera(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second opinion can be had: what is installed for tests serves where the machine has none. Never skipped."""
    if verapdf.find() is None:
        monkeypatch.setenv(verapdf.JARS, str(make.ROOT / ".venv" / "share" / "paperwork" / "verapdf"))
    assert verapdf.find(), "run tools/setup.sh test"
