"""The index of the words of evidence, in the way of the database at hand; the list is then made anew, with standings."""

from typing import Any

from django.db import migrations

from twofold.web.lookup.evidence_text import POSTGRESQL, SQLITE


def _make(apps: Any, schema_editor: Any) -> None:
    vendor = schema_editor.connection.vendor
    for statement in POSTGRESQL if vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)
    apps.get_model("company", "IndexState").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("lookup", "0001_initial"), ("company", "0001_initial")]

    operations = [migrations.RunPython(_make, migrations.RunPython.noop)]
