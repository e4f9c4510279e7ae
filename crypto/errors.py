"""The one family of errors that Clew raises on purpose.

Layer: crypto (lowest), so that every other layer can raise and catch the same family. A message says
what was expected, what was found and what to do; it never holds personal data, encodings or keys,
because messages reach logs and peers.
"""


class ClewError(Exception):
    """Root of every deliberate failure; anything else that escapes is a bug.

    Args:
        public_message: What is wrong, where, and how to fix it. Safe to show and to log.
        code: Stable machine-readable name; the branch's own code when absent.
    """

    default_code = "INTERNAL"
    retryable = False

    def __init__(self, public_message: str, *, code: str | None = None) -> None:
        super().__init__(public_message)
        self.public_message = public_message
        self.code = code or self.default_code


class InputError(ClewError):
    """What the caller or a file supplied is malformed; correct it and try again."""

    default_code = "INVALID_INPUT"


class VerificationError(ClewError):
    """A signature, proof, digest or seal did not verify; never retried with the same bytes."""

    default_code = "VERIFICATION_FAILED"


class PolicyError(ClewError):
    """The caller is known but may not do this. Says no more than that to a peer."""

    default_code = "NOT_ALLOWED"


class StateError(ClewError):
    """The request is well formed but does not fit the present state, for example a closed round."""

    default_code = "WRONG_STATE"


class StorageError(ClewError):
    """Durable storage refused or failed; nothing was acknowledged."""

    default_code = "STORAGE_FAILED"


class TransportError(ClewError):
    """The peer could not be reached or the connection broke; safe to try again."""

    default_code = "UNREACHABLE"
    retryable = True
