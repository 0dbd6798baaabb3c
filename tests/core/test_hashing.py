"""Digest of the program: every package counts, and the folder does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paperwork.core import hashing
from tests import make

PACKAGES = sorted(path.name for path in (make.ROOT / "paperwork").iterdir() if (path / "__init__.py").is_file())


def copy_program(folder: Path) -> Path:
    """Copy the package into a folder and return the copy."""
    return Path(shutil.copytree(make.ROOT / "paperwork", folder / "paperwork"))


def keys_of(program: Path) -> list[str]:
    """Return the digest and a cache key of a program that runs from another folder."""
    script = (
        'from paperwork.core import hashing as h; print(h.__file__, h.program_digest(), h.cache_key("一"), sep="\\n")'
    )
    env = {**os.environ, "PYTHONPATH": str(program.parent)}
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=program.parent, env=env, capture_output=True, text=True, check=True
    )
    file, *keys = ran.stdout.splitlines()
    assert Path(file).is_relative_to(program)
    return keys


def test_packages_are_found_by_listing_the_folder() -> None:
    assert {"core", "documents", "app"} < set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_changed_module_of_any_package_changes_every_key(package: str, tmp_path: Path) -> None:
    program = copy_program(tmp_path)
    module = max((program / package).rglob("*.py"), key=lambda path: (len(path.parts), path.name))
    module.write_text(module.read_text("utf-8") + "\n# changed\n", "utf-8")
    changed, original = keys_of(program), [hashing.program_digest(), hashing.cache_key("一")]
    assert all(key != before for key, before in zip(changed, original, strict=True))


def test_data_files_and_new_modules_change_the_digest(tmp_path: Path) -> None:
    program = copy_program(tmp_path)
    page = program / "app" / "web" / "html" / "base.html"
    page.write_text(page.read_text("utf-8") + "<!-- changed -->\n", "utf-8")
    with_page = keys_of(program)
    (program / "volume" / "new.py").write_text('"""New."""\n', "utf-8")
    assert len({hashing.program_digest(), with_page[0], keys_of(program)[0]}) == 3


def test_digest_does_not_depend_on_the_folder_or_on_compiled_files(tmp_path: Path) -> None:
    program = copy_program(tmp_path / "另一个 文件夹")
    compiled = program / "core" / "__pycache__"
    compiled.mkdir(exist_ok=True)
    (compiled / "old.cpython-310.pyc").write_bytes(b"compiled")
    assert keys_of(program) == [hashing.program_digest(), hashing.cache_key("一")]


def test_library_version_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Include library versions in the digest: filled documents and resized photos depend on them, too."""
    assert "docxtpl-" in "".join(hashing._installed_libraries())
    before = hashing.program_digest()
    monkeypatch.setattr(hashing, "_installed_libraries", lambda: ["docxtpl-99.0.dist-info"])
    assert hashing.program_digest.__wrapped__() != before
