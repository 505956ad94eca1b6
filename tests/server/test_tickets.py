"""Tickets: once, for one stream, for a short time."""

from server.tickets import MAX_TICKETS, Tickets
from streaming.live.clock import ManualClock


def test_a_ticket_is_used_once() -> None:
    """It opens its own stream for its workspace, and then nothing."""
    tickets = Tickets(ManualClock(), 30)
    ticket = tickets.issue("w1", "s1")
    assert tickets.redeem(ticket, "s1") == "w1"
    assert tickets.redeem(ticket, "s1") is None


def test_a_ticket_for_another_stream_is_spent() -> None:
    """Trying a ticket elsewhere costs it."""
    tickets = Tickets(ManualClock(), 30)
    ticket = tickets.issue("w1", "s1")
    assert tickets.redeem(ticket, "s2") is None
    assert tickets.redeem(ticket, "s1") is None


def test_a_ticket_grows_old() -> None:
    """After its seconds it is worth nothing; a made-up one never was."""
    clock = ManualClock()
    tickets = Tickets(clock, 30)
    young, old = tickets.issue("w1", "s1"), tickets.issue("w1", "s1")
    clock.advance_us(30_000_000)
    assert tickets.redeem(young, "s1") == "w1"
    clock.advance_us(1)
    assert tickets.redeem(old, "s1") is None
    assert tickets.redeem("made up", "s1") is None


def test_tickets_are_bounded() -> None:
    """Of too many unused tickets the oldest goes."""
    tickets = Tickets(ManualClock(), 30)
    first = tickets.issue("w1", "s1")
    others = [tickets.issue("w1", "s1") for _ in range(MAX_TICKETS)]
    assert tickets.redeem(first, "s1") is None
    assert tickets.redeem(others[0], "s1") == "w1"
