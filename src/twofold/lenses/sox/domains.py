"""Judge the ITGC domains of a fiscal year from the control judgements."""

from collections.abc import Mapping

from twofold.catalog.catalog import Catalog
from twofold.lenses.conclusion import ControlJudgement
from twofold.lenses.gather import GatheredJudgement, gather


def judge_domains(catalog: Catalog, *, judged: Mapping[str, ControlJudgement]) -> tuple[GatheredJudgement, ...]:
    """Return a proposal for each of the four domains; `judged` holds the company's controls by id."""
    return tuple(
        gather(
            domain.domain_id,
            domain.title,
            [
                judged[control.control_id]
                for control in catalog.controls_for_domain(domain.domain_id)
                if control.control_id in judged
            ],
        )
        for domain in catalog.domains.values()
    )
