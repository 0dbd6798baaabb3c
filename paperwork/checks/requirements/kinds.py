"""Read templates/要求.toml: the kinds of demands, the words that announce them, and the judge of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of demand. `words`, `unless` and `when` are regular expressions; … matches up to 25 characters of a part.

    A part of a sentence is of this kind if one of `words` matches in it, none of `unless` does, and (if given) one of
    `when` matches in the sentence up to the end of the part.
    """

    name: str
    judge: str
    """Name of the judge in `judges.JUDGES`."""
    words: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    """Measure words of its number: 张 for photos."""
    thing: str = ""
    """Parameter of the judge: the record of an activity, the type of an attachment, a column of 基本信息."""
    owner: str = ""
    """Party that has to supply the evidence; empty: the contractor."""
    due: str = ""
    """开始 or 结束: when the evidence is due, if the clause gives no day; empty: at the end of the project."""
