"""Presence: who is here, told apart by colour, and told of at a bounded rate and length."""

from streaming.desk.presence import COLOURS, EVERY_US, MAX_SHOWN, MAX_TOLD, Person, Presence

ADA, BEN = Person("ada", "Ada", "controller"), Person("ben", "Ben", "listener")


def test_somebody_is_here_once() -> None:
    """Two connections are one person, with the role of the newest; he has gone when both have ended."""
    presence = Presence()
    for person in (ADA, BEN, Person("ben", "Benny", "controller")):
        presence.join(person)
    assert [(row["id"], row["name"], row["role"]) for row in presence.rows] == [
        ("ada", "Ada", "controller"),
        ("ben", "Benny", "controller"),
    ]
    presence.leave("ben")
    assert presence.role("ben") == "controller"
    presence.leave("ben")
    assert presence.role("ben") is None


def test_people_are_told_apart() -> None:
    """As long as there are colours each has one of his own; one that is free again is given again."""
    presence = Presence()
    for number in range(COLOURS + 2):
        presence.join(Person(str(number), "Guest", "listener"))
    colours = [row["colour"] for row in presence.rows]
    assert sorted(colours[:COLOURS]) == list(range(COLOURS))
    assert all(0 <= colour < COLOURS for colour in colours)
    presence.leave("3")
    presence.join(Person("new", "New", "listener"))
    assert presence.rows[-1]["colour"] == colours[3]


def test_news_wait_for_their_time_and_are_told_together() -> None:
    """The first is told at once, what follows when a while has passed, and nothing when nothing has changed."""
    presence = Presence()
    presence.join(ADA)
    first = presence.due(0)
    assert first is not None
    assert (first.joined, first.count) == ([{"id": "ada", "name": "Ada"}], 1)
    presence.join(BEN)
    presence.leave("ben")
    presence.rename("ada", "Countess")
    presence.rename("nobody", "Nobody")
    assert presence.due(EVERY_US - 1) is None
    second = presence.due(EVERY_US)
    assert second is not None
    ben = [{"id": "ben", "name": "Ben"}]
    assert (second.joined, second.left, [row["name"] for row in second.people]) == (ben, ben, ["Countess"])
    presence.join(Person("ada", "Countess", "controller"))
    assert presence.due(10 * EVERY_US) is None


def test_a_crowd_is_told_of_in_short() -> None:
    """However many are here or come at once, rows and names are bounded, and their number is told."""
    presence = Presence()
    for number in range(1_000):
        presence.join(Person(str(number), f"Guest {number}", "listener"))
    told = presence.due(0)
    assert told is not None
    assert (len(told.people), told.count, len(told.joined)) == (MAX_SHOWN, 1_000, MAX_TOLD)
    assert len(told.to_json()) < 8_000
