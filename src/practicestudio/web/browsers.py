"""What a browser calls itself, in words that a person recognises."""

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("Windows", "Windows"), ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Mac OS X", "a Mac"), ("Linux", "Linux"))


def browser_words(agent: str | None) -> str:
    """`Firefox on Windows`; `An unknown browser` where nothing is recognised."""
    browser = next((words for mark, words in _BROWSERS if mark in (agent or "")), "An unknown browser")
    system = next((words for mark, words in _SYSTEMS if mark in (agent or "")), "")
    return f"{browser} on {system}" if system else browser
