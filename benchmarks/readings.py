"""Compare what the program reads in other funders' catalogues with what a careful reader finds in them.

    .venv/bin/python -m benchmarks.readings [--detail]

Each catalogue of tests/data/catalogues is read by `paperwork read --json`; gold.json beside them holds the reader's
answer. A duty of gold.json is *recognised* if a reading of its kind overlaps it and states all facts that it has
(number, unit, months, days, department, name); *asked* if a person is asked about its words; *misread* if only readings
of other kinds overlap it; *silent* if nothing does. A reading that fits no duty under it is a *false demand*. Terms of
payment (`info`) and what repeats a target (`t`) are no duties.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.tables import Table

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = ROOT / "tests" / "data" / "catalogues"
ASKED = "未识别的要求"
NO_DUTY = ("info", "t")
COLUMNS = {"goals": "项目目标", "content": "项目内容", "reqs": "相关要求"}
PAPERS = "材料 其他 成果报告 对象档案"
"""Labels that a paper asked for by its own name may answer."""
LABELS: dict[str, str] = {
    "依法登记": "登记 登记年限", "年限和等级": "登记年限 等级", "执行经验": "经验", "资源和理念": "资源理念",
    "信誉": "信誉", "设计能力": "能力", "资质": "资质", "全职社工": "社工", "督导": "督导",
    "每次活动方案": "方案", "每次活动简报": "简报", "每次活动照片": "照片", "每次活动小视频": "视频",
    "每次活动签到表": "签到", "每次活动报送方案": "报方案", "每次活动报送信息": "报信息",
    "进展报送": "进展", "信息报送": "信息", "中期评估": "中期评估", "第三方绩效评估报告": "评估",
    "专项资金审计报告": "审计", "项目结项报告": "结项", "书面成果报告": "成果报告", "汇编成册": "汇编",
    "项目费用": "费用", "按申报书和预算执行": "预算", "资金规范使用": "规范", "项目专账": "专账",
    "服务对象档案": "对象档案", "以市妇联名义": "名义", "成果归属": "归属", "巾帼志愿者服装或标志": "服装",
    "满意度": "满意度", "其他材料": PAPERS, "按期交的材料": PAPERS, "每次活动的材料": PAPERS,
    "目标": "T P", "每次的目标": "E",
}  # fmt: skip
"""Labels of gold.json that each kind may answer."""


@dataclass
class Score:
    """Counts over some catalogues, and lines that tell each miss."""

    projects: int = 0
    read: int = 0
    """Projects found with name, department, period and amount."""
    clauses: int = 0
    duties: int = 0
    recognised: int = 0
    asked: int = 0
    misread: int = 0
    silent: int = 0
    readings: int = 0
    false: int = 0
    questions: int = 0
    misses: list[str] = field(default_factory=list)

    def miss(self, what: str, where: str, words: str) -> None:
        """Note a miss for the detailed list."""
        self.misses.append(f"{what:9}{where}  {words}")


def read_json(folder: Path) -> dict[str, Any]:
    """Return what `paperwork read --json` prints for the catalogue in a folder."""
    command = [str(Path(sys.executable).with_name("paperwork")), "read", "--json", "--inputs", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    data: dict[str, Any] = json.loads(made.stdout)
    return data


def score_catalogue(name: str, gold: Mapping[str, Any], data: Mapping[str, Any], score: Score) -> None:
    """Compare one catalogue with its answer and add the counts to the score."""
    found = {each["number"]: each for each in data["projects"]}
    for answer in gold["projects"]:
        score.projects += 1
        project = found.get(str(answer["no"]))
        if project is None:
            score.miss("NOT READ", name, answer["name"])
            score.duties += sum(each["label"] not in NO_DUTY for key in COLUMNS for each in answer[key])
            continue
        wrong = list(_wrong_facts(answer, project))
        score.read += not wrong
        for each in wrong:
            score.miss("PROJECT", f"{name} {answer['no']}", each)
        for key, source in COLUMNS.items():
            clauses = [each for each in project["clauses"] if each["source"] == source]
            score.clauses += len(clauses) if key == "reqs" else 0
            parts = [part for clause in clauses for part in clause["parts"]]
            _score_column(f"{name} {answer['no']} {source}", answer, answer[key], parts, score)


def _wrong_facts(answer: Mapping[str, Any], project: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs in a project's own facts."""
    facts = {
        "name": (answer["name"], project["name"]),
        "department": (answer["dept"], project["department"]),
        "start": (answer["start"], project["period"]["start"]),
        "end": (answer["end"], project["period"]["end"]),
        "amount": (Decimal(answer["yuan"]), Decimal(project["amount"] or 0)),
    }
    for fact, (wanted, got) in facts.items():
        if wanted != got:
            yield f"{fact}: {got} instead of {wanted}"


