from crm_service.outbox.held import Held


def test_a_position_is_in_hand_until_it_is_released() -> None:
    held = Held()
    held.add("a", 1, "v1")
    held.add("a", 2, "v2")
    held.add("b", 3, "v3")

    assert held.version("a", 2) == "v2"
    held.release("a", 1)
    held.release("a", 1)

    assert sorted(held.positions()) == [2, 3]
    assert len(held) == 2


def test_a_lane_is_released_as_a_whole() -> None:
    held = Held()
    held.add("a", 1, "v1")
    held.add("a", 2, "v2")
    assert held.deeper_than(1) == ["a"]

    held.release_lane("a")

    assert held.depth("a") == len(held) == 0
