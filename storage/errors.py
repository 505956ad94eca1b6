"""What can go wrong in storage: StorageError > NotFound, Stale, Full, BlobMissing. Each carries its facts as fields."""


class StorageError(Exception):
    """Something that storage was asked for cannot be had."""


class NotFound(StorageError):
    """There is no such row in this workspace; another workspace's row looks the same."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind}.")
        self.kind = kind


class Stale(StorageError):
    """A change was based on a revision that is no longer the newest."""

    def __init__(self, head: str) -> None:
        super().__init__("The mix has changed since the revision this change was based on.")
        self.head = head


class Full(StorageError):
    """A limit on how many rows may exist was reached."""

    def __init__(self, kind: str, limit: int) -> None:
        super().__init__(f"No more than {limit} {kind} may be kept here.")
        self.kind = kind
        self.limit = limit


class BlobMissing(StorageError):
    """The store has no blob of this hash."""

    def __init__(self, digest: str) -> None:
        super().__init__("The audio is no longer stored.")
        self.digest = digest
