"""Builds and tests the web console: ``python tools/web.py build|check|test``.

Takes Node.js from the machine when it is new enough, else a wheel with Node.js and npm inside the virtual environment. Packages
are installed again only when the lock has changed, and the console is built again only when its sources have.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
BIN = Path(sys.executable).parent
NODE_AT_LEAST, NPM_AT_LEAST = (20, 19), (11, 0)


def main() -> None:
    """Run the command line."""
    match sys.argv[1:]:
        case ["build"]:
            build()
        case ["check" | "test" as task]:
            install()
            npm("run", task)
        case _:
            sys.exit(__doc__)


def build() -> None:
    """Build ``web/dist`` unless it is up to date."""
    stamp, mark = digest(sources()), WEB / "node_modules" / ".built"
    if (WEB / "dist" / "index.html").is_file() and read(mark) == stamp:
        return
    install()
    npm("run", "build")
    mark.write_text(stamp)


def install() -> None:
    """Install the packages of the lock unless they are there."""
    stamp, mark = digest([WEB / "package.json", WEB / "package-lock.json"]), WEB / "node_modules" / ".installed"
    if read(mark) != stamp:
        npm("ci")
        mark.write_text(stamp)


def sources() -> list[Path]:
    """Return what a build depends on."""
    places = [*(WEB / "src").rglob("*"), *(WEB / "public").rglob("*"), *WEB.glob("*.*")]
    return sorted(path for path in places if path.is_file())


def digest(files: list[Path]) -> str:
    """Hash names and contents."""
    total = hashlib.sha256()
    for file in files:
        total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def read(mark: Path) -> str:
    """Return what a mark says, or nothing."""
    return mark.read_text() if mark.is_file() else ""


def npm(*arguments: str) -> None:
    """Run npm in the console's folder, with a Node.js that is new enough first on the path."""
    path = os.environ.get("PATH", os.defpath)
    if not new_enough(path):
        path = os.pathsep.join((str(BIN), path))
        if not new_enough(path):
            wanted = " and npm ".join(".".join(map(str, least)) for least in (NODE_AT_LEAST, NPM_AT_LEAST))
            print(f"Node.js {wanted} are not on this machine: taking them from a wheel", flush=True)
            lock = ROOT / "requirements" / "node.txt"
            subprocess.run([BIN / "uv", "pip", "install", "--python", sys.executable, "--require-hashes", "-r", lock], check=True)
    executable = shutil.which("npm", path=path)
    if executable is None:
        sys.exit("There is no npm, neither on this machine nor in the wheel.")
    environment = {**os.environ, "PATH": path}
    finished = subprocess.run([executable, *arguments], cwd=WEB, env=environment, stdin=subprocess.DEVNULL, check=False)
    if finished.returncode:
        sys.exit(finished.returncode)


def new_enough(path: str) -> bool:
    """Tell whether the path's Node.js and npm will do."""
    return version("node", path) >= NODE_AT_LEAST and version("npm", path) >= NPM_AT_LEAST


def version(program: str, path: str) -> tuple[int, ...]:
    """Return a program's version, (0,) when it cannot be run."""
    executable = shutil.which(program, path=path)
    if executable is None:
        return (0,)
    environment = {**os.environ, "PATH": path}
    told = subprocess.run([executable, "--version"], env=environment, capture_output=True, text=True, check=False)
    return tuple(int(number) for number in re.findall(r"\d+", told.stdout)[:2]) or (0,)


if __name__ == "__main__":
    main()
