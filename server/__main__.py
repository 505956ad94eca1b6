"""``stemwire serve``: reads the settings, starts the server, prints the URL when it is ready.

With ``--supervise`` this process only watches: the server is a child that is started again when it dies.
"""

import argparse
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog
import uvicorn

from config import logs
from config.settings import BadSetting, Settings, describe
from server.app import application, build, version
from server.children import command, environment
from server.context import Context
from server.hardened import SEND_BUFFER, HardenedProtocol
from server.hardened_http import HardenedHttp
from server.serving import Server
from server.supervisor import Bond, Supervisor
from streaming.offline.child import die_with_parent

VANISHED_MS = 4_000
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
    if getattr(given, "supervised", None):
        bond = Bond.parse(given.supervised)
        die_with_parent(bond.parent)
        serve(settings, bond.take(), bond.say_ready)
        return
    listener = _listen(settings)
    if getattr(given, "supervise", False):
        os.environ.update(environment(only=None))
        sys.exit(Supervisor(lambda bond: _again(options, bond), listener, settings.drain_s).run())
    serve(settings, listener)


def _again(options: Mapping[str, object], bond: Bond) -> tuple[str, ...]:
    """The command line of a supervised server."""
    given = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    return command("server", "serve", *given, "--supervised", str(bond))


def serve(settings: Settings, listener: socket.socket, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until a signal ends it; ``ready`` is called once connections are accepted."""
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
        timeout_graceful_shutdown=max(1, settings.drain_s // 2),
        lifespan="on",
    )

    def announce() -> None:
        _announce(settings, listener)
        ready()

    Server(config, announce, partial(_goodbye, context), settings.drain_s).run([listener])


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


def _listen(settings: Settings) -> socket.socket:
    """The socket to serve on, or an end with a sentence."""
    try:
        return _bound(settings.host, settings.port)
    except OSError as error:
        sys.exit(f"stemwire: cannot listen on {settings.host} port {settings.port}: {error.strerror}.")


def _bound(host: str, port: int) -> socket.socket:
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
    serving = commands.add_parser("serve", help="serve the console and its API", epilog=describe(), formatter_class=raw)
    serving.description = PURPOSE
    serving.add_argument("--host", help="the address to listen on")
    serving.add_argument("--port", type=int, help="the port to listen on")
    serving.add_argument("--data-dir", help="the folder for the database and all audio")
    serving.add_argument("--supervise", action="store_true", help="start the server again when it dies")
    serving.add_argument("--supervised", help=argparse.SUPPRESS)  # what a supervisor tells the server it starts
    return parser


if __name__ == "__main__":
    main()
