"""Passwords of twelve characters and more, and the words they are made of, that guessing begins with."""

_WORDS = """
password passwort passw0rd welcome qwerty qwertyuiop qwertzuiop asdfghjkl zxcvbnm letmein iloveyou sunshine princess football baseball basketball
superman batman trustno monkey dragon master shadow michael jordan liverpool chelsea arsenal starwars pokemon computer internet administrator
administrador changeme changeit secret topsecret default temporary temp test testing guest login access letmeinnow hospital clinic medical doctor
nurse patient health healthcare practice summer winter spring autumn january february march april june july august september october november
december monday tuesday wednesday thursday friday saturday sunday mustang cheese charlie ashley jennifer jessica whatever freedom hello
helloworld abcdef abcdefgh abcdefghijkl passphrase mypassword thisismypassword correcthorsebatterystaple
"""

COMMON = frozenset(
    {
        *_WORDS.split(),
        *(word * 2 for word in _WORDS.split()),
        "1q2w3e4r5t6y", "1q2w3e4r5t6y7u", "1qaz2wsx3edc", "1qaz2wsx3edc4rfv", "qwer1234asdf", "qwerty123456", "q1w2e3r4t5y6", "zaq12wsxcde3",
        "123456789123", "1234567890123", "123qweasdzxc", "qazwsxedcrfv", "0987654321qw", "a1b2c3d4e5f6", "1a2b3c4d5e6f", "abc123abc123",
        "147258369147", "asdfghjkl123", "159753159753", "112233445566", "123123123123", "987654321987",
    }
)  # fmt: skip
