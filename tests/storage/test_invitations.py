"""Invitations: found by a hash, for a time, for one project; who came by one goes with it."""

import pytest

from storage import invitations, projects, workspaces
from storage.database import Database
from storage.errors import Full, NotFound
from storage.rows import Invitation, InvitationSummary, Membership


def link(identity: str, role: str = "listener", expires_at: int = 100) -> Invitation:
    """An invitation to the song."""
    return Invitation(identity, "song", role, 1, expires_at)


async def test_a_token_opens_its_project_until_it_expires(database: Database) -> None:
    """The hash finds invitation and owner before the end and nothing after; a wrong hash finds nothing."""
    async with database.write() as db:
        await invitations.create(db, "mine", link("i1"), "hash", 1, 10)
        assert await invitations.by_token(db, "hash", 99) == (link("i1"), "mine")
        for digest, now in (("hash", 100), ("other", 50)):
            with pytest.raises(NotFound):
                await invitations.by_token(db, digest, now)


async def test_only_the_owner_invites_lists_and_revokes(database: Database) -> None:
    """Another workspace makes no link into the song, sees none and takes none back."""
    async with database.write() as db:
        with pytest.raises(NotFound):
            await invitations.create(db, "yours", link("i2"), "hash2", 1, 10)
        await invitations.create(db, "mine", link("i1"), "hash", 1, 10)
        with pytest.raises(NotFound):
            await invitations.listing(db, "yours", "song", 50)
        with pytest.raises(NotFound):
            await invitations.revoke(db, "yours", "song", "i1")
        assert await invitations.listing(db, "mine", "song", 50) == [InvitationSummary("i1", "song", "listener", 1, 100, 0)]
        assert await invitations.listing(db, "mine", "song", 100) == []


async def test_there_is_an_end_to_invitations(database: Database) -> None:
    """A project keeps so many; one that has expired makes room."""
    async with database.write() as db:
        await invitations.create(db, "mine", link("i1", expires_at=20), "h1", 1, 1)
        with pytest.raises(Full):
            await invitations.create(db, "mine", link("i2"), "h2", 19, 1)
        await invitations.create(db, "mine", link("i3"), "h3", 20, 1)


async def test_whoever_came_is_let_in_while_the_link_lasts(database: Database) -> None:
    """By joining, and as often as one likes, another workspace may enter this project, listed with its role; then no more."""
    async with database.write() as db:
        await invitations.create(db, "mine", link("i1"), "hash", 1, 10)
        assert await invitations.membership(db, "yours", "song", 50) is None
        for _ in range(2):
            await invitations.join(db, "yours", "i1", "mine", 50, 1)
        assert await invitations.membership(db, "yours", "song", 99) == Membership("mine", "song", "listener", 100)
        (row,) = await invitations.joined(db, "yours", 99)
        assert (row[0].name, row[1]) == ("Song", "listener")
        assert await invitations.membership(db, "yours", "song", 100) is None
        assert await invitations.joined(db, "yours", 100) == []
        assert await invitations.membership(db, "mine", "song", 50) is None


async def test_of_two_invitations_the_greater_counts(database: Database) -> None:
    """Who came by a listener's link and by a controller's is a controller, until that one is taken back."""
    async with database.write() as db:
        await invitations.create(db, "mine", link("i1", expires_at=500), "h1", 1, 10)
        await invitations.create(db, "mine", link("i2", "controller"), "h2", 1, 10)
        for one in ("i1", "i2"):
            await invitations.join(db, "yours", one, "mine", 2, 10)
        assert (await invitations.membership(db, "yours", "song", 50) or link("")).role == "controller"
        assert [role for _, role in await invitations.joined(db, "yours", 50)] == ["controller"]
        assert await invitations.revoke(db, "mine", "song", "i2") == ["yours"]
        assert (await invitations.membership(db, "yours", "song", 50) or link("")).role == "listener"


async def test_a_link_lets_in_so_many(database: Database) -> None:
    """The last place taken, the next is refused."""
    async with database.write() as db:
        await invitations.create(db, "mine", link("i1"), "hash", 1, 10)
        await invitations.join(db, "yours", "i1", "mine", 2, 1)
        with pytest.raises(Full):
            await invitations.join(db, "mine", "i1", "mine", 2, 1)


async def test_what_is_over_goes(database: Database) -> None:
    """Expired invitations are swept, a project takes its own with it, and a workspace its memberships."""
    async with database.write() as db:
        for number, ends in enumerate((10, 90, 90)):
            await invitations.create(db, "mine", link(f"i{number}", expires_at=ends), f"h{number}", 1, 10)
            await invitations.join(db, "yours", f"i{number}", "mine", 2, 10)
        assert await invitations.expire(db, 10) == 1
        await workspaces.expire(db, 10**15)  # nobody can open either workspace
        with pytest.raises(NotFound):
            await invitations.by_token(db, "h1", 50)
        with pytest.raises(NotFound):
            await projects.get(db, "mine", "song")
