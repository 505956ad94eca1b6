"""Projects over HTTP."""

import pytest
from helpers.desk import Desk, Guest


async def test_a_new_project_is_an_empty_desk(guest: Guest) -> None:
    """It has a first revision, a mix with nothing but the reverb, and an address."""
    answer = await guest.http.post("/api/v1/projects", json={"name": "Søng 1"})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/projects/{made['id']}"
    assert answer.headers["etag"] == f'"{made["revision"]["id"]}"'
    assert (made["name"], made["revision"]["number"], made["stems"], made["mix"]["tracks"]) == ("Søng 1", 1, [], [])
    assert await guest.call("GET", f"/projects/{made['id']}") == made


async def test_the_list_shows_length_and_tracks(guest: Guest) -> None:
    """A line of the list sums the newest mix up."""
    project = await guest.project("One")
    await guest.edit(project, "tracks/t1", {"name": "Kick"})
    (line,) = (await guest.call("GET", "/projects"))["projects"]
    assert (line["id"], line["name"], line["tracks"], line["end_frames"]) == (project, "One", 1, 0)


async def test_a_project_is_renamed_and_deleted(guest: Guest) -> None:
    """After that it is gone, twice over."""
    project = await guest.project()
    assert (await guest.call("PATCH", f"/projects/{project}", json={"name": "New"}))["name"] == "New"
    await guest.call("DELETE", f"/projects/{project}", 204)
    await guest.refused("GET", f"/projects/{project}", 404, "not_found")
    await guest.refused("DELETE", f"/projects/{project}", 404, "not_found")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\x00b", "line\nbreak", 5, None, ["x"]])
async def test_a_name_is_a_line_of_text(guest: Guest, name: object) -> None:
    """Names are short, visible and without control characters."""
    problem = await guest.refused("POST", "/projects", 422, "invalid_parameter", json={"name": name})
    assert problem["errors"][0]["path"] == "name"


async def test_projects_have_a_limit(house: Desk, guest: Guest) -> None:
    """Beyond the limit the refusal says how many there may be."""
    limit = house.context.settings.projects_per_workspace
    assert limit == 200
    for _ in range(3):
        await guest.project()
    assert len((await guest.call("GET", "/projects"))["projects"]) == 3
