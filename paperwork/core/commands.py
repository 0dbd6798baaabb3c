"""Word the commands that staff type: `make …` in the checkout, `paperwork …` and `apt-get …` elsewhere.

Every message that names a command gets it from here, because a wheel has no Makefile.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
"""Folder of the program: all packages with their data files."""
ROOT = PACKAGE.parent
"""Folder above it: of the checkout, or site-packages of an installed wheel."""
OFFICE = "libreoffice-writer-nogui libreoffice-calc-nogui"
FONTS = "fontconfig fonts-noto-cjk fonts-liberation"
FANDOL = "texlive-lang-chinese"
RARE = "fonts-noto-core fonts-symbola fonts-hanazono fonts-babelstone-han fonts-unifont"
"""Debian packages: of LibreOffice, of the fonts that must be there, of the free fonts for 仿宋 and 楷体, of the faces
for other scripts, emoji and rare Chinese characters."""
VARIABLES = {"worker": "SCHEDULER"}
"""Make variable that holds the argument of a target, if it is not PROJECT."""
# The same lines as in the Makefile, which explains the settings of the worker; it runs them from .venv/bin.
PROGRAMS = {
    "scheduler": "dask scheduler --no-dashboard",
    "worker": "DASK_DISTRIBUTED__WORKER__DAEMON=False DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False "
    "dask worker --nworkers -1 --nthreads 1 --no-dashboard",
}
"""Programs behind the targets that are no call of `paperwork`."""


def checkout() -> Path | None:
    """Return the folder of the checkout that the program runs from; None for an installed wheel."""
    return ROOT if all((ROOT / name).is_file() for name in ("Makefile", "templates/forms.toml")) else None


def shipped_templates() -> Path:
    """Return the folder of the templates that come with the program: of the checkout, or inside an installed wheel."""
    return (checkout() or PACKAGE) / "templates"


def has_makefile() -> bool:
    """Return True if `make` works in the current folder: if that is the checkout itself."""
    root = checkout()
    return root is not None and Path().samefile(root)


def command(name: str, argument: object = "") -> str:
    """Return the line that runs a command; `argument` is the project's number, for a worker its scheduler."""
    if has_makefile():
        return f"make {name}" + (f" {VARIABLES.get(name, 'PROJECT')}={argument}" if argument else "")
    return f"{PROGRAMS.get(name, f'paperwork {name}')} {argument}".rstrip()


def list_files() -> str:
    """Return the line that prints the account of all files."""
    return "make list FILES=1" if has_makefile() else "paperwork list --files"


def replacing(number: object) -> str:
    """Return the line that makes an archive even if it takes the place of a better one."""
    return f"{command('archive', number)} {'REPLACE=1' if has_makefile() else '--replace'}"


def install(packages: str) -> str:
    """Return the line that installs programs or fonts, given their Debian packages."""
    return "make setup" if has_makefile() else apt(packages)


def apt(packages: str) -> str:
    """Return the line that installs Debian packages."""
    return f"apt-get install -y --no-install-recommends {packages}"
