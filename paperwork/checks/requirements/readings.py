"""Read a project's published texts: cut them into parts, and find for each part the demands that it makes.

Every part is held by a reading, or a person is asked, or it demands nothing for a reason that is told. There is no
fourth case, so no demand can be passed over. The words that announce a demand stand in templates/要求.toml (`kinds`).
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from paperwork.checks.requirements.kinds import Kind, Kinds, read_kinds
from paperwork.checks.requirements.obligations import (
    CONTENT,
    GENERAL,
    GENERAL_TEXT,
    GOALS,
    REQUIREMENTS,
    TARGET,
    TARGET_FOR_EACH,
    UNKNOWN,
    Clause,
    Obligation,
    Part,
)
from paperwork.core.dates import Period
from paperwork.project.catalogue import quantities, sentences
from paperwork.project.funder import NO_FUNDER, Funder
from paperwork.project.model import CatalogueEntry

NEGATION = re.compile(r"(?:不需|无需|无须|不必|不再|不接受|不包含|不含|不要求|不得|严禁|禁止|未经)[^，,。；;\n]*$")
"""Negations: after them, in the same part of a sentence, announcing words ask for nothing."""
JOINT = re.compile(
    r"、|(?<=[\u4e00-\u9fff\d）)])(?:以及|和|及(?!以[上下]|时|格)|(?<![参应或须需可会])与|并附有?|并)(?=[\u4e00-\u9fff\d“《])"
)
"""Signs and words between the things of a list."""
MAX_SENTENCE = 600
"""Most characters of a sentence that is cut into parts; a longer one is asked about whole. This bounds the time."""


@dataclass(frozen=True)
class Context:
    """The project's data by which its texts are read: the lead department, the period, the funder's names."""

    department: str = ""
    period: Period | None = None
    funder: str = ""
    """Regular expression for the funder's names."""


@dataclass(frozen=True)
class _Found:
    """A kind that was found in a sentence, at the place of its words."""

    kind: Kind
    start: int
    end: int
    name: str = ""


@dataclass
class _Stretch:
    """A stretch of a sentence with the kinds found in it."""

    start: int
    end: int
    found: list[_Found]


def read_entry(entry: CatalogueEntry, funder: Funder = NO_FUNDER, templates: Path | None = None) -> tuple[Clause, ...]:
    """Return the clauses of a published project: 项目目标, 项目内容, those of 相关要求, what every project needs."""
    kinds = read_kinds(templates, funder)
    context = Context(entry.department, entry.span if entry.is_dated else None, funder.pattern)
    clauses = []
    for source, text, parts in zip(
        (GOALS, CONTENT), (entry.goals, entry.content), read_targets(entry.goals, entry.content), strict=True
    ):
        if parts:
            clauses.append(_clause(0, text, parts, 0, source))
    asked: set[str] = set()
    at = 0
    for number, text in sentences.split_clauses(entry.requirements):
        at = entry.requirements.index(text, at)
        clauses.append(_clause(number, text, read_clause(text, kinds, context, at), at))
        asked |= {each.kind for each in clauses[-1].obligations}
        at += len(text)
    return (*clauses, *general_clauses(asked, entry, kinds))


def general_clauses(asked: Collection[str], entry: CatalogueEntry, kinds: Kinds) -> Iterator[Clause]:
    """Yield the clause of what every project needs, without the kinds that its own clauses ask for (`asked`)."""
    amount = Decimal(entry.amount)
    general = tuple(
        Obligation(each.name, each.general, number=amount if each.units == ("元",) else None)
        for each in kinds.kinds
        if each.general and each.name not in asked
    )
    if general:
        yield Clause(0, GENERAL_TEXT, general, GENERAL)


def _clause(number: int, text: str, parts: Sequence[Part], start: int, source: str = REQUIREMENTS) -> Clause:
    """Return a clause with the obligations that its parts state, each once."""
    numbered = tuple(
        replace(part, readings=tuple(replace(each, clause=number) for each in part.readings)) for part in parts
    )
    stated = merge(each for part in numbered for each in part.readings)
    return Clause(number, text.strip(), stated, source, numbered, start)


