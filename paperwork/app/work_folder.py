"""Find and make a folder of work: the inputs, outputs and templates of one office, apart from the program.

A folder is one if it has `inputs/` and `templates/forms.toml`. `outputs/` may be missing, since staff may delete it.
The rule asks for forms.toml because folders named inputs and templates are common elsewhere.
"""

import shutil
from pathlib import Path

from paperwork.core import commands
from paperwork.core.faults import ExitCode, Stop

FOLDERS = {
    "inputs": "放项目发布目录、工作簿、照片、视频、附件",
    "outputs": "做好的档案放在这里",
    "templates": "表单的 Word 模板和各项规矩，可以改",
}
"""Folders of a folder of work, with their purpose."""
SHIPPED = ("*.toml", "docx/[!~]*.docx")
"""Patterns of the templates that are copied; Word keeps a lock file ~$….docx beside a document that is open."""
NOTE = "说明.txt"
NOTE_TEXT = """\
这是一个 paperwork 工作文件夹：把项目表格变成装订成册、可以归档的卷宗。

一、什么放在哪里
  inputs/     放进来的：项目发布目录（Word、Excel、WPS、文本或 PDF），每个项目一个文件夹，
              里面是工作簿“项目数据.xlsx”和照片、视频、附件。程序从不改动放进来的工作簿。
  outputs/    做好的：每个项目一个文件夹，如 outputs/1/，里面有 项目档案.pdf、打印版.pdf、电子档案包 等。
              可以整个删去，再做一遍就有。
  templates/  表单：docx/ 里是 Word 模板，用 Word 或 WPS 打开直接改；forms.toml 是有哪些表单，
              binding.toml 是页号、装订、档号的规矩，表头.toml 是目录和工作簿的栏目还可以叫什么，
              用记事本改，每一项旁边写着说明。

二、怎样开始
  打开终端，进入这个文件夹（cd 加上它的路径），以后的命令都在这里运行。
  1. 运行 paperwork doctor     看程序和字体齐不齐，缺什么就照它说的安装。
  2. 把项目发布目录放进 inputs/，运行 paperwork list     看认出了哪些项目。
  3. 运行 paperwork new 2      为项目2写一份空白工作簿，目录里已有的内容先填好。
  4. 填好工作簿，照片、视频、附件放在它旁边的文件夹里。
  5. 运行 paperwork check 2    看有没有错，错在哪张表哪一格、怎么改。
  6. 运行 paperwork archive 2  生成档案；材料没齐也能出，封面注明“待补稿”。
  7. 齐了以后运行 paperwork archive 2 --final     出定稿；还缺材料就不出，并列出缺什么。

三、别的命令
  paperwork serve            打开网页：拖放表格和照片，看还缺什么，生成、翻看、下载
  paperwork watch            看守 inputs，放进什么就核对什么
  paperwork archive --all    生成全部项目的档案；paperwork check --all 只校验
  paperwork print 2          打印打印版
  paperwork verify outputs/2 核对做好的成品有没有改动
  paperwork --help           列出全部命令；命令后面加 --help 看它的用法

终端说找不到 paperwork 命令的，请问安装它的人：要先启用装了它的 Python 环境。
这个文件夹可以改名、移到别处，路径里有空格、汉字都不要紧。
"""


def default(name: str) -> Path:
    """Return a folder to use when its option is not given: of the current folder of work, else of the checkout.

    Raises `Stop` if the current folder is no folder of work and the program does not run from a checkout.
    """
    here = Path.cwd()
    lacking = [part for part, found in _parts(here).items() if not found]
    if lacking and (root := commands.checkout()):
        return root / name
    if lacking:
        raise Stop(
            ExitCode.FAULTY, f"{here} 不是工作文件夹：里面没有 {'、'.join(lacking)}",
            "请先运行 paperwork init 文件夹 建一个，再进到那个文件夹里运行；"
            "或者用 --inputs、--outputs、--templates 写明各在哪里",
        )  # fmt: skip
    return here / name


def _parts(folder: Path) -> dict[str, bool]:
    """Return by which parts a folder of work is known, and which of them are present."""
    forms = "templates/forms.toml"
    return {"inputs": (folder / "inputs").is_dir(), forms: (folder / forms).is_file()}


def create(folder: Path) -> None:
    """Make a folder of work. Raises `Stop` if one of its names is taken; existing files are not touched."""
    if folder.exists() and not folder.is_dir():
        raise Stop(ExitCode.FAULTY, f"{folder} 是文件，不是文件夹", "请换一个名字")
    if taken := [name for name in (*FOLDERS, NOTE) if (folder / name).exists() or (folder / name).is_symlink()]:
        raise Stop(
            ExitCode.FAULTY, f"{folder} 里已经有 {'、'.join(taken)}，没有动它们",
            "请换一个文件夹；要重新开始，请先把它们移到别处",
        )  # fmt: skip
    templates = shipped_templates()
    folder.mkdir(parents=True, exist_ok=True)
    # Filled elsewhere and then renamed, so that a full disk leaves no half-made folder that would refuse the next try.
    import tempfile  # here, because every command loads this module and only `init` needs it

    with tempfile.TemporaryDirectory(prefix=".paperwork-", dir=folder) as name:
        made = Path(name)
        _fill(made, templates)
        for each in (*FOLDERS, NOTE):
            (made / each).rename(folder / each)


def _fill(folder: Path, templates: Path) -> None:
    """Write the folders, a copy of the templates and the note for staff into an empty folder."""
    for name in FOLDERS:
        (folder / name).mkdir()
    (folder / NOTE).write_text(NOTE_TEXT, "utf-8")
    for path in (each for pattern in SHIPPED for each in templates.glob(pattern)):
        target = folder / "templates" / path.relative_to(templates)
        target.parent.mkdir(exist_ok=True)
        # Only the content: an installed program's files may be read-only, and staff edit these.
        shutil.copyfile(path, target)


def shipped_templates() -> Path:
    """Return the templates that come with the program: of the checkout, or inside an installed wheel.

    Raises `Stop` if they are missing.
    """
    templates = commands.shipped_templates()
    if not (templates / "forms.toml").is_file():
        raise Stop(ExitCode.MISSING, f"程序没有装全：没有 {templates}", "请重新安装 paperwork")
    return templates
