"""Reading a policy's YAML strictly: no duplicate names, no aliases, no tags, no surprises."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from crm_service.errors import Invalid
from crm_service.policies.checking import usable

#: More than any policy needs; keeps a wrong file from being read at length.
_MAX_BYTES = 256 * 1024


class _StrictLoader(yaml.SafeLoader):
    """The safe loader, refusing what makes a document say something else than it shows."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # as above
            raise yaml.constructor.ConstructorError(None, None, "aliases are not used here", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the signature is PyYAML's
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                problem = f"the name {key.value!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(getattr(key, "value", ""))
        return super().construct_mapping(node, deep=deep)


def read_policy(path: Path) -> Mapping[str, Any]:
    """Return the policy in a YAML file if nothing bars it.

    Raises ``Invalid`` (``invalid_policy``) naming the file, and each place with what is allowed.
    """
    return usable(read_document(path), str(path))


def read_document(path: Path) -> Any:
    """Return what the YAML file says, unchecked (``checking.check`` comes next).

    Raises ``Invalid`` (``invalid_policy``) naming file and line where it is no YAML document.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise _refusal(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise _refusal(path, "is not UTF-8 text") from None
    if len(raw) > _MAX_BYTES:
        raise _refusal(path, f"is larger than {_MAX_BYTES // 1024} KiB: no policy is")
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _refusal(path, f"{place}{error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _refusal(path, f"is not YAML: {type(error).__name__}") from None


def _refusal(path: Path, problem: str) -> Invalid:
    return Invalid(f"{path}: {problem}", code="invalid_policy", errors={"file": [problem]})
