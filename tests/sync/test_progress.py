"""What was pulled, changed and pushed, counted from what is stored."""

from typing import Any

from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.progress import pull_progress, ridden_out, tally


async def test_before_the_first_pull_there_is_nothing(platform: Any) -> None:
    assert await platform.do(lambda transaction: pull_progress(transaction, "patients")) is None
    counted = await platform.do(tally)
    assert (counted.patients.total, counted.calls, counted.messages, counted.seconds) == (0, 0, {}, 0)
    assert counted.calls_per_record == 0


async def test_a_pull_tells_how_far_it_is(clinic: Any) -> None:
    await clinic.run("pull.practice", "pull.patients")
    stand = await clinic.do(lambda transaction: pull_progress(transaction, "patients"))
    assert (stand.state, stand.expected, stand.taken, stand.worked) == ("done", clinic.size, clinic.size, clinic.size)


async def test_each_way_over_the_wall_is_counted_by_itself(clinic: Any) -> None:
    await clinic.pull()
    pulled = await clinic.do(tally)
    assert pulled.patients.pulled == clinic.size
    assert pulled.appointments.pulled == len(await clinic.appointments())
    assert (pulled.patients.changed, pulled.patients.pushed) == (0, 0)
    await clinic.happens("move", patientid="2")
    await clinic.happens("move", patientid="2")
    await clinic.feed()
    ours = (await clinic.patients())["5"].id
    await clinic.do(lambda transaction: change_patient(transaction, ours, {"phone_home": "+16175550123"}, "ann"))
    await clinic.work()
    await clinic.feed()
    counted = await clinic.do(tally)
    assert (counted.patients.pulled, counted.patients.changed, counted.patients.pushed) == (clinic.size, 1, 1)
    assert counted.calls == clinic.calls() + clinic.sandbox.calls["token"]
    assert counted.messages == {"done": len(await clinic.messages())}
    assert counted.seconds > 0


async def test_what_was_made_good_by_trying_again_is_counted(platform: Any) -> None:
    await platform.fault("503", "departments$", times=2)
    await platform.run("pull.practice")
    found = await platform.do(ridden_out)
    kept = [(one.operation, one.error_code, one.count) for one in found if one.status == 503]
    assert kept == [("department.list", "server_fault", 2)]
