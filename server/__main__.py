"""``stemwire serve``: reads the settings, starts the server, prints the URL when it is ready."""

import argparse
import socket
import sys
from collections.abc import Sequence
from functools import partial

import structlog
import uvicorn

from config import logs
from config.settings import BadSetting, Settings, describe
from server.app import application, build, version
from server.context import Context
from server.hardened import SEND_BUFFER, HardenedProtocol
from server.hardened_http import HardenedHttp
from server.serving import Server

VANISHED_MS = 5_000
"""How long a peer may leave what was sent to it unacknowledged (TCP_USER_TIMEOUT)."""

PURPOSE = "Settings come from the environment; host, port and data folder may also be given as options."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    given = _parser().parse_args(arguments)
    options = {name: value for name in ("host", "port", "data_dir") if (value := getattr(given, name, None)) is not None}
    try:
        settings = Settings.load(**options)
    except BadSetting as error:
        sys.exit(f"stemwire: {error}")
    logs.configure(settings.log_format, settings.log_level)
    serve(settings)


def serve(settings: Settings) -> None:
    """Serve until a signal ends it."""
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        sys.exit(f"stemwire: cannot listen on {settings.host} port {settings.port}: {error.strerror}.")
    context = build(settings)
    config = uvicorn.Config(
        application(context),
        http=HardenedHttp,
        ws=HardenedProtocol,
        ws_max_size=settings.socket_bytes,
        ws_per_message_deflate=False,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=settings.connections,
        timeout_graceful_shutdown=settings.drain_s,
        lifespan="on",
    )
    Server(config, lambda: _announce(settings, listener), partial(_goodbye, context)).run([listener])


async def _goodbye(context: Context) -> None:
    """Let everybody go who listens."""
    await context.broadcasts.aclose()
    await context.studio.goodbye()


def _announce(settings: Settings, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    url = settings.public_url or f"http://{shown}:{port}"
    structlog.get_logger("server").info("ready", url=url, version=version())
    print(f"Stemwire is ready: {url}", flush=True)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections have small send buffers and give up on a peer that has vanished."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MS)
    listener.bind(address)
    listener.set_inheritable(False)
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stemwire", description="A mixing desk for stems whose DSP runs on the server.")
    parser.add_argument("--version", action="version", version=version())
    commands = parser.add_subparsers(metavar="command")
    raw = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser("serve", help="serve the console and its API", epilog=describe(), formatter_class=raw)
    command.description = PURPOSE
    command.add_argument("--host", help="the address to listen on")
    command.add_argument("--port", type=int, help="the port to listen on")
    command.add_argument("--data-dir", help="the folder for the database and all audio")
    return parser


if __name__ == "__main__":
    main()
