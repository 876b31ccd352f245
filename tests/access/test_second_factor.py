"""Codes, recovery codes and passkeys: set up, used, used wrongly, removed."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest

from practicestudio.access import factors
from practicestudio.access.attempts import TooManyTries
from practicestudio.access.audit import read_trail
from practicestudio.access.caller import Caller
from practicestudio.access.confirming import ConfirmFirst, confirm_with_passkey
from practicestudio.access.devices import remember_device
from practicestudio.access.manage_people import deactivate_person
from practicestudio.access.passkey_answers import ask_passkey
from practicestudio.access.passkeys import works_at
from practicestudio.access.reset import remove_second_factor
from practicestudio.access.rights import Role
from practicestudio.access.rules import Rules
from practicestudio.access.second_factor import show_code, show_passkey, sign_in_with_passkey
from practicestudio.access.sessions import Browser, Due, SignedIn, start_session, use_session
from practicestudio.access.sign_in import Arrival, SignInRefused, arrive, origin_of
from practicestudio.clock import new_id, now
from practicestudio.errors import InvalidValue
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database

from .authenticator import UP, Authenticator, url64
from .conftest import OPERATOR, Someone

HERE = Browser("192.0.2.44", "a test")
START = now().replace(second=5)
STEP = timedelta(seconds=30)


@dataclass
class Account:
    """Somebody, and what they do about their second factors. holder: stands for the browser's own token."""

    database: Database
    rules: Rules
    person: Caller
    holder: str

    async def sign_in(self, at: datetime = START) -> SignedIn:
        """As after a right password."""
        async with self.database.shared() as transaction:
            arrival = await arrive(transaction, self.rules, self.person.person_id, "password", HERE, None, at)
        return await self.signed_in(arrival.token, at)

    async def signed_in(self, token: str, at: datetime = START) -> SignedIn:
        async with self.database.shared() as transaction:
            found = await use_session(transaction, token, at, self.rules)
        assert found
        return found

    async def with_app(self, at: datetime = START) -> tuple[pyotp.TOTP, list[str]]:
        """An app that counts, and the recovery codes."""
        session = await self.sign_in(at)
        app = pyotp.TOTP((await factors.begin_app(self.database, self.rules, session, at)).secret)
        return app, (await factors.finish_app(self.database, self.rules, session, app.at(at), at)).codes

    async def with_passkey(self, at: datetime = START, **given: Any) -> Authenticator:
        session, device = await self.sign_in(at), Authenticator(self.rules.address, **given)
        options = await factors.begin_passkey(self.database, self.rules, session, at)
        await factors.finish_passkey(self.database, self.rules, session, device.make(options), " My  phone ", at)
        return device

    async def ask(self, at: datetime = START) -> dict[str, Any]:
        return await ask_passkey(self.database, self.rules, origin_of(HERE), self.holder, "passkey_sign_in", at)

    async def answer(self, answer: str, at: datetime = START) -> Arrival:
        return await sign_in_with_passkey(self.database, self.rules, self.holder, answer, HERE, None, at)

    async def show(self, session: SignedIn, code: str, at: datetime = START, device: str | None = None) -> Arrival:
        return await show_code(self.database, self.rules, session, code, device, at)

    async def factors(self) -> factors.Factors:
        async with self.database.shared() as transaction:
            return await factors.read_factors(transaction, self.person.person_id)

    async def trail(self) -> list[tuple[str, Any]]:
        async with self.database.shared() as transaction:
            return [(one["action"], one["changes"]) for one in await read_trail(transaction, self.person.person_id)]


@pytest.fixture
def account_of(database: Database, rules: Rules) -> Callable[[Caller], Account]:
    return lambda person: Account(database, rules, person, new_id().hex)


@pytest.fixture
async def account(account_of: Callable[[Caller], Account], someone: Someone, practice: Practice) -> Account:
    return account_of(await someone(practice.id, Role.CLINICIAN))


