"""The bundled athenahealth: a local stand-in that behaves as the real one is known to, with faults on demand."""

from practicestudio.sandbox.app import create_app, serve
from practicestudio.sandbox.config import Limits, SandboxConfig
from practicestudio.sandbox.sandbox import Sandbox

__all__ = ["Limits", "Sandbox", "SandboxConfig", "create_app", "serve"]
