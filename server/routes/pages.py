"""The console's own files: the page, never kept without asking, and its hashed assets, kept for ever."""

from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from server.errors import NOT_FOUND, NOT_READY, Problem

FOREVER = "public, max-age=31536000, immutable"
ASK = "no-cache"

NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Stemwire</title>
<meta name="viewport" content="width=device-width">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.5rem;background:#14161a;color:#e8e6e1}
code{background:#22262d;padding:.15em .4em;border-radius:4px}</style>
<h1>The console is not built</h1>
<p>The server runs and its API answers, but the browser console has not been built here yet.</p>
<p>Run <code>make run</code> in the repository, which builds it and starts the server, then load this page again.</p>
"""


class Pages:
    """Serves the built console from one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def answer(self, request: Request) -> Response:
        """A file of the console, or its page for any address that is not a file's."""
        path = PurePosixPath(request.path_params["path"])
        if path.parts[:1] == ("api",):
            raise Problem(NOT_FOUND, "There is nothing at this address.")
        file = self._file(path) if path.name else None
        if file is not None:
            kept = FOREVER if path.parts[0] == "assets" else ASK
            return FileResponse(file, headers={"Cache-Control": kept})
        if path.suffix or path.parts[:1] == ("assets",):
            raise Problem(NOT_FOUND, "There is no such file.")
        return self._page()

    def _page(self) -> Response:
        index = self._folder / "index.html"
        if index.is_file():
            return FileResponse(index, headers={"Cache-Control": ASK})
        return HTMLResponse(NOT_BUILT, NOT_READY.status, {"Cache-Control": "no-store"})

    def _file(self, path: PurePosixPath) -> Path | None:
        """The file at ``path``, unless it would lie outside the folder or is hidden."""
        if any(part.startswith(".") or "\0" in part for part in path.parts):
            return None
        file = (self._folder / path).resolve()
        return file if file.is_relative_to(self._folder.resolve()) and file.is_file() else None