async def test_an_app_counts_once_it_has_shown_a_code(account: Account) -> None:
    session = await account.sign_in()
    enrolment = await factors.begin_app(account.database, account.rules, session, START)
    assert "Practice%20Studio" in enrolment.address
    assert enrolment.picture.startswith("<svg")
    assert "style" not in enrolment.picture
    assert enrolment.secret not in repr(enrolment)
    assert (await account.sign_in()).due is None  # begun, and not finished
    with pytest.raises(InvalidValue, match="not right"):
        await factors.finish_app(account.database, account.rules, session, "000000", START)
    added = await factors.finish_app(account.database, account.rules, session, pyotp.TOTP(enrolment.secret).at(START), START)
    assert len(set(added.codes)) == 10
    assert (await account.signed_in(added.token)).session.second_factor == "totp"
    assert (await account.sign_in()).due == Due.SECOND_FACTOR
    assert await account.factors() == factors.Factors(True, [], 10)


async def test_the_secret_cannot_be_read_at_rest(account: Account) -> None:
    app, codes = await account.with_app()
    async with account.database.shared() as transaction:
        cursor = await transaction.connection.execute("select t::text, r::text from totp_secrets t, recovery_codes r")
        stored = str(await cursor.fetchall())
    assert app.secret not in stored
    assert app.secret.encode().hex() not in stored
    assert not [code for code in codes if code in stored or code.replace("-", "") in stored]


async def test_with_a_code_somebody_is_wholly_signed_in(account: Account) -> None:
    app, _ = await account.with_app()
    session, later = await account.sign_in(START + STEP), START + STEP
    arrival = await account.show(session, f" {app.at(later)[:3]} {app.at(later)[3:]} ", later)
    whole = await account.signed_in(arrival.token, later)
    assert (whole.due, whole.session.second_factor, whole.session.id) == (None, "totp", session.session.id)
    assert arrival.device


async def test_a_code_is_taken_once_and_so_are_all_before_it(account: Account) -> None:
    app, _ = await account.with_app()
    later = START + 2 * STEP
    await account.show(await account.sign_in(later), app.at(later), later)
    for used in (app.at(later), app.at(later - STEP)):
        with pytest.raises(SignInRefused, match="used before"):
            await account.show(await account.sign_in(later), used, later)
    await account.show(await account.sign_in(later), app.at(later + STEP), later)


async def test_the_code_that_set_the_app_up_is_used_too(account: Account) -> None:
    app, _ = await account.with_app()
    with pytest.raises(SignInRefused):
        await account.show(await account.sign_in(), app.at(START))


async def test_two_who_enter_the_same_code_at_once_do_not_both_get_in(account: Account) -> None:
    app, _ = await account.with_app()
    later = START + STEP
    sessions = [await account.sign_in(later) for _ in range(4)]
    found = await asyncio.gather(*(account.show(one, app.at(later), later) for one in sessions), return_exceptions=True)
    assert len([one for one in found if isinstance(one, Arrival)]) == 1


@pytest.mark.parametrize("off", [-2, 2, 20])
async def test_a_code_of_another_time_is_not_taken(account: Account, off: int) -> None:
    app, _ = await account.with_app()
    later = START + 30 * STEP
    with pytest.raises(SignInRefused):
        await account.show(await account.sign_in(later), app.at(later + off * STEP), later)


async def test_codes_are_not_guessed_for_ever_and_a_known_device_is_not_held_up_by_it(account: Account) -> None:
    app, _ = await account.with_app()
    later = START + STEP
    async with account.database.shared() as transaction:
        device = await remember_device(transaction, None, account.person.person_id, START)
    session = await account.sign_in(later)
    for number in range(5):
        with pytest.raises(SignInRefused):
            await account.show(session, f"00000{number}", later)
    with pytest.raises(TooManyTries):
        await account.show(session, app.at(later), later)
    await account.show(session, app.at(later), later, device)


