"""Truth in JSON: ``true`` or ``false``, and nothing that merely resembles them."""

from typing import Any

import marshmallow as ma


class JsonBoolean(ma.fields.Boolean):
    """A boolean of a JSON body; query strings, which have only text, keep marshmallow's own.

    marshmallow takes 0, "off" and "no" for false as well. Consent rests on such fields, so what is
    no boolean is refused instead of guessed (rule 17).
    """

    def _deserialize(self, value: Any, *context: Any, **more: Any) -> bool:  # noqa: ARG002 - marshmallow's hook
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value
