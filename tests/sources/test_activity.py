"""Activity in the inbox: told from leads by its columns, kept apart from them, held back where nobody knows it."""

from pathlib import Path

import polars as pl
import pytest

from sources.activity.shelf import activity_files, remove_rows
from sources.inbox import FilesReport, read_inbox
from sources.lead_files import FOLDERS
from sources.store.catalogue import load_rejects
from sources.store.channel_records import load_records
from tests.qualification.activity.test_shapes import GOTO, HUBSPOT, MARKETO, TEAMS, ZOOM

BUDGET = "Kampagne;Monat;Ist-Kosten\nhm26;2026-03;8.400,00\nSumme;;8.400,00\n"
CONTACTS = "Record ID,First Name,Last Name,Email,Lifecycle Stage\n101,Anna,Klein,anna@nord.de,Lead\n"
FORM = "Vorname;Nachname;E-Mail;client_id\nAnna;Klein;anna@nord.de;{}\nJens;Hof;jens@nord.de;{}\n"


def home(tmp_path: Path, **files: str) -> Path:
    """A home with these files: `online__form` is inbox/online/form/export.csv."""
    for name, text in files.items():
        folder = tmp_path / "inbox" / name.replace("__", "/")
        folder.mkdir(parents=True)
        (folder / "export.csv").write_text(text, encoding="utf-8")
    return tmp_path


def read(place: Path) -> FilesReport:
    return read_inbox(place / "inbox", place / "store", place / "sources", FOLDERS, settle=0)


def records(place: Path) -> pl.DataFrame:
    return pl.concat(load_records(place / "store", channel) for channel in ("online", "offline")).collect()


def kept(place: Path) -> list[tuple[str, str, int]]:
    return [(told.file, told.shape, rows.collect().height) for told, rows in activity_files(place / "store")]


@pytest.mark.parametrize(
    ("where", "text", "shape", "rows"),
    [
        ("online__hubspot", HUBSPOT, "hubspot_email_events", 8),
        ("offline__sheets", BUDGET, "budget_sheet", 2),
        ("activity__hubspot", HUBSPOT, "hubspot_email_events", 8),
        ("activity__marketo", MARKETO, "marketo_bulk_activities", 5),
        ("activity__zoom", ZOOM, "zoom_attendee_report", 3),
        ("activity__goto", GOTO, "goto_attendee_report", 2),
        ("activity__teams", TEAMS, "teams_attendance_report", 2),
        ("activity__hubspot", CONTACTS, "hubspot_contacts_export", 1),
    ],
)
def test_activity_is_no_lead_wherever_it_lies(tmp_path: Path, where: str, text: str, shape: str, rows: int) -> None:
    place = home(tmp_path, **{where: text})
    report = read(place)
    assert report.files["status"].to_list() == ["activity"]
    assert kept(place) == [(f"{where.replace('__', '/')}/export.csv", shape, rows)]
    assert not records(place).height
    assert not load_rejects(place / "store").height


def test_lm02_people_of_a_report_among_leads_are_leads_but_for_our_own(tmp_path: Path) -> None:
    place = home(tmp_path, online__webinar=ZOOM)
    read(place)
    assert sorted(records(place)["email"]) == ["anna@nord.de", "anna@nord.de", "jens@nord.de"]
    assert kept(place) == [("online/webinar/export.csv", "zoom_attendee_report", 3)]
    assert not load_rejects(place / "store").height


def test_contacts_of_a_crm_among_leads_are_leads_and_tell_of_stages(tmp_path: Path) -> None:
    place = home(tmp_path, online__hubspot=CONTACTS)
    read(place)
    assert records(place)["source_record_id"].to_list() == ["101"]
    assert kept(place) == [("online/hubspot/export.csv", "hubspot_contacts_export", 1)]


def test_leads_beside_activity_are_as_if_they_were_alone(tmp_path: Path) -> None:
    leads = FORM.format("1", "2")
    alone = home(tmp_path / "alone", online__form=leads)
    beside = home(
        tmp_path / "beside", online__form=leads, online__hubspot=HUBSPOT, offline__sheets=BUDGET, activity__z=ZOOM
    )
    read(alone)
    read(beside)
    assert records(beside).drop("received_at").equals(records(alone).drop("received_at"))


