"""What an endpoint can be told besides its secrets, and what of it a provider understands."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from crm_service.errors import Invalid

#: Seconds: a minute to a week.
MAX_AGE = range(60, 7 * 24 * 3600 + 1)

_TOPIC_ARN = re.compile(
    r"arn:aws(?:-cn|-us-gov)?:sns:[a-z0-9-]{1,40}:[0-9]{12}:[A-Za-z0-9_-]{1,256}"
)
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_USERNAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_GROUP = re.compile(r"[^\x00-\x1f]{1,200}")
_MOST_TOPICS = 200

Check = Callable[[Mapping[str, Any]], None]


def accepting(*names: str, required: tuple[str, ...] = ()) -> Check:
    """Return what raises ``Invalid`` for settings other than these, or of the wrong shape."""

    def check(settings: Mapping[str, Any]) -> None:
        errors = {name: ["is needed"] for name in required if name not in settings}
        if set(settings) - {*names}:
            # Not by its name, which may be anything that somebody typed.
            known = ", ".join(names) or "none"
            errors["settings"] = [f"there is one that this provider does not have; it has: {known}"]
        for name in settings.keys() & {*names}:
            if not _SHAPES[name](settings[name]):
                errors[name] = [_MEANINGS[name]]
        if errors:
            raise Invalid(
                "these settings do not fit the provider", code="invalid_settings", errors=errors
            )

    return check


def _is_topics(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and len(value) <= _MOST_TOPICS
        and all(_matches(_GROUP, group) and _matches(_SLUG, slug) for group, slug in value.items())
    )


def _is_https(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"https://[\x21-\x7e]{1,490}", value) is not None


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "topic_arn": lambda value: _matches(_TOPIC_ARN, value),
    "auto_confirm": lambda value: isinstance(value, bool),
    "signature_version": lambda value: value in {"1", "2"},
    "max_age_seconds": lambda value: type(value) is int and value in MAX_AGE,
    "username": lambda value: _matches(_USERNAME, value),
    "header": lambda value: _matches(_HEADER, value),
    "topics": _is_topics,
    "url": _is_https,
}
_MEANINGS = {
    "topic_arn": "the ARN of a standard SNS topic: arn:aws:sns:<region>:<account>:<name>",
    "auto_confirm": "true: confirm the subscription of this topic without asking",
    "signature_version": "'2': refuse SHA-1 signatures; '1' takes both",
    "max_age_seconds": f"how old a delivery may be, {MAX_AGE.start} to {MAX_AGE.stop - 1} seconds",
    "username": "1 to 60 of A-Z, a-z, 0-9, '.', '_' and '-'",
    "header": "the name of a header",
    "topics": "the provider's group, stream or list, and the topic (slug) that it stands for",
    "url": "the https:// URL that the provider was told, if it is not the endpoint's",
}
