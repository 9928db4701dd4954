"""What pages are told."""

from datetime import timedelta

from hemolens.web.database.tables import EventRow, now
from hemolens.web.events import events_after, forget_old_events, last_event


def told(client, since=0):
    with client.app.state.service.database.reading() as session:
        return [(each.kind, each.photograph) for each in events_after(session, since)]


def test_a_sample_and_what_becomes_of_its_photographs_is_told(client, counted):
    kinds = [kind for kind, photograph in told(client) if photograph in {None, counted["id"]}]
    assert kinds == ["sample", "photograph", "job", "job", "photograph", "job", "photograph"]


def test_a_correction_says_who_and_which(client, counted, correct):
    done = correct("delete", cells=["1"]).json()["correction"]
    with client.app.state.service.database.reading() as session:
        last = events_after(session, last_event(session) - 1)[-1]
    assert (last.kind, last.details["actor"], last.details["seq"]) == ("correction", "local user", 1)
    assert last.details["correction"] == done["id"]


def test_what_is_refused_is_not_told(client, counted, correct):
    before = len(told(client))
    correct("delete", cells=["999"])
    assert len(told(client)) == before


def test_old_events_are_forgotten(client, sample):
    with client.app.state.service.database.writing() as session:
        session.add(EventRow(kind="sample", sample_id=sample, details={}, at=now() - timedelta(days=2)))
    with client.app.state.service.database.writing() as session:
        forget_old_events(session)
    assert told(client) == [("sample", None)]