async def test_a_recovery_code_lets_in_once(account: Account) -> None:
    _, codes = await account.with_app()
    arrival = await account.show(await account.sign_in(), codes[3].upper().replace("-", " "))
    assert (await account.signed_in(arrival.token)).session.second_factor == "recovery_code"
    with pytest.raises(SignInRefused):
        await account.show(await account.sign_in(), codes[3])
    assert (await account.factors()).codes_left == 9


async def test_new_recovery_codes_end_the_old_ones(account: Account) -> None:
    app, codes = await account.with_app()
    later = START + STEP
    session = await account.signed_in((await account.show(await account.sign_in(later), app.at(later), later)).token, later)
    renewed = await factors.renew_codes(account.database, account.rules, session, later)
    with pytest.raises(SignInRefused):
        await account.show(await account.sign_in(), codes[0])
    await account.show(await account.sign_in(), renewed[0])


async def test_recovery_codes_are_for_those_with_a_second_factor(account: Account) -> None:
    with pytest.raises(InvalidValue, match="you have none"):
        await factors.renew_codes(account.database, account.rules, await account.sign_in(), START)


async def test_a_code_of_somebody_else_is_worth_nothing(account: Account, account_of: Callable[[Caller], Account], someone: Someone) -> None:
    other = account_of(await someone())
    app, codes = await other.with_app()
    await account.with_app()
    later = START + STEP
    for code in (app.at(later), codes[0]):
        with pytest.raises(SignInRefused):
            await account.show(await account.sign_in(later), code, later)


async def test_nothing_is_changed_before_the_second_factor_is_shown(account: Account) -> None:
    """Whoever knows the password alone can neither remove nor replace what is missing to them."""
    await account.with_app()
    half, given = await account.sign_in(), (account.database, account.rules)
    for act in (
        lambda: factors.begin_app(*given, half, START),
        lambda: factors.begin_passkey(*given, half, START),
        lambda: factors.remove_app(*given, half, START),
        lambda: factors.renew_codes(*given, half, START),
        lambda: factors.finish_app(*given, half, "000000", START),
    ):
        with pytest.raises(SignInRefused, match="still due"):
            await act()


async def test_an_app_that_counts_is_not_replaced_by_beginning_anew(account: Account) -> None:
    app, _ = await account.with_app()
    later = START + STEP
    whole = await account.signed_in((await account.show(await account.sign_in(later), app.at(later), later)).token, later)
    with pytest.raises(InvalidValue, match="already"):
        await factors.begin_app(account.database, account.rules, whole, later)
    assert (await account.factors()).app


async def test_a_session_left_open_is_not_enough_to_change_how_one_signs_in(account: Account) -> None:
    device = await account.with_passkey()
    session = await account.signed_in((await account.answer(device.use(await account.ask()))).token)
    later = START + timedelta(minutes=16)
    with pytest.raises(ConfirmFirst):
        await factors.begin_app(account.database, account.rules, session, later)
    asked = await ask_passkey(
        account.database, account.rules, session.origin, str(session.session.id), "passkey_confirm", later, account.person.person_id
    )
    token = await confirm_with_passkey(account.database, account.rules, session, device.use(asked), later)
    await factors.begin_app(account.database, account.rules, await account.signed_in(token, later), later)


async def test_adding_or_removing_a_factor_signs_out_everywhere_else(account: Account) -> None:
    elsewhere = await account.sign_in()
    session = await account.sign_in()
    app = pyotp.TOTP((await factors.begin_app(account.database, account.rules, session, START)).secret)
    added = await factors.finish_app(account.database, account.rules, session, app.at(START), START)
    async with account.database.shared() as transaction:
        cursor = await transaction.connection.execute("select id from sessions where person_id = %s", [account.person.person_id])
        assert await cursor.fetchall() == [(session.session.id,)]
    assert elsewhere.session.id != session.session.id
    await factors.remove_app(account.database, account.rules, await account.signed_in(added.token), START)
    assert await account.factors() == factors.Factors(False, [], 0)
    assert (await account.sign_in()).due is None


