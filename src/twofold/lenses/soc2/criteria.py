"""Judge the criteria of an examination from the control judgements."""

from collections.abc import Mapping, Sequence

from twofold.catalog.catalog import Catalog
from twofold.lenses.conclusion import ControlJudgement
from twofold.lenses.gather import GatheredJudgement, gather


def judge_criteria(
    catalog: Catalog, *, categories: Sequence[str], judged: Mapping[str, ControlJudgement]
) -> tuple[GatheredJudgement, ...]:
    """Return a proposal for every criterion of the chosen categories; `judged` holds the company's controls by id."""
    return tuple(
        gather(
            criterion.criterion_id,
            criterion.title,
            [
                judged[control.control_id]
                for control in catalog.controls_for_criterion(criterion.criterion_id, lens="soc2")
                if control.control_id in judged
            ],
        )
        for criterion in catalog.criteria_for(categories)
    )
