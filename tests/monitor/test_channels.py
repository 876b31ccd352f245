"""Channels: addresses go in sealed and never come out; what would run a program or send in the clear is refused."""

from typing import Any

import pytest

from practicestudio.access.audit import read_trail
from practicestudio.errors import InvalidValue
from practicestudio.monitor.channels import address_of, check_address, drop_channel, list_channels, put_channel

MAIL = "mailtos://ann:hunter2@mail.example.org"


@pytest.mark.parametrize(
    "address", [MAIL, "slack://AAAAAAAAA/BBBBBBBBB/cccccccccccccccccccccccc", "json://127.0.0.1:8080/hook", "jsons://hooks.example/x"]
)
def test_addresses_of_known_services_are_taken(address: str) -> None:
    assert check_address(address) == address.partition("://")[0]


@pytest.mark.parametrize(
    "address",
    ["", "hello", "https://example.org", "dbus://", "syslog://", "json://hooks.example/x", "mailto://ann:hunter2@mail.example.org", "slack://"],
)
def test_other_addresses_are_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(InvalidValue) as told:
        check_address(address)
    assert "hunter2" not in told.value.sentence


async def test_a_channel_is_shown_without_its_address(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        channel = await put_channel(transaction, name="On call", least="warning", by="ann", address=MAIL)
        [shown] = await list_channels(transaction)
        assert (shown.name, shown.service, shown.least, shown.enabled) == ("On call", "E-mail, encrypted on the way", "warning", True)
        assert "hunter2" not in repr(shown)
        assert await address_of(transaction, channel) == MAIL
        cursor = await transaction.connection.execute("select sealed from alert_channels")
        assert b"hunter2" not in (await cursor.fetchone())[0]


async def test_without_a_new_address_a_channel_keeps_its_own(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        channel = await put_channel(transaction, name="On call", least="warning", by="ann", address=MAIL)
        await put_channel(transaction, name="Night", least="critical", by="bob", enabled=False, channel_id=channel)
        [shown] = await list_channels(transaction)
        assert (shown.name, shown.least, shown.enabled, shown.changed_by) == ("Night", "critical", False, "bob")
        assert await address_of(transaction, channel) == MAIL


async def test_a_new_channel_needs_an_address_and_a_name(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        with pytest.raises(InvalidValue, match="address"):
            await put_channel(transaction, name="On call", least="warning", by="ann")
        with pytest.raises(InvalidValue, match="name"):
            await put_channel(transaction, name=" ", least="warning", by="ann", address=MAIL)


async def test_changes_stand_in_the_trail_without_the_address(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        channel = await put_channel(transaction, name="On call", least="warning", by="ann", address=MAIL)
        await drop_channel(transaction, channel, "bob")
        made, dropped = await read_trail(transaction, channel)
        assert await list_channels(transaction) == []
    assert made["changes"] == {"name": [None, "On call"], "address": [None, "set"]}
    assert (dropped["actor"], dropped["changes"]) == ("bob", {"name": ["On call", None]})