FACTS = ("number", "unit", "department", "months", "days", "after", "due")


def merge(readings: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """Return the obligations of readings: what two parts state is one. What staff have decided is kept as it is."""
    stated: list[Obligation] = []
    for reading in readings:
        same = next((at for at, known in enumerate(stated) if _is_same(known, reading)), None)
        if same is None:
            stated.append(reading)
        else:
            stated[same] = _merged(stated[same], reading)
    return tuple(stated)


def _is_same(one: Obligation, other: Obligation) -> bool:
    """Return True if two readings state one obligation: the same kind and name, and no fact that contradicts."""
    if one.kind in (TARGET, TARGET_FOR_EACH, UNKNOWN):
        return one == other
    is_decided = one.decided_by and other.decided_by
    return (one.kind, one.name) == (other.kind, other.name) and all(
        getattr(one, fact) == getattr(other, fact)
        for fact in (FACTS if is_decided else ("number", "months"))
        if is_decided or (getattr(one, fact) and getattr(other, fact))
    )


def _merged(one: Obligation, more: Obligation) -> Obligation:
    """Merge two statements of one obligation: 建立督导机制。市妇联组联部每季度督导。

    Facts that only one gives are added. The words are those of the second if it gives facts, but always those of the
    statement that staff have decided.
    """
    if more.decided_by and not one.decided_by:
        one, more = more, one
    added = {fact: getattr(more, fact) for fact in FACTS if getattr(more, fact) and not getattr(one, fact)}
    return replace(one, words=one.words if one.decided_by else more.words, **added) if added else one


def read_clause(text: str, kinds: Kinds, context: Context, start: int = 0) -> tuple[Part, ...]:
    """Return the parts of a clause, which begins at `start` in its column."""
    parts: list[Part] = []
    before = ""
    for first, last in sentences.sentence_spans(text):
        sentence = text[first:last]
        parts += _read_sentence(sentence, before, start + first, kinds, context)
        before = sentence
    return tuple(_join_parts(parts, text, start))


def _read_sentence(sentence: str, before: str, offset: int, kinds: Kinds, context: Context) -> Iterator[Part]:
    """Yield the parts of a sentence. `before` is the sentence before it, whose verb may hold for this one."""
    if len(sentence) > MAX_SENTENCE:
        yield Part(sentence, offset, offset + len(sentence), (Obligation(UNKNOWN, sentence),))
        return
    pieces = list(sentences.part_spans(sentence))
    found = list(_find(sentence, pieces, kinds))
    for stretch in _stretches(sentence, pieces, found, before, kinds):
        words = sentence[stretch.start : stretch.end]
        place = offset + stretch.start, offset + stretch.end
        if stretch.found:
            readings = (_reading(each, sentence, stretch, kinds, context) for each in stretch.found)
            yield Part(words, *place, tuple(dict.fromkeys(readings)))
        elif reason := _no_demand(words + sentence[stretch.end : stretch.end + 1].replace("，", ""), kinds):
            yield Part(words, *place, reason=reason)
        else:
            yield Part(words, *place, (Obligation(UNKNOWN, words),))


NARRATIVE, SAME_AS_GOAL = "叙述，没有要达到的数目", "和项目目标说的是同一件事"
"""Reasons why a part of 项目目标 or 项目内容 demands nothing."""
DEMAND = re.compile(r"须|必需|应当|不得|严禁|务必|禁止")
"""Words that make a part of these columns a demand, also without a number."""


def read_targets(goals: str, content: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return the parts of 项目目标 and of 项目内容: numbers to reach, numbers per occasion, questions, narrative."""
    known = [each for each in quantities.find_quantities(goals) if not each.for_each]
    return tuple(_target_parts(goals, ())), tuple(_target_parts(content, known))


def _target_parts(text: str, known: Sequence[quantities.Quantity]) -> Iterator[Part]:
    before: list[quantities.Quantity] = []
    for start, end in quantities.part_spans(text):
        words = text[start:end]
        found = quantities.go_on(before, list(quantities.quantities_of(text, start, end)), text)
        before = found or before
        new = [
            each
            for each in found
            if each.for_each or not any(quantities.is_about_the_same(each, goal) for goal in known)
        ]
        if new:
            kinds = [TARGET_FOR_EACH if each.for_each else TARGET for each in new]
            readings = (
                Obligation(kind, words, number=each.number, unit=each.unit)
                for kind, each in zip(kinds, new, strict=True)
            )
            yield Part(words, start, end, tuple(readings))
        elif found:
            yield Part(words, start, end, reason=SAME_AS_GOAL)
        elif quantities.has_other_numbers(words) or DEMAND.search(words):
            yield Part(words, start, end, (Obligation(UNKNOWN, words),))
        else:
            yield Part(words, start, end, reason=NARRATIVE)


def _no_demand(words: str, kinds: Kinds) -> str:
    """Return the reason why a part demands nothing, or ''."""
    return next(
        (
            each.reason
            for each in kinds.no_demands
            if kinds.search(each.words, words) and not kinds.search(each.unless, words)
        ),
        "",
    )


def _find(sentence: str, pieces: Sequence[tuple[int, int]], kinds: Kinds) -> Iterator[_Found]:
    """Yield the kinds of a sentence, papers by their own name left out."""
    for kind in kinds.kinds:
        if not kind.is_paper:
            for match in kinds.matches(kind.words, sentence):
                if _holds(kind, sentence, pieces, match, kinds):
                    yield _Found(kind, match.start(), match.end())


def _holds(
    kind: Kind, sentence: str, pieces: Sequence[tuple[int, int]], match: re.Match[str], kinds: Kinds, before: str = ""
) -> bool:
    """Return True if nothing in the part of a match, or in the sentence before it, speaks against the kind."""
    inside = [piece for piece in pieces if piece[0] < match.end() and match.start() < piece[1]]
    if not inside:
        return False
    start, end = inside[0][0], inside[-1][1]
    head = before + sentence[:end]
    if sentence[start:end].endswith("的") and any(piece[0] >= end for piece in pieces):
        return False  # a condition: 评价得分低于70分的，…
    return not (
        NEGATION.search(sentence[start : match.start()])
        or kinds.search(kind.unless, sentence[start:end])
        or kinds.search(kind.unless_before, head)
        or (kind.when and not kinds.search(kind.when, head))
    )


def _stretches(
    sentence: str, pieces: Sequence[tuple[int, int]], found: Sequence[_Found], before: str, kinds: Kinds
) -> Iterator[_Stretch]:
    """Yield the stretches of a sentence: its pieces, joined where one match spans several, cut where they list things.

    Papers that are asked for by name are looked for in what holds no other kind.
    """
    at = 0
    while at < len(pieces):
        start, end = pieces[at]
        # A match that goes on after a comma joins the pieces.
        while True:
            inside = [each for each in found if start <= each.start < end or start < each.end <= end]
            last = max([end, *(each.end for each in inside)])
            at += 1
            if at < len(pieces) and (pieces[at][0] < last or _continues(sentence[slice(*pieces[at])], inside, kinds)):
                end = pieces[at][1]
            else:
                break
        yield from _cut(sentence, start, end, inside, before, pieces, kinds)


def _continues(words: str, found: Sequence[_Found], kinds: Kinds) -> bool:
    """Return True if a piece belongs to a demand before it: 含审计费等所有费用."""
    return any(kinds.search(each.kind.continues, words) for each in found)


def _cut(
    sentence: str, start: int, end: int, inside: Sequence[_Found], before: str,
    pieces: Sequence[tuple[int, int]], kinds: Kinds,
) -> Iterator[_Stretch]:  # fmt: skip
    """Yield a piece, cut between the things that it lists if more than one of them is a demand."""
    items = [_Stretch(first, last, []) for first, last in _items(sentence, start, end)]
    for each in inside:
        own = next((item for item in items if item.start < each.end <= item.end), items[-1])
        if all(each.kind is not other.kind for other in own.found):
            own.found.append(each)
    for item in items:
        if not item.found:
            item.found = list(_papers(sentence, item, before, pieces, kinds))
    _drop_doubles(items)
    demands = [item for item in items if item.found or (inside and _is_asked(item, sentence, kinds))]
    if len(demands) < 2:
        yield _Stretch(start, end, [each for item in demands for each in item.found])
        return
    # What holds no demand belongs to the thing before it, and at the beginning to the first.
    starts = [start, *(item.start for item in demands[1:])]
    for item, first, after in zip(demands, starts, [*starts[1:], end], strict=True):
        last = first + len(JOINT_END.sub("", sentence[first:after]))
        yield _Stretch(first, last, item.found)


def _is_asked(item: _Stretch, sentence: str, kinds: Kinds) -> bool:
    """Return True if a thing of a list in which others were recognised is a demand all the same."""
    return kinds.search(kinds.ask_in_list, sentence[item.start : item.end])


def _drop_doubles(items: Sequence[_Stretch]) -> None:
    """Leave a kind that two things of a list seem to be to the one that is nothing else: 照片、影像资料."""
    for item in items:
        for each in list(item.found):
            others = [other for other in items if other is not item and any(e.kind is each.kind for e in other.found)]
            if len(item.found) > 1 and any(len(other.found) == 1 for other in others):
                item.found.remove(each)


JOINT_END = re.compile(r"(?:、|以及|和|及|与|并附有?|并)\s*$")


def _items(sentence: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the things of a list, but do not cut inside brackets and quotation marks."""
    hidden = sentences.hide_inside(sentence)
    first = start
    for joint in JOINT.finditer(hidden, start, end):
        yield first, joint.start()
        first = joint.end()
    yield first, end


def _papers(
    sentence: str, item: _Stretch, before: str, pieces: Sequence[tuple[int, int]], kinds: Kinds
) -> Iterator[_Found]:
    """Yield the paper that a thing of a list names, by the first kind of papers that fits."""
    for kind in kinds.kinds:
        if not kind.is_paper:
            continue
        for match in kinds.matches(kind.words, sentence):
            # A sentence that only names a paper goes on with the one before: 提交结项报告；典型案例集1本.
            is_bare = len(pieces) == 1 and BARE.fullmatch(sentence[match.end("name") :])
            head = before if is_bare else ""
            if not (item.start < match.end() <= item.end and _holds(kind, sentence, pieces, match, kinds, head)):
                continue
            if not kind.periodic or _often(sentence, item):
                name = _paper_name(match["name"])
                if len(name) > 1 and not NEGATION.search(sentence[: match.end("name") - len(name)]):
                    yield _Found(kind, max(match.start(), item.start), match.end(), name)
                    return


BARE = re.compile(r"(?:各?[\d一二两三四五六七八九十]+[份篇本册个套])?")
"""All that may follow the name of a paper in a sentence that says nothing else."""
NAME_BEGINS = re.compile(
    r"^.*(?:提供|提交|出具|形成|签订|签署|报送|上报|上交|递交|填写|填报|撰写|编写|编制|编印|须附|并附|留存|附上|具有|须有|并有|以及|一份|一篇|一本"
    r"|每[月季年次场期]度?|[一1]?次|不少于\d*[份本篇个]?|上[月季]度?|所有|相关|全部|完整的?|[的附交有及和与])"
)


def _paper_name(words: str) -> str:
    return re.sub(r"^[\d\s一二两三四五六七八九十]+[份本篇个]?", "", NAME_BEGINS.sub("", words.strip())).strip("“”《》")


# ---- the facts of a demand


def _reading(found: _Found, sentence: str, stretch: _Stretch, kinds: Kinds, context: Context) -> Obligation:
    """Return a found kind with its facts, each from the nearest words: the thing, its part, the sentence before it."""
    kind = found.kind
    own = sentence[stretch.start : stretch.end]
    head = sentence[: stretch.end]
    near = [own, *reversed([sentence[a:b] for a, b in sentences.part_spans(head) if a < stretch.start])]
    number, unit = _number(kind, own, sentence, stretch)
    room = sentences.department(sentence, context.funder, context.department) if kind.by_room else ""
    often = _often(sentence, stretch) if kind.periodic else 0
    return Obligation(
        kind.name, own, number=number, unit=unit, department=room, months=often,
        days=next((days for words in near if (days := sentences.days(words))), 0),
        due=next((due for words in near if (due := sentences.due_day(words, context.period))), None),
        after=next((event for words in near if (event := sentences.event(words))), ""),
        name=found.name,
    )  # fmt: skip


ONCE = re.compile(
    r"\d+月(?:\d+[日号]|[底末初]|[上中下]旬|份)?(?:之?前|以前|[上中下]旬|底)|\d+月\d+[日号]|结束|结项|期满|签约|签订"
)
"""Words that set a day: what comes after them is no longer asked for every month."""


def _often(sentence: str, stretch: _Stretch) -> int:
    """Return how often a stretch of a sentence asks for something, in months: in its own words, or in those before."""
    before = [sentence[a:b] for a, b in sentences.part_spans(sentence[: stretch.end]) if a <= stretch.start]
    for words in (sentence[stretch.start : stretch.end], *reversed(before)):
        if months := sentences.months(words):
            return months
        if ONCE.search(words):
            return 0
    return 0


TIME = re.compile(r"中期|末期|终期|初期|前期|后期|年中|年末|年底|上半年|下半年|期初|期末|结项时?")
TIMES = re.compile(rf"(?:{TIME.pattern})(?:[、和及]?(?:{TIME.pattern}))+[^，,]{{0,4}}各")
"""Several times named together, at each of which something is asked for: 中期、末期各."""


def _number(kind: Kind, own: str, sentence: str, stretch: _Stretch) -> tuple[Decimal | None, str]:
    """Return the number of a demand with its measure word: of the words of its own, else of what follows it."""
    if not kind.units:
        return None, ""
    if kind.units == ("元",):
        return sentences.amount(own), "元"
    units = "|".join(kind.units)
    if total := re.search(rf"[共计]\s*{sentences.NUMERAL}\s*(?:{units})", own):
        own = total[0]
    value = sentences.number(own, units)
    if value and (each := TIMES.search(sentence[: stretch.end])):
        value *= len(TIME.findall(each[0]))
    return value, (re.search(rf"{sentences.NUMERAL}\s*({units})", own) or ["", "", ""])[2] if value else ""


def _join_parts(parts: Sequence[Part], text: str, start: int) -> Iterator[Part]:
    """Yield the parts, with neighbours made one that say one thing: one demand has one row, and a person one question.

    A question ends with its sentence; a demand may go on after a comma: 建立督导机制，市妇联组联部每季度督导.
    """
    waiting: Part | None = None
    for part in parts:
        between = text[waiting.end - start : part.start - start] if waiting else ""
        joined = waiting and _joined(waiting, part, between)
        if joined:
            words = text[joined.start - start : joined.end - start]
            waiting = replace(
                joined, text=words, readings=tuple(replace(each, words=words) for each in joined.readings)
            )
            continue
        if waiting:
            yield waiting
        waiting = part
    if waiting:
        yield waiting


def _joined(one: Part, other: Part, between: str) -> Part | None:
    """Return two neighbours as one part if each says one thing and they say the same; else None."""
    if len(one.readings) != 1 or len(other.readings) != 1:
        return None
    [mine], [more] = one.readings, other.readings
    if mine.kind == more.kind == UNKNOWN:
        is_same = not re.search(r"[。\n]", between)
    else:
        is_same = mine.kind != UNKNOWN and not re.search(r"[。；;\n]", between) and _is_same(mine, more)
    return replace(one, end=other.end, readings=(_merged(mine, more),)) if is_same else None
