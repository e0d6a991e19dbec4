import uuid

from crm_service.policies.cache import Remembered

ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def test_what_is_remembered_belongs_to_one_controller() -> None:
    memory: Remembered[str] = Remembered()

    memory.put(ONE, 1, "a policy")

    assert memory.get(ONE, 1) == "a policy"
    assert memory.get(OTHER, 1) is None


def test_a_full_memory_forgets_the_oldest() -> None:
    memory: Remembered[str] = Remembered(size=2)

    for version in (1, 2, 3):
        memory.put(ONE, version, f"version {version}")

    assert [memory.get(ONE, version) for version in (1, 2, 3)] == [None, "version 2", "version 3"]
