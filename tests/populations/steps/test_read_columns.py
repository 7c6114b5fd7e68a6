"""Steps that a session computes with only the columns that its texts read."""

from datetime import UTC, datetime
from pathlib import Path

from twofold.controltests.engine import set_parameters
from twofold.controltests.rule import known_rules
from twofold.populations.completeness import population_register
from twofold.populations.define import definition_text
from twofold.populations.steps import register_steps, steps_needed
from twofold.tables.store import TableSet, open_session

CLOCK = datetime(2026, 1, 1, tzinfo=UTC)


def test_every_text_of_a_run_finds_the_columns_that_it_reads(tmp_path: Path) -> None:
    rules = known_rules().values()
    reconciliations = {rule.control_test: population_register()[rule.population].reconciliation_text for rule in rules}
    texts = [text for rule in rules for text in (definition_text(rule.population), rule.sql)]
    texts += reconciliations.values()
    with open_session(TableSet(tmp_path, {})) as session:
        register_steps(session, steps_needed(*texts), read_by=texts)
        for rule in rules:
            set_parameters(session, rule.parameter_values({}, where="test"), extracted_at=CLOCK)
            session.execute(f"CREATE OR REPLACE TEMP VIEW population AS {definition_text(rule.population)}")
            assert session.execute(f"DESCRIBE {rule.sql}").fetchall()
            if text := reconciliations[rule.control_test]:
                assert session.execute(f"DESCRIBE {text}").fetchall()


def test_a_step_has_what_is_read_of_it_and_nothing_else(tmp_path: Path) -> None:
    read = "SELECT g.person AS person FROM authority AS g WHERE g.duty = 'uat' -- g.scope is not read"
    with open_session(TableSet(tmp_path, {})) as session:
        register_steps(session, steps_needed(read), read_by=[read])
        kept = [column for column, *_ in session.execute("DESCRIBE authority").fetchall()]
        register_steps(session, steps_needed(read))
        whole = [column for column, *_ in session.execute("DESCRIBE authority").fetchall()]
    assert kept == ["duty", "person"]
    assert whole == ["scope", "duty", "right_class", "person", "valid_from", "valid_to", "valid_to_latest", "basis"]


def test_a_step_has_what_a_later_step_reads_of_it(tmp_path: Path) -> None:
    read = "SELECT a.id AS id FROM change_approval AS a"
    with open_session(TableSet(tmp_path, {})) as session:
        register_steps(session, steps_needed(read), read_by=[read])
        approval = [column for column, *_ in session.execute("DESCRIBE change_approval").fetchall()]
        hands = {column for column, *_ in session.execute("DESCRIBE change_contributor").fetchall()}
    assert approval == ["id"]
    assert {"item_no", "account", "human", "state"} <= hands
    assert not hands & {"evidence", "record"}
