import io
import subprocess
import sys

from dsp.warm import KERNELS, loaded, warm


def test_a_line_for_every_kernel() -> None:
    """Warming says what it does and where."""
    progress = io.StringIO()
    warm(progress)
    lines = progress.getvalue().splitlines()
    assert len(lines) == len(KERNELS) + 1
    assert all(" in " in line for line in lines)


def test_after_warming_a_process_loads() -> None:
    """A new process finds every kernel in the cache; it can do without scipy and imports nothing of the server."""
    warm(io.StringIO())
    code = (
        "import sys; sys.modules['scipy'] = None; from dsp.warm import loaded; assert loaded();"
        "print(*sorted({'pydantic', 'av', 'sqlalchemy', 'starlette'} & set(sys.modules)))"
    )
    child = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert child.stdout.strip() == ""


def test_loaded_is_a_plain_answer() -> None:
    """In this process the kernels were loaded or compiled; either is told."""
    assert loaded() in (True, False)
