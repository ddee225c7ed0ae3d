"""What an office may set about alerts: [workflows.alerts]."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class AlertSettings:
    """How long people have, and how much they are told at a time.

    `decide_minutes` are working minutes (plain minutes for classified matter). A flood is more
    than `flood_count` alerts to one person in `flood_minutes`. What catching up finds is told
    `caught_up_seconds` after the last of it.
    """

    decide_minutes: int = 30
    merge_minutes: int = 60
    digest_at: tuple[str, ...] = ("11:30", "17:00")
    trial_digest_at: str = "17:00"
    flood_count: int = 10
    flood_minutes: int = 10
    caught_up_seconds: int = 20
    pause_most_minutes: int = 120