def test_a_shape_nobody_knows_is_held_back_with_its_columns_and_the_line_to_write(tmp_path: Path) -> None:
    place = home(tmp_path, activity__events="Zeit;Wer;Was\n2026-03-02 10:00;anna@nord.de;Broschüre\n")
    read(place)
    (reason, message) = load_rejects(place / "store").select("reason_code", "message").row(0)
    assert reason == "unknown_activity"
    assert "Zeit, Wer, Was" in message
    assert "sources/events.toml" in message
    (place / "sources").mkdir()
    (place / "sources" / "events.toml").write_text(
        '[activity]\nshape = "plain"\ncolumns = { Zeit = "occurred_at", Wer = "email", Was = "kind" }\n',
        encoding="utf-8",
    )
    assert read(place).files["status"].to_list() == ["activity"]
    assert kept(place) == [("activity/events/export.csv", "plain", 1)]
    assert not load_rejects(place / "store").height


@pytest.mark.parametrize("wrong", ['shape = "no_such"', "shape = 3", "columns = 1", 'other = "x"'])
def test_settings_of_activity_that_mean_nothing_are_said(tmp_path: Path, wrong: str) -> None:
    place = home(tmp_path, activity__events=HUBSPOT)
    (place / "sources").mkdir()
    (place / "sources" / "events.toml").write_text(f"[activity]\n{wrong}\n", encoding="utf-8")
    read(place)
    assert load_rejects(place / "store")["reason_code"].to_list() == ["bad_override"]


@pytest.mark.parametrize(
    ("ids", "customers"),
    [
        (("1967382937.1709123456", "1967382938.1709123457"), [None, None]),
        (("GA1.2.1967382937.1709123456", "GA1.1.1967382938.1709123457"), [None, None]),
        (("10023", "10024"), ["10023", "10024"]),
    ],
    ids=["LM01 of a browser", "as the cookie holds it", "of a customer"],
)
def test_the_client_id_of_a_browser_is_no_customer_number(
    tmp_path: Path, ids: tuple[str, str], customers: list[str | None]
) -> None:
    place = home(tmp_path, online__web_form=FORM.format(*ids))
    read(place)
    found = records(place).sort("email")
    assert found["customer_no"].to_list() == customers
    assert [ids[0] in (extra or "") for extra in found["extra"]] == [customers[0] is None, False]


def test_a_file_read_before_is_not_read_again(tmp_path: Path) -> None:
    place = home(tmp_path, activity__hubspot=HUBSPOT)
    read(place)
    before = kept(place)
    assert read(place).files["status"].to_list() == ["already_loaded"]
    assert kept(place) == before


def test_a_list_of_objections_among_leads_stays_one(tmp_path: Path) -> None:
    place = home(
        tmp_path, online__abmeldungen="id,type,created,recipient\n1,STATUSCHANGE,2026-03-02 06:00:00,anna@nord.de\n"
    )
    read(place)
    assert records(place)["opt_out"].is_not_null().all()


def test_a_file_whose_columns_the_settings_name_stays_a_file_of_leads(tmp_path: Path) -> None:
    place = home(tmp_path, online__crm="id,type,created,recipient,name\n1,Kunde,2026-03-02,anna@nord.de,Anna Klein\n")
    (place / "sources").mkdir()
    (place / "sources" / "crm.toml").write_text('[columns]\nrecipient = "email"\n', encoding="utf-8")
    read(place)
    assert records(place)["email"].to_list() == ["anna@nord.de"]


def test_rows_that_name_a_person_who_is_to_be_forgotten_leave_with_all_else_as_it_was(tmp_path: Path) -> None:
    place = home(tmp_path, activity__hubspot=HUBSPOT, activity__marketo=MARKETO)
    read(place)
    before = dict(zip((told.source for told, _ in activity_files(place / "store")), kept(place), strict=True))
    gone = remove_rows(place / "store", lambda mails: mails.str.to_lowercase() == "anna@nord.de")
    assert gone == 7
    left = {told.source: rows.collect() for told, rows in activity_files(place / "store")}
    assert left["hubspot"]["3"].to_list() == ["weg@nord.de"]
    assert left["marketo"].height == before["marketo"][2]
    assert remove_rows(place / "store", lambda mails: mails.str.to_lowercase() == "anna@nord.de") == 0
