"""Plans: what the child reads is what was asked for."""

import json

from streaming.formats import Delivery
from streaming.plan import Plan, Target


def test_a_plan_survives_json() -> None:
    """With everything that can be said, and with nothing."""
    delivery = Delivery("mp3", 44_100, None, 192, "none", {"title": "x"})
    full = Plan({"a": "/b"}, "/w", "/o", delivery, {"m": 1}, None, 5, 9, "stems", Target(-14.0, -1.0), False)
    for plan in (full, Plan({}, "/w", "/o")):
        assert Plan.of(json.loads(json.dumps(plan.values()))) == plan
