"""Which of two states of theirs is newer, told by their places in the message log, since clocks may differ; and what is said of an old one."""

from practicestudio.delivery.message import Message
from practicestudio.mapping import Finding
from practicestudio.store.records import Link

OLDER = Finding("", "A newer state of this record has been taken since, so this one changes nothing.", "warning")
OVERTAKEN = Finding("", "The record changed while this was on its way, so it is read once more to be sure.", "warning")
MERGED = Finding("", "athenahealth has merged this record into another, who goes on; this one changes nothing.", "warning")
ASKED_ALREADY = Finding("", "A person is being asked about this difference already.", "warning")


def is_older(message: Message, link: Link) -> bool:
    """Whether a newer state was agreed on since: the message was stored before it, and is worked only now, because somebody retried it."""
    return link.base is not None and message.position < link.position


def may_be_older(message: Message, link: Link) -> bool:
    """Whether the agreed state may be the newer one: it was stored after athenahealth was asked for this one, and before this one came."""
    return link.base is not None and message.asked is not None and message.asked < link.position
