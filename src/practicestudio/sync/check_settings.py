"""Whether settings are right as they would be after a change: each section by its own rules, and what depends on each other together."""

from collections.abc import Collection
from typing import Any

from practicestudio.errors import FieldFault, IntegrationError, InvalidFields
from practicestudio.practices import alert_rules, conflict_rules, connection, lane_policy, practice, schedule, scheduling, sync_rules
from practicestudio.practices.configuration import Configuration
from practicestudio.practices.items import Items
from practicestudio.practices.practice import Practice
from practicestudio.sync.setup import MAPPING, OVERRIDES, mapping_of

Named = tuple[str, str]


def check_settings(changed: Collection[Named], values: Configuration, practice: Practice, items: Items) -> None:
    """Raise InvalidFields with everything that is wrong with the changed values. values: all of them, as they would be."""
    found: dict[FieldFault, None] = {}
    for section, name in (*changed, *_also(changed, values)):
        try:
            found |= dict.fromkeys(_faults(section, name, values, practice, items))
        except InvalidFields as error:
            found |= dict.fromkeys(error.faults)
        except IntegrationError as error:
            found[FieldFault(name, error.sentence)] = None
        except (AttributeError, KeyError, TypeError, ValueError):
            found[FieldFault(name, "This value cannot be read. Set it anew.")] = None
    if found:
        raise InvalidFields(found)


def _also(changed: Collection[Named], values: Configuration) -> list[Named]:
    """What a change puts in doubt though it stays as it is: jobs of the night when the night moves, the mapping when the dialect does."""
    also: list[Named] = []
    if (schedule.SECTION, schedule.OFF_PEAK) in changed:
        also += [(schedule.SECTION, job) for job in schedule.DEFAULTS]
    if (connection.SECTION, connection.NAME) in changed:
        also.append((MAPPING, OVERRIDES))
    return also


def _faults(section: str, name: str, values: Configuration, known: Practice, items: Items) -> list[FieldFault]:
    value: Any = values.get(section, {}).get(name)
    if value is None and section != schedule.SECTION:
        return []
    match section, name:
        case (practice.SECTION, practice.NAME):
            return practice.faults_of(known.athena_id, value["name"], value["time_zone"])
        case (connection.SECTION, connection.NAME):
            return connection.faults_of(connection.from_value(value))
        case (schedule.SECTION, schedule.OFF_PEAK):
            return schedule.faults_of_window(schedule.window_of(values.get(section, {})))
        case (schedule.SECTION, _):
            return schedule.faults_of(name, schedule.schedule_of(name, value), known.zone, schedule.window_of(values.get(section, {})))
        case (sync_rules.SECTION, sync_rules.NAME):
            return sync_rules.faults_of(sync_rules.from_value(value))
        case (scheduling.SECTION, scheduling.NAME):
            return scheduling.faults_of(scheduling.from_value(value))
        case (conflict_rules.SECTION, _):
            return conflict_rules.faults_of(name, value)
        case (lane_policy.SECTION, _):
            return lane_policy.faults_of(name, value)
        case (alert_rules.SECTION, _):
            return alert_rules.faults_of(name, value)
        case ("mapping", _):
            mapping_of(values, items)
            return []
    return [FieldFault(name, "There is no such setting.")]
