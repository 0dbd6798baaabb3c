"""Registry of the rules that a project's data must satisfy.

Each rule is a generator of faults. Its docstring is the sentence that staff read. A rule says what must be *true*; what
must *exist* is an obligation, see `requirements`.
"""

from collections.abc import Callable, Iterator, Sequence

from paperwork.checks.rules import characters as characters
from paperwork.checks.rules import dates as days
from paperwork.checks.rules import facts as facts
from paperwork.checks.rules import money as money
from paperwork.core.faults import Fault, Level
from paperwork.project.model import Project, sheets

Rule = Callable[[Project], Iterator[Fault]]

# `paperwork rules` prints the rules in this order, and docs/rules.zh-CN.md must list them in it (tests/test_docs.py).
RULES: tuple[Rule, ...] = (
    facts.names_agree,
    facts.codes_are_unique,
    facts.references_exist,
    facts.scopes_exist,
    facts.goal_numbers_agree,
    days.nothing_ends_before_it_begins,
    days.dates_lie_in_the_period,
    days.stages_follow_each_other,
    days.volume_is_closed_after_its_papers,
    days.reports_are_on_time,
    days.briefs_are_on_time,
    days.plans_and_briefs_are_dated_in_order,
    days.faults_are_remedied,
    money.price_times_quantity_is_the_amount,
    money.budget_has_the_subjects_named,
    money.each_entry_has_one_amount,
    days.ledger_is_in_date_order,
    money.subjects_are_those_of_the_budget,
    money.no_line_is_overspent,
    money.balance_is_never_negative,
    money.small_grants_are_as_published,
    facts.participant_counts_agree,
    facts.amounts_agree,
    facts.roster_is_unique,
    facts.confirmations_name_a_clause,
    facts.folders_belong_to_activities,
    facts.all_photos_are_printed,
    facts.photo_notes_name_a_file,
    facts.attachments_have_no_open_changes,
    days.photos_were_taken_on_the_day,
    facts.a_photo_belongs_to_one_activity,
    facts.catalogue_is_consistent,
    characters.every_character_can_be_printed,
)


def apply_rules(project: Project) -> list[Fault]:
    """Return the faults that all rules find in a project."""
    return [fault for rule in RULES for fault in rule(project)]


def sort_faults(faults: Sequence[Fault]) -> list[Fault]:
    """Return each fault once, by worksheet in the workbook's order, the gravest level first.

    Faults that belong to no worksheet come last, by file.
    """
    names, levels = [*sheets()], [*Level]

    def key(fault: Fault) -> tuple[int, str, int]:
        place = names.index(fault.where.sheet) if fault.where.sheet in names else len(names)
        return place, fault.where.file if place == len(names) else "", levels.index(fault.level)

    # The sort is stable: within a worksheet and a level, faults stay in the order in which they were found.
    return sorted(dict.fromkeys(faults), key=key)
