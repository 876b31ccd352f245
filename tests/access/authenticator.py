"""An authenticator made of a key in memory: what a phone or a security key answers (W3C Web Authentication §6), and, on request, what it must not."""

import base64
import json
import os
import struct
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

UP, UV, AT = 0x01, 0x04, 0x40


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one passkey. origin: what the browser says where it is."""

    origin: str
    credential: bytes = field(default_factory=lambda: os.urandom(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0
    user: bytes = b""
    flags: int = UP | UV

    def make(self, options: dict[str, Any]) -> str:
        """Answer navigator.credentials.create()."""
        self.user = bytes_of(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = encode_cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.credential)) + self.credential + public
        data = self._data(options["rp"]["id"], self.flags | AT) + attested
        response = {"attestationObject": url64(encode_cbor({"fmt": "none", "attStmt": {}, "authData": data}))}
        return self._answer("webauthn.create", options["challenge"], response)

    def use(self, options: dict[str, Any]) -> str:
        """Answer navigator.credentials.get()."""
        self.count += 1
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(options["rpId"], self.flags)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {"authenticatorData": url64(data), "signature": url64(signature), "userHandle": url64(self.user)}
        return self._answer("webauthn.get", options["challenge"], response)

    def _data(self, party: str, flags: int) -> bytes:
        return sha256(party.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, kind: str, challenge: str, response: dict[str, str]) -> str:
        response["clientDataJSON"] = url64(self._client(kind, challenge))
        return json.dumps({"id": url64(self.credential), "rawId": url64(self.credential), "type": "public-key", "response": response})
