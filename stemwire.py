"""Runs Stemwire from an installed wheel or from a checkout.

A wheel puts the application's packages in one folder, ``stemwire_app``, beside this file; a checkout has them right here. Only
this process, and the children it starts, see that folder first on their path: ``import dsp`` never means another distribution's.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSTALLED = HERE / "stemwire_app"


def main() -> None:
    """Serve, as ``stemwire serve`` says."""
    sys.path.insert(0, str(INSTALLED if INSTALLED.is_dir() else HERE))
    from server.__main__ import main as run  # noqa: PLC0415 - the path must be set first

    run()


if __name__ == "__main__":
    main()
