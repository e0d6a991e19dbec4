"""What can go wrong in the domain, named without any HTTP vocabulary."""

from collections.abc import Mapping, Sequence


class DomainError(Exception):
    """A rule of the domain refused the request.

    ``code`` is stable and part of the public contract; ``str(error)`` says what to do about it and
    never holds personal data; ``errors`` names the offending fields, if any.
    """

    code = "domain_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        errors: Mapping[str, Sequence[str]] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(message)
        self.code = code or self.code
        self.errors = dict(errors or {})
        self.extra = extra


class NotFound(DomainError):
    """The thing named does not exist for this controller, or has been erased."""

    code = "not_found"


class Conflict(DomainError):
    """The request contradicts what is already recorded."""

    code = "conflict"


class Gone(DomainError):
    """What was asked for existed and is no longer kept."""

    code = "gone"


class Invalid(DomainError):
    """The request is well formed but breaks a rule; nothing was stored."""

    code = "invalid_request"


class Forbidden(DomainError):
    """The caller is known but may not do this."""

    code = "forbidden"


class Unauthenticated(DomainError):
    """The caller did not prove who it is."""

    code = "unauthenticated"


class PreconditionFailed(DomainError):
    """The caller worked from an outdated version of the thing."""

    code = "precondition_failed"


class ConfigurationError(Exception):
    """The service cannot start as it is set up; the message says which setting to change."""
