"""Who asks."""

from dataclasses import dataclass

from storage.rows import Workspace


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the workspace that the request's cookie or ticket opens."""

    workspace: Workspace

    @property
    def id(self) -> str:
        """The workspace's id, by which every query is scoped."""
        return self.workspace.id
