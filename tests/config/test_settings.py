"""Settings: read from the environment, refused with a sentence, documented by themselves."""

import dataclasses

import pytest

from config.settings import PREFIX, BadSetting, Rule, Settings, describe


def test_nothing_set_means_the_defaults() -> None:
    """An empty environment gives the declared defaults."""
    assert Settings.load({}) == Settings()


def test_the_environment_is_read() -> None:
    """Numbers are parsed, texts are taken, and names of others are left alone."""
    settings = Settings.load({"STEMWIRE_PORT": "9000", "STEMWIRE_LOG_FORMAT": "json", "PORT": "1", "STEMWIRE_TEST_MS": "5"})
    assert (settings.port, settings.log_format) == (9000, "json")


def test_the_command_line_wins() -> None:
    """What is given as an option overrides the environment."""
    assert Settings.load({"STEMWIRE_PORT": "9000"}, port=9001).port == 9001


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("STEMWIRE_PORT", "abc", r"STEMWIRE_PORT must be a whole number \(0 to 65535\), not 'abc'\."),
        ("STEMWIRE_PORT", "70000", r"STEMWIRE_PORT must be between 0 and 65535, not 70000\."),
        ("STEMWIRE_LEAD_MS", "1", r"STEMWIRE_LEAD_MS must be between 500 and 4000 ms, not 1\."),
        ("STEMWIRE_LOG_FORMAT", "xml", r"STEMWIRE_LOG_FORMAT must be one of console, json, not 'xml'\."),
        ("STEMWIRE_PROT", "1", r"There is no setting STEMWIRE_PROT\. Did you mean STEMWIRE_PORT\?"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence(name: str, value: str, sentence: str) -> None:
    """The message says what was expected and what came."""
    with pytest.raises(BadSetting, match=sentence):
        Settings.load({name: value})


@pytest.mark.parametrize("row", dataclasses.fields(Settings), ids=lambda row: row.name)
def test_every_setting_is_sound(row: "dataclasses.Field[object]") -> None:
    """Each has a sentence, numbers have a range that holds the default, and the help shows it."""
    rule: Rule = row.metadata["rule"]
    assert rule.doc.endswith((".", "example."))
    assert f"{PREFIX}{row.name.upper()}={row.default}" in describe()
    if isinstance(row.default, int):
        assert rule.low <= row.default <= rule.high
    elif rule.choices:
        assert row.default in rule.choices


def test_folders_follow_the_data_folder() -> None:
    """The database lies in the data folder unless it is named."""
    assert Settings(data_dir="/d").database == "sqlite+aiosqlite:////d/stemwire.db"
    assert Settings(database_url="postgresql+psycopg://x/y").database == "postgresql+psycopg://x/y"
    assert Settings(web_dir="/w").web_path.as_posix() == "/w"
    assert Settings().web_path.parts[-2:] == ("web", "dist")
