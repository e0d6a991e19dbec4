"""Uploads and their reports are rid of whoever is erased (rules 33 and 34)."""

import pytest

from crm_service.config import Settings
from tests.factories import Tenant
from tests.rights.asking import granted, package
from tests.transfers.files import Admin, contacts, counted
from tests.transfers.uploading import FILE, ROW, AfterBatches, done, job, report, send, work

pytestmark = pytest.mark.usefixtures("small_batches")

KATI = ROW.replace("mari", "kati").replace("Mari", "Kati")
NAMED = (
    "Email,First Name,Notes\nmari@example.com,Mari,\n"
    "kati@example.com,Kati,wife of mari@example.com\njaan@example.com,Jaan,\n"
)


@pytest.mark.rule(33, 34)
def test_whoever_is_erased_leaves_every_report(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    import_id = done(tenant, settings, NAMED)
    mari = contacts(admin, tenant)["mari@example.com"]["id"]

    assert tenant.client.delete(f"/v1/contacts/{mari}").status_code == 204

    lines = report(tenant, import_id)[1:]
    assert lines == [
        ["", "", "", "1", "created", "", ""],
        ["", "", "", "2", "created", "", ""],
        ["jaan@example.com", "Jaan", "", "3", "created", "", ""],
    ]


@pytest.mark.rule(33, 34)
def test_an_export_of_a_person_has_the_lines_that_name_them(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    import_id = done(tenant, settings, NAMED)
    mari = contacts(admin, tenant)["mari@example.com"]["id"]

    lines = package(tenant, granted(tenant, "access", contact_id=mari))["transfers"]

    assert [one["row"] for one in lines] == [1, 2]
    assert {str(one["import_id"]) for one in lines} == {import_id}
    assert lines[0]["cells"] == ["mari@example.com", "Mari", ""]
    # Kati's own address and name are hers.
    assert lines[1]["cells"] == ["", "", "wife of mari@example.com"]


@pytest.mark.rule(33)
def test_of_a_line_that_names_two_people_each_is_shown_their_own(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    done(
        tenant,
        settings,
        "Email,First Name,Notes,City\n"
        "mari@example.com,Mari,met by KATI@example.com,Tartu\n"
        "kati@example.com,Kati,,\n"
        "not an address,Jaan,recommended by mari@example.com,Narva\n"
        "also none,Juhan,knows mari@example.com and kati@example.com,Elva\n",
    )
    known = contacts(admin, tenant)

    shown = {
        name: package(tenant, granted(tenant, "access", contact_id=known[name]["id"]))["transfers"]
        for name in ("mari@example.com", "kati@example.com")
    }

    assert [one["cells"] for one in shown["mari@example.com"]] == [
        ["mari@example.com", "Mari", "", "Tartu"],
        ["", "", "recommended by mari@example.com", ""],
        ["", "", "", ""],
    ]
    assert [one["cells"] for one in shown["kati@example.com"]] == [
        ["", "", "met by KATI@example.com", ""],
        ["kati@example.com", "Kati", "", ""],
        ["", "", "", ""],
    ]


@pytest.mark.rule(33)
def test_a_line_that_is_torn_is_shown_only_as_far_as_it_is_the_persons(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    done(
        tenant,
        settings,
        "Email,First Name,Notes\nmari@example.com,Mari,\n"
        '"kati@example.com,Kati,"wife" of mari@example.com\n',
    )
    mari = contacts(admin, tenant)["mari@example.com"]["id"]

    lines = package(tenant, granted(tenant, "access", contact_id=mari))["transfers"]

    assert "mari@example.com" in lines[0]["cells"]
    assert "ati" not in str(lines)


@pytest.mark.rule(33)
def test_whoever_is_erased_while_their_file_waits_does_not_come_back(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    done(tenant, settings, FILE)
    mari = contacts(admin, tenant)["mari@example.com"]["id"]
    import_id = send(tenant, FILE + KATI + ROW.upper()).json["id"]

    assert tenant.client.delete(f"/v1/contacts/{mari}").status_code == 204
    work(settings)

    assert contacts(admin, tenant).keys() == {"kati@example.com"}
    lines = report(tenant, import_id)[1:]
    assert [line[-3:-1] for line in lines] == [
        ["rejected", "erased"],
        ["created", ""],
        ["rejected", "erased"],
    ]
    assert {cell for line in (lines[0], lines[2]) for cell in line[:-4]} == {""}
    assert counted(admin, tenant, "import_erasures", "import_files") == {
        "import_erasures": 0,
        "import_files": 0,
    }


@pytest.mark.rule(33)
def test_whoever_is_erased_in_the_midst_of_an_import_does_not_come_back(
    settings: Settings, tenant: Tenant, admin: Admin
) -> None:
    file = "email\n" + "".join(f"p{n}@example.com\n" for n in range(500)) + "p5@example.com\n"
    import_id = send(tenant, file).json["id"]

    def erase() -> None:
        p5 = contacts(admin, tenant)["p5@example.com"]["id"]
        assert tenant.client.delete(f"/v1/contacts/{p5}").status_code == 204

    work(settings, AfterBatches(5, erase))
    work(settings)

    assert job(tenant, import_id)["reasons"] == {"erased": 1}
    assert "p5@example.com" not in contacts(admin, tenant)
    assert not [line for line in report(tenant, import_id) if line[0] == "p5@example.com"]