async def test_the_last_factor_stays_where_one_is_required(account: Account) -> None:
    account.rules = replace(account.rules, second_factor_required=True)
    session = await account.sign_in()
    assert session.due == Due.SECOND_FACTOR_SETUP
    app = pyotp.TOTP((await factors.begin_app(account.database, account.rules, session, START)).secret)
    added = await factors.finish_app(account.database, account.rules, session, app.at(START), START)
    whole = await account.signed_in(added.token)
    assert whole.due is None
    with pytest.raises(InvalidValue, match="your last one"):
        await factors.remove_app(account.database, account.rules, whole, START)
    assert (await account.factors()).app


async def test_a_passkey_alone_signs_in_and_counts_as_both_factors(account: Account) -> None:
    device = await account.with_passkey()
    asked = await account.ask()
    assert asked["allowCredentials"] == []  # nobody is told whose passkeys there are
    assert asked["userVerification"] == "required"
    arrival = await account.answer(device.use(asked))
    found = await account.signed_in(arrival.token)
    assert (found.session.method, found.session.second_factor, found.due, found.caller) == ("passkey", "passkey", None, account.person)
    [kept] = (await account.factors()).passkeys
    assert (kept.name, kept.sign_count, kept.used_at) == ("My phone", 1, START)


async def test_a_passkey_is_a_second_factor_after_the_password(account: Account) -> None:
    device = await account.with_passkey()
    half = await account.sign_in()
    assert half.due == Due.SECOND_FACTOR
    given = (account.database, account.rules, half.origin, str(half.session.id), "passkey_second", START, account.person.person_id)
    asked = await ask_passkey(*given)
    assert [one["id"] for one in asked["allowCredentials"]] == [url64(device.credential)]
    arrival = await show_passkey(account.database, account.rules, half, device.use(asked), None, START)
    assert (await account.signed_in(arrival.token)).due is None


async def refused(account: Account, answer: str) -> None:
    with pytest.raises(SignInRefused):
        await account.answer(answer)


async def test_an_answer_is_good_once_and_for_what_was_asked(account: Account) -> None:
    device = await account.with_passkey()
    first = device.use(await account.ask())
    await account.answer(first)
    await refused(account, first)  # nothing is asked any more
    await account.ask()
    await refused(account, first)  # something else was asked
    asked = await account.ask()
    await refused(account, "{}")
    await refused(account, device.use(asked))  # one answer to a question


async def test_a_question_is_not_open_for_long(account: Account) -> None:
    device = await account.with_passkey()
    asked = await account.ask()
    with pytest.raises(SignInRefused, match="too long"):
        await account.answer(device.use(asked), START + timedelta(minutes=10))


async def test_an_answer_from_another_site_is_refused(account: Account) -> None:
    device = await account.with_passkey()
    device.origin = "https://practice-studio.evil.example"
    await refused(account, device.use(await account.ask()))


async def test_a_device_that_did_not_ask_for_finger_or_pin_is_refused(account: Account) -> None:
    with pytest.raises(InvalidValue):
        await account.with_passkey(flags=UP)
    device = await account.with_passkey()
    device.flags = UP
    await refused(account, device.use(await account.ask()))


async def test_a_copied_device_is_noticed_by_its_count(account: Account) -> None:
    device = await account.with_passkey()
    copy = replace(device)
    for _ in range(3):
        await account.answer(device.use(await account.ask()))
    await refused(account, copy.use(await account.ask()))
    await account.answer(device.use(await account.ask()))


async def test_devices_that_do_not_count_are_fine(account: Account) -> None:
    device = await account.with_passkey()
    for _ in range(2):
        device.count = -1
        await account.answer(device.use(await account.ask()))


