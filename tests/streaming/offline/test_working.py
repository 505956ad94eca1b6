"""What children that work off an order have in common."""

import errno

import pytest

from streaming.offline.errand import Refused
from streaming.offline.working import refusing


@pytest.mark.parametrize(
    ("error", "code"), [(FileNotFoundError(), "audio_missing"), (OSError(errno.ENOSPC, "no room"), "disk_full")]
)
def test_what_a_disk_says_is_a_refusal(error: OSError, code: str) -> None:
    """Audio that is gone and a full disk are refused in a sentence."""
    with pytest.raises(Refused) as refused, refusing():
        raise error
    assert refused.value.code == code


def test_other_errors_are_bugs() -> None:
    """Nothing else is taken for a refusal."""
    with pytest.raises(PermissionError), refusing():
        raise PermissionError