def _score_column(
    where: str, answer: Mapping[str, Any], duties: Sequence[Mapping[str, Any]], parts: Sequence[Mapping[str, Any]],
    score: Score,
) -> None:  # fmt: skip
    for duty in duties:
        if duty["label"] in NO_DUTY:
            continue
        score.duties += 1
        over = [reading for part in parts if _overlap(part, duty) for reading in part["readings"]]
        fitting = [each for each in over if duty["label"] in LABELS.get(each["kind"], "").split()]
        if any(_states(each, duty["facts"], answer) for each in fitting):
            score.recognised += 1
        elif any(each["kind"] == ASKED for each in over):
            score.asked += 1
        elif over:
            score.misread += 1
            score.miss("MISREAD", where, f"{duty['label']} {duty['words']} → {[each['kind'] for each in over]}")
        elif not duty["optional"]:
            score.silent += 1
            score.miss("SILENT", where, f"{duty['label']} {duty['words']}")
    for part in parts:
        for reading in part["readings"]:
            score.questions += reading["kind"] == ASKED
            if reading["kind"] != ASKED:
                score.readings += 1
                labels = LABELS.get(reading["kind"], "").split()
                # What repeats a target, or is called optional, may be read or not.
                if not any(each["label"] in (*labels, "t") for each in duties if _overlap(part, each)):
                    score.false += 1
                    score.miss("FALSE", where, f"{reading['kind']} {reading['name']} « {part['text']} »")


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def _states(reading: Mapping[str, Any], facts: Mapping[str, str], answer: Mapping[str, Any]) -> bool:
    """Return True if a reading states all facts that a careful reader found."""
    room, name = answer["dept"] if facts.get("dept") == "LEAD" else facts.get("dept"), facts.get("name", "")
    return all((
        "number" not in facts or (reading["number"] and Decimal(reading["number"]) == Decimal(facts["number"])),
        "unit" not in facts or reading["unit"] == facts["unit"],
        "months" not in facts or reading["months"] == int(facts["months"]),
        "days" not in facts or reading["days"] == int(facts["days"]),
        "dept" not in facts or reading["department"] == room,
        not name or name in reading["name"] or (reading["name"] and reading["name"] in name),
    ))  # fmt: skip


def measure() -> Score:
    """Read every catalogue and return the score over all."""
    score = Score()
    for name, gold in json.loads((CATALOGUES / "gold.json").read_text("utf-8")).items():
        score_catalogue(name, gold, read_json(CATALOGUES / name), score)
    return score


def table(score: Score) -> Table:
    """Return the score as a table."""
    share = lambda part, whole: f"{100 * part / max(1, whole):.1f} %"  # noqa: E731
    rows = [
        ("projects read with name, department, period, amount", f"{score.read} of {score.projects}"),
        ("duties", str(score.duties)),
        ("recognised rightly", f"{score.recognised} ({share(score.recognised, score.duties)})"),
        ("asked of a person", str(score.asked)),
        ("misread", str(score.misread)),
        ("silent", str(score.silent)),
        ("false demands, of all recognised", f"{score.false} ({share(score.false, score.readings)})"),
        ("questions a clause", f"{score.questions / max(1, score.clauses):.2f}"),
    ]
    return Table("Other funders' catalogues against a careful reader", ("", "figure"), rows)


if __name__ == "__main__":
    result = measure()
    if "--detail" in sys.argv:
        print("\n".join(result.misses))
    print(table(result).plain())
