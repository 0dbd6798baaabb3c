"""The second PDF/A checker, veraPDF: real runs, and unexpected answers of a fake one."""

import dataclasses
import json
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from paperwork.app import terminal
from paperwork.archive import verify
from paperwork.build.project import BuildResult
from paperwork.formats.pdf import verapdf
from paperwork.formats.pdf.verapdf import PdfaResult
from paperwork.volume import binder
from paperwork.volume.binder import VOLUME
from tests import make
from tests.conftest import bind
from tests.waiting import wait_until


def write_non_pdfa(folder: Path) -> Path:
    """Write a PDF file that is not PDF/A."""
    path = folder / "空白 页.pdf"
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.save(path)
    return path


def install_fake(folder: Path, answer: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program `verapdf` that runs these shell lines first in PATH; return a file to check."""
    program = folder / "verapdf"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return write_non_pdfa(folder)


def report(rules: list[dict[str, object]], status: str = "normal", compliant: bool = True) -> str:
    """Return a report in veraPDF's JSON format."""
    result = {"details": {"ruleSummaries": rules}, "jobEndStatus": status, "compliant": compliant, "statement": "No."}
    return json.dumps({"report": {"jobs": [{"validationResult": [result]}]}})


def is_alive(process: Path) -> bool:
    """Return True if a process, given by its folder in /proc, still runs."""
    try:
        return (process / "stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.usefixtures("vera")
def test_finished_volume_passes(small: tuple[BuildResult, Path]) -> None:
    assert verapdf.validate(small[0].folder / VOLUME) == []


def write_awkward(path: Path) -> None:
    """Write a PDF with features that PDF/A forbids or restricts: transparency, JavaScript, a hidden annotation."""
    Image.new("RGB", (300, 200), (90, 10, 0)).save(path.with_suffix(".jpg"), "JPEG")
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(842, 1191))
    page = pdf.pages[0]
    picture = pdf.make_stream(
        path.with_suffix(".jpg").read_bytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=300,
        Height=200, BitsPerComponent=8, ColorSpace=pikepdf.Name.DeviceRGB, Filter=pikepdf.Name.DCTDecode,
    )  # fmt: skip
    page.Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(Picture=picture),
        ExtGState=pikepdf.Dictionary(Glass=pikepdf.Dictionary(ca=0.5, CA=0.5)),
    )
    page.contents_add(b"q /Glass gs 300 0 0 200 100 600 cm /Picture Do Q")
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Rect=[50, 50, 70, 70], F=2, Contents=pikepdf.String("看")
    )
    page.Annots = pikepdf.Array([pdf.make_indirect(note)])
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    page.rotate(90, relative=False)
    pdf.save(path)
    path.with_suffix(".jpg").unlink()


@pytest.mark.usefixtures("vera")
def test_volume_with_awkward_attachments_passes_and_names_its_checkers(tmp_path: Path) -> None:
    inputs = make.make(tmp_path)
    write_awkward(inputs / "项目1" / "附件" / "评估.pdf")
    make.scan(inputs / "项目1" / "附件" / "审计.pdf", 270, pages=30)
    made = bind(inputs, tmp_path / "out", make.forms(tmp_path, ("附件隔页",)))
    assert made.archival == PdfaResult(("pikepdf", "veraPDF"), ())
    pdfa = json.loads((made.folder / "manifest.json").read_text("utf-8"))["pdfa"]
    assert pdfa == {"flavour": "2b", "passed": True, "findings": [], "checkers": ["pikepdf", "veraPDF"]}
    assert verify.verify(made.folder).faults == ()


@pytest.mark.usefixtures("vera")
def test_finding_names_the_violated_rule(tmp_path: Path) -> None:
    [reason] = verapdf.validate(write_non_pdfa(tmp_path)) or []
    assert reason.startswith("6.6.2.1-1：")
    assert "metadata" in reason


@pytest.mark.usefixtures("vera")
@pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n1 0 obj\n<<"])
def test_damaged_file_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "坏.pdf"
    path.write_bytes(content)
    [reason] = verapdf.validate(path) or []
    assert reason.startswith("读不了这个文件")


def test_missing_file_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = install_fake(tmp_path, "true", monkeypatch)
    path.unlink()
    [reason] = verapdf.validate(path) or []
    assert "没能运行" in reason


def test_judge_returns_none_without_java_or_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_non_pdfa(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(verapdf.JARS, str(make.ROOT / ".venv" / "share" / "paperwork" / "verapdf"))
    assert verapdf.validate(path) is None  # jars, but no Java
    monkeypatch.undo()
    monkeypatch.setattr("shutil.which", lambda name: None if name == "verapdf" else f"/usr/bin/{name}")
    monkeypatch.setenv(verapdf.JARS, str(tmp_path))
    assert verapdf.validate(path) is None  # Java, but no jars


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("exit 1", "答复看不懂"),
        ("echo PASS", "答复看不懂"),
        ("echo '[1, 2]'", "答复看不懂"),
        (r"printf '\377\376{}'", "答复看不懂"),
        ("""echo '{"report": {"jobs": []}}'""", "答复看不懂"),
        (f"echo '{report([], 'timeout')}'", "没有核对完"),
        (f"echo '{report([], compliant=False)}'", "No."),
        (f"echo '{report([{'clause': '6.1', 'testNumber': 2}])}'", "答复看不懂"),
    ],
)
def test_unexpected_answer_is_not_a_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, reason: str
) -> None:
    path = install_fake(tmp_path, answer, monkeypatch)
    [finding] = verapdf.validate(path) or []
    assert reason in finding


def test_hanging_checker_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = install_fake(tmp_path, f"sleep 600 & echo $! >{tmp_path}/child; wait", monkeypatch)
    monkeypatch.setattr(verapdf, "SECONDS", 3)  # enough for a shell to start, on any machine
    assert verapdf.validate(path) == ["没有在限定时间里答复"]
    child = Path("/proc", (tmp_path / "child").read_text().strip())
    wait_until(lambda: not is_alive(child))


def test_findings_of_both_checkers_are_combined(
    tmp_path: Path, small: tuple[BuildResult, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = small[0].folder / VOLUME
    answer = report([{"clause": "6.1", "testNumber": 2, "failedChecks": 3, "checks": [], "description": "Bad."}])
    install_fake(tmp_path, f"echo '{answer}'", monkeypatch)
    found = binder.check_pdfa(volume, ["x"])
    assert found == PdfaResult(("pikepdf", "veraPDF"), ("x", "veraPDF 6.1-2（3 处）：Bad."))
    [fault] = [fault for fault in verify.verify(small[0].folder).faults if "veraPDF" in fault.wrong]
    assert "不合 PDF/A-2b：veraPDF 6.1-2（3 处）：Bad." in fault.wrong


def test_terminal_reports_pdfa_findings_and_checkers(
    small: tuple[BuildResult, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = tuple(f"veraPDF 6.{number}-1：[x]" for number in range(5))
    terminal.show_archive(1, dataclasses.replace(small[0], archival=PdfaResult(("pikepdf", "veraPDF"), findings)))
    words = capsys.readouterr().out
    assert "整卷不是 PDF/A-2b（pikepdf、veraPDF 核对），共 5 处" in words
    assert "veraPDF 6.2-1：[x]" in words
    assert "veraPDF 6.3-1" not in words
    terminal.show_archive(1, dataclasses.replace(small[0], archival=PdfaResult(("pikepdf",))))
    assert "整卷是 PDF/A-2b（pikepdf 核对）" in capsys.readouterr().out
