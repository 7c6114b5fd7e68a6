"""Laptops of finance as device management shows them (T-27), reporting every second Saturday."""

from datetime import date, timedelta

from twofold.jobs.demonstration.answer_key import KeyItem
from twofold.jobs.demonstration.systems import COMPANY_WIDE
from twofold.jobs.demonstration.timeline import EXTRACTED_AT, local, midnight
from twofold.jobs.demonstration.world import Row, TableExport, World

_SINCE = date(2025, 9, 20)
_STEP = timedelta(days=14)
_UNENCRYPTED = "laptop-3", date(2026, 5, 2)
_UNPATCHED = "laptop-5", date(2026, 6, 13)


def manage_devices(world: World) -> None:
    """Export the laptops and their reports; one lost its encryption, one its patches, for two weeks each."""
    devices: list[Row] = [
        {
            "id": f"laptop-{number}",
            "person": person.id,
            "account": f"okta:{person.okta}",
            "kind": "laptop",
            "valid_from": midnight(_SINCE),
        }
        for number, person in enumerate(world.staff.in_role("Revenue Accountant")[:6], 1)
    ]
    states: list[Row] = []
    for device in devices:
        day = _SINCE
        while midnight(day) < EXTRACTED_AT:
            states.append(
                {
                    "device": device["id"],
                    "day": midnight(day),
                    "encrypted": (device["id"], day) != _UNENCRYPTED,
                    "protected": True,
                    "patch_age_days": 45 if (device["id"], day) == _UNPATCHED else 4,
                    "seen": True,
                }
            )
            day += _STEP
    for (name, day), letter, reason, why in (
        (_UNENCRYPTED, "A", "not_encrypted", "The disk was not encrypted for two weeks."),
        (_UNPATCHED, "C", "not_patched", "A patch was missing for 45 days; thirty are allowed."),
    ):
        item = KeyItem("T-27", f"{name}/{day:%Y-%m}", (COMPANY_WIDE,), local(day, "12:00"))
        world.key.plant(item, {letter: reason}, why, lenses=("soc2",))
    world.tables += [
        TableExport("device", devices, "Device management, all devices with their history"),
        TableExport("device_state", states, "Device management, daily reports since 2025-09-20"),
    ]
