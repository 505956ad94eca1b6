"""Who asks, and whose rows they may be shown."""

from dataclasses import dataclass
from typing import Literal

from storage.rows import Workspace

Standing = Literal["owner", "controller", "listener"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the workspace that the request's cookie or ticket opens.

    A member of another's project is made by :func:`server.auth.admitted`, for requests about that project only.
    """

    workspace: Workspace
    owner: str | None = None
    standing: Standing = "owner"

    @property
    def id(self) -> str:
        """The workspace's id, by which every query is scoped: the visitor's own, or that of the project's owner."""
        return self.owner or self.workspace.id

    @property
    def person(self) -> str:
        """Who it is, whosever the project: the id under which a room knows them."""
        return self.workspace.id