async def test_a_passkey_for_another_person_or_key_is_refused(account: Account, account_of: Callable[[Caller], Account], someone: Someone) -> None:
    device = await account.with_passkey()
    other = account_of(await someone())
    theirs = await other.with_passkey()
    await refused(account, replace(device, user=theirs.user).use(await account.ask()))
    await refused(account, replace(device, key=theirs.key).use(await account.ask()))
    half = await other.sign_in()
    asked = await ask_passkey(account.database, account.rules, half.origin, str(half.session.id), "passkey_second", START, other.person.person_id)
    with pytest.raises(SignInRefused, match="somebody else's"):
        await show_passkey(account.database, account.rules, half, device.use(asked), None, START)
    with pytest.raises(InvalidValue, match="already"):
        await other_registers(other, theirs, device)


async def other_registers(other: Account, theirs: Authenticator, device: Authenticator) -> None:
    half = await other.sign_in()
    asked = await ask_passkey(other.database, other.rules, half.origin, str(half.session.id), "passkey_second", START, other.person.person_id)
    arrival = await show_passkey(other.database, other.rules, half, theirs.use(asked), None, START)
    session = await other.signed_in(arrival.token)
    options = await factors.begin_passkey(other.database, other.rules, session, START)
    await factors.finish_passkey(other.database, other.rules, session, device.make(options), "stolen", START)


@pytest.mark.parametrize(
    "answer", ["", "null", "[]", "{}", '{"id": 1}', '{"id": "a", "rawId": "", "type": "public-key", "response": {}}', "x" * 99_999]
)
async def test_what_is_no_answer_is_refused_and_noted(account: Account, answer: str) -> None:
    await account.ask()
    await refused(account, answer)


async def test_answers_with_any_part_missing_or_broken_are_refused(account: Account) -> None:
    device = await account.with_passkey()
    for part in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for value in ("", "AAAA", "!", None, 5, url64(b"{}")):
            answer = json.loads(device.use(await account.ask()))
            answer["response"][part] = value
            if (part, value) != ("userHandle", None):  # which may be left out
                await refused(account, json.dumps(answer))


async def test_whoever_has_no_access_any_more_gets_none_by_a_passkey(account: Account) -> None:
    device = await account.with_passkey()
    await deactivate_person(account.database, OPERATOR, account.person.person_id)
    await refused(account, device.use(await account.ask()))


async def test_a_passkey_that_was_removed_is_unknown(account: Account) -> None:
    device = await account.with_passkey()
    session = await account.signed_in((await account.answer(device.use(await account.ask()))).token)
    [kept] = (await account.factors()).passkeys
    await factors.remove_own_passkey(account.database, account.rules, session, new_id(), START)
    assert len((await account.factors()).passkeys) == 1
    await factors.remove_own_passkey(account.database, account.rules, session, kept.id, START)
    await refused(account, device.use(await account.ask()))


async def test_an_administrator_takes_lost_factors_away(account: Account) -> None:
    await account.with_app()
    async with account.database.shared() as transaction:
        token = await start_session(transaction, account.person.person_id, "sso", HERE, START)
    await remove_second_factor(account.database, OPERATOR, account.person.person_id)
    assert await account.factors() == factors.Factors(False, [], 0)
    async with account.database.shared() as transaction:
        assert await use_session(transaction, token, START, account.rules) is None
    assert ("person:person:reset", {"reset": [None, "second factor"]}) in await account.trail()


async def test_the_trail_tells_of_factors_and_of_no_code(account: Account) -> None:
    _, codes = await account.with_app()
    with pytest.raises(SignInRefused):
        await account.show(await account.sign_in(), "123456")
    trail = await account.trail()
    assert ("person:factor:add", {"factor": [None, "totp"]}) in trail
    assert ("person:session:refuse", {"reason": [None, "second factor"]}) in trail
    assert "123456" not in str(trail)
    assert not [code for code in codes if code in str(trail)]


@pytest.mark.parametrize(
    ("address", "works"),
    [
        ("http://localhost:8765", True),
        ("https://studio.example.org", True),
        ("http://127.0.0.1:8765", False),
        ("https://192.0.2.1", False),
        ("https://[::1]", False),
        ("http://studio.example.org", False),
    ],
)
def test_where_passkeys_work(address: str, works: bool) -> None:
    assert works_at(Rules(address=address)) is works
