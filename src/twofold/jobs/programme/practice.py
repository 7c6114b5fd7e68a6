"""What policies promise against what practice says: the checks of the readiness review, run on the tables of a page."""

from datetime import datetime, timedelta

import duckdb

from twofold.populations.source_gaps import EXTRACTION_TABLES, read_extractions
from twofold.readiness.check import CheckResult
from twofold.readiness.check_files import known_checks, settings
from twofold.readiness.dated_words import word_relations
from twofold.readiness.proven import prove
from twofold.readiness.relations import make_relations
from twofold.readiness.run_checks import Reviewed, run_check

TABLES = ("policy_number", "policy_version", "measured_value", *EXTRACTION_TABLES)
"""What the session must hold."""
_CHECKS = ("practice/numbers_kept", "practice/policies_disagree")


def practice(session: duckdb.DuckDBPyConnection, *, at: datetime, zone: str) -> list[CheckResult]:
    """Return both checks for the window of a readiness review that ends now. at: aware UTC."""
    from_day = at - timedelta(days=settings()["window_days"].value)
    make_relations(session, word_relations())
    proofs = prove(
        read_extractions(session), window_from=from_day, window_to=at, reach_days=settings()["reach_days"].value
    )
    reviewed = Reviewed(
        window_from=from_day,
        window_to=at,
        zone=zone,
        proofs=dict(proofs),
        tests={},
        stops={},
        late={},
        rests_on=("tables: policy_number, policy_version, measured_value",),
    )
    return [run_check(session, known_checks()[name], reviewed) for name in _CHECKS]
