"""A room over real sockets: however many listen, it is rendered and encoded once."""

import asyncio
import re
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from helpers.listener import RATE, Listener
from helpers.serving import Client, Server
from helpers.waiting import until

LISTENERS = 50


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the demo song, and one address from which many may come."""
    with Server(tmp_path_factory.mktemp("rooms"), {"DEMO": "on", "WORKSPACES_PER_MINUTE": "1000"}) as made:
        yield made


def rendered(client: Client) -> dict[str, float]:
    """What the server has rendered, encoded and packed, by its metrics."""
    with urllib.request.urlopen(f"{client.base.removesuffix('/api/v1')}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r"^stemwire_(\w+?)(?:_total)? (\S+)$", text, re.MULTILINE)}


@pytest.mark.soak
async def test_fifty_listeners_cost_one_render_and_one_encode(server: Server) -> None:
    """Of 25 with Opus and 25 with PCM all hear all of it; frames are rendered once and encoded once."""
    owner = await asyncio.to_thread(Client, server.url)
    project = owner.demo()
    token = owner.call("POST", f"/projects/{project}/invitations", {"role": "listener"})["url"].partition("#join=")[2]

    def stream() -> str:
        guest = Client(server.url)
        guest.call("POST", "/invitations/join", {"token": token})
        return str(guest.call("POST", "/streams", {"project_id": project})["url"])

    before = rendered(owner)
    async with AsyncExitStack() as open_lines:
        mine = str(owner.call("POST", "/streams", {"project_id": project, "join": True})["url"])
        urls = [mine] + [await asyncio.to_thread(stream) for _ in range(LISTENERS - 1)]
        assert len({url.partition("?")[0] for url in urls}) == 1
        codecs = ["opus" if number % 2 else "pcm-s16" for number in range(LISTENERS)]
        lines = [Listener(url, codec=codec, seconds=20) for url, codec in zip(urls, codecs, strict=True)]
        for line in lines:
            await open_lines.enter_async_context(line)
            await line.hello()
        await lines[0].send("play")
        await until(lambda: min(line.buffered_to for line in lines) > 3 * RATE)
        await lines[0].send("pause")
        await lines[0].settle()
        after = rendered(owner)
        sent_to = max(start + frames for line in lines for _, _, _, start, frames in line.headers_seen)
        clocks = [[message for message in line.log if message["type"] == "clock"][-1] for line in lines]
        assert all(clock == clocks[0] for clock in clocks)
        assert [line.problems for line in lines] == [[]] * LISTENERS
        counts = {name: after[name] - before.get(name, 0.0) for name in ("frames_rendered", "frames_encoded", "messages_packed")}
    sent = sum(len(line.headers_seen) for line in lines)
    print({**counts, "sent_to": sent_to, "messages": sent})
    assert sent_to <= counts["frames_rendered"] <= sent_to + 5 * RATE
    assert counts["frames_encoded"] <= counts["frames_rendered"]


async def test_a_listener_is_in_the_room_and_not_at_the_desk(server: Server) -> None:
    """Over a real line: in the role of the link, told who is here, refused at every control, and out when it is revoked."""
    owner = await asyncio.to_thread(Client, server.url)
    project = owner.demo()
    made = owner.call("POST", f"/projects/{project}/invitations", {"role": "listener"})
    guest = await asyncio.to_thread(Client, server.url)
    guest.call("POST", "/invitations/join", {"token": made["url"].partition("#join=")[2], "name": "Ben"})
    async with (
        Listener(owner.call("POST", "/streams", {"project_id": project})["url"]) as mine,
        Listener(guest.call("POST", "/streams", {"project_id": project})["url"]) as his,
    ):
        await mine.hello()
        assert (await his.hello())["role"] == "listener"
        people = await his.wait(lambda message: message["type"] == "people")
        assert [(row["name"], row["role"]) for row in people["people"]] == [("Guest", "controller"), ("Ben", "listener")]
        for kind in ("play", "pause", "stop", "undo", "redo", "reset_loudness"):
            await his.send(kind)
        await his.send("seek", position=0)
        await his.send("loop", start=None, end=None)
        await his.send("mix", revision="r")
        await his.set("master/fader_db", -3)
        await his.settle()
        refused = [message["code"] for message in his.log if message["type"] == "error"]
        assert set(refused) <= {"not_controller", "not_found"}
        assert len(refused) == 10
        assert [message["transport"] for message in mine.log if message["type"] == "state"][-1] == "stopped"
        await asyncio.to_thread(owner.call, "DELETE", f"/projects/{project}/invitations/{made['id']}")
        assert (await his.until_closed())[0] == 1008
        await mine.settle()
