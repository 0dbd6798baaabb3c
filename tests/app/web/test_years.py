"""The page knows the projects of several years, and asks before something better goes."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from paperwork.archive import register
from tests import make
from tests.app.web.test_views import Answer, ask, drop
from tests.browser import ServerUnderTest, serve
from tests.conftest import bind
from tests.project.test_years import catalogue
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerUnderTest]:
    """Serve the good project and its archive, which is complete, with few forms."""
    folder = tmp_path_factory.mktemp("years")
    inputs, templates = make.make(folder), make.forms(folder, ["督导记录表"])
    bind(inputs, folder / "outputs", templates)
    with serve(inputs, folder / "outputs", folder / "log.txt", templates) as server:
        yield server


def post(site: ServerUnderTest, path: str, **fields: str) -> Answer:
    """Send a form."""
    return ask(site, path, "POST", urlencode(fields).encode(), **{"Content-Type": "application/x-www-form-urlencoded"})


def built(site: ServerUnderTest, words: str, **fields: str) -> str:
    """Start a build and return the page's part when it has ended and says so: a scan stays valid for a second."""
    post(site, "/projects/1/making", **fields)
    return wait_until(lambda: page if words in (page := ask(site, "/projects/1/making").words_and_tags) else "")


def test_page_asks_before_a_draft_replaces_a_complete_archive_and_restores_it(site: ServerUnderTest) -> None:
    volume = site.outputs / "1" / "项目档案.pdf"
    before = volume.read_bytes()
    photo = next((site.inputs / "项目1" / "附件").glob("审计.pdf"))
    photo.unlink()
    page = built(site, "没有换掉它")
    assert "还是要换" in page
    assert volume.read_bytes() == before
    page = built(site, "做好了", replace="1")
    assert "放回以前的齐备档案" in page
    assert volume.read_bytes() != before
    assert post(site, "/projects/1/restore", state="齐备").status == 303
    assert volume.read_bytes() == before
    assert "放回以前的待补稿档案" in ask(site, "/projects/1").words
    assert "没有以前" in post(site, "/projects/1/restore", state="没有").words


def test_catalogue_is_replaced_only_when_its_changes_are_confirmed(site: ServerUnderTest, tmp_path: Path) -> None:
    path = site.inputs / "项目发布目录.docx"
    before = path.read_bytes()
    new = catalogue(tmp_path / "新目录.xlsx", 2022, {1: "盐都紫薇伙伴项目", 2: "红梅花开和美之家", 4: "丁"})
    answer = drop(site, "/files", "新目录.xlsx", new.read_bytes())
    assert "去掉了项目3““国有法·家有爱”家庭教育辩论赛”；新增项目4“丁”" in answer.words
    assert path.read_bytes() == before
    found = re.search(r'name="token" value="([^"]+)"', answer.words_and_tags)
    assert found
    assert "已收下目录" in post(site, "/files/confirm", token=found[1]).words
    assert path.with_suffix(".xlsx").read_bytes() == new.read_bytes()
    assert not path.exists()
    assert "没有收下" in post(site, "/files/confirm", token=found[1]).words


def test_project_of_an_older_year_has_its_own_page(site: ServerUnderTest, tmp_path: Path) -> None:
    new = catalogue(tmp_path / "目录.xlsx", 2023, {1: "新项目"})
    assert "已收下目录" in drop(site, "/files", "目录.xlsx", new.read_bytes()).words
    assert "新项目" in ask(site, "/projects/1").words
    last = ask(site, "/projects/2022-1")
    assert (last.status, "盐都紫薇伙伴项目" in last.words) == (200, True)
    assert "/projects/2022-1/files/" in last.words_and_tags
    assert "项目2022-1" in ask(site, "/projects/2022-1/card").words
    assert (site.outputs / "2022-1" / "项目档案.pdf").is_file()
    assert (site.outputs / register.FILE).is_file()
    assert ask(site, "/projects/2021-1").status == 404
