import subprocess
import sys


def test_time_zones_are_known_on_a_system_that_has_none_of_its_own() -> None:
    script = "import zoneinfo; print('Europe/Tallinn' in zoneinfo.available_timezones())"

    answer = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", script],
        env={"PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout == "True\n"
