"""The hints about a sign-up, as a reviewer gets them and as rules may ask for them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from approvals import outbox, workflow
from approvals.hints import CODES, CannotTell, codes, look, noticing
from approvals.hints.counting import count
from approvals.hints.examining import examine
from approvals.hints.partners import forget
from approvals.models import EarlierRequestsCounted, MailDomain, SignUpRequest, UserFlow
from tests.factories import make_applicant, make_flow, make_identity, make_request, make_user
from tests.hints.making import drain, make_examined, noticed, submitted

CYRILLIC_A = "\u0430"


def examined_codes(request: SignUpRequest) -> list[str]:
    """The codes that are stored with a request."""
    return [hint["code"] for hint in SignUpRequest.objects.get(pk=request.pk).hints]


class TestDomains:
    """What the domain says."""

    def test_it_points_out_what_looks_like_a_listed_partner(self, partners) -> None:
        facts = noticed(partners, "a@vvoodgrove.example")["look_alike"]
        assert facts == {"domain": "vvoodgrove.example", "partner": "woodgrove.example", "how": "letters"}

    def test_it_points_out_what_looks_like_somebody_let_in_before(self, flow) -> None:
        assert "look_alike" not in noticed(flow, "a@fabrlkam.example")
        make_examined(flow, status="provisioned")
        forget()
        facts = noticed(flow, "a@fabrlkam.example")["look_alike"]
        assert (facts["partner"], facts["how"], facts["letters"]) == ("fabrikam.example", "edit", 1)
        assert "look_alike" not in noticed(flow, "b@fabrikam.example")
        assert "look_alike" not in noticed(flow, "b@mail.fabrikam.example")
        assert "look_alike" not in noticed(make_flow("suppliers"), "a@fabrlkam.example")

    def test_it_shows_how_punycode_reads(self, partners) -> None:
        facts = noticed(partners, f"a@woodgrove.ex{CYRILLIC_A}mple.contoso.co.uk.example")
        assert facts["first_from_domain"]["decoded"] == f"woodgrove.ex{CYRILLIC_A}mple.contoso.co.uk.example"
        assert facts["first_from_domain"]["domain"].startswith("woodgrove.xn--")
        assert facts["mixed_scripts"]["where"] == "domain"

    def test_it_takes_no_mail_service_for_an_imitation(self, flow) -> None:
        make_examined(flow, "a@gmall.example", status="provisioned")
        make_examined(flow, "a@gmail-corp.com", status="provisioned")
        forget()
        assert "look_alike" not in noticed(flow, "a@gmail.com")

    def test_it_knows_disposable_addresses(self, flow) -> None:
        assert noticed(flow, "a@team.mailinator.com")["disposable"] == {
            "domain": "team.mailinator.com",
            "listed": "mailinator.com",
        }

    def test_it_minds_free_mail_where_the_flow_expects_organisations(self, flow) -> None:
        assert "free_mail" not in noticed(flow, "a@gmail.com")
        flow.expects_organisations = True
        assert noticed(flow, "a@gmail.com")["free_mail"] == {"domain": "gmail.com"}
        assert "free_mail" not in noticed(flow, "a@fabrikam.example")
        assert "free_mail" not in noticed(flow, "a@10mail.org")


class TestArrivals:
    """When people came from a domain."""

    def test_it_knows_the_first_from_a_domain_and_stays_with_it(self, flow) -> None:
        first = make_examined(flow)
        second = make_examined(flow, "maria@fabrikam.example")
        examine(first.pk)
        assert examined_codes(first) == ["first_from_domain"]
        assert examined_codes(second) == []

    def test_it_does_not_speak_of_the_first_from_a_mail_service(self, flow) -> None:
        assert "first_from_domain" not in noticed(flow, "a@gmail.com")
        assert "first_from_domain" not in noticed(flow, "a@mailinator.com")

    def test_it_does_not_speak_of_a_first_while_older_requests_are_not_counted(self, flow) -> None:
        EarlierRequestsCounted.objects.create(pk=1)
        assert "first_from_domain" not in noticed(flow)
        EarlierRequestsCounted.objects.update(finished_at=timezone.now())
        assert "first_from_domain" in noticed(flow)

    def come(self, flow: UserFlow, number: int, days_ago: float) -> None:
        for each in range(number):
            request = make_request(flow, email=f"{days_ago}-{each}@fabrikam.example")
            count([submitted(request, days_ago=days_ago)])

    def test_it_notices_many_at_once(self, flow) -> None:
        self.come(flow, 8, days_ago=0.5)
        assert "unusual_volume" not in noticed(flow)
        self.come(flow, 1, days_ago=0.4)
        assert noticed(flow)["unusual_volume"] == {"domain": "fabrikam.example", "count": 10, "usual": 0}
        assert "unusual_volume" not in noticed(flow, "a@litware.example")

    def test_it_finds_nothing_in_many_where_there_always_are(self, flow) -> None:
        for day in range(2, 25):
            self.come(flow, 3, days_ago=day)
        self.come(flow, 11, days_ago=0.5)
        assert "unusual_volume" not in noticed(flow)
        self.come(flow, 3, days_ago=0.4)
        assert noticed(flow)["unusual_volume"]["usual"] == 2

    def test_it_looks_at_the_time_of_the_request(self, flow) -> None:
        self.come(flow, 12, days_ago=40)
        ago = timezone.now() - timedelta(days=40) + timedelta(hours=1)
        assert noticed(flow, before=ago)["unusual_volume"]["count"] == 13
        assert "unusual_volume" not in noticed(flow)


class TestPersons:
    """What the person asked for before, and is called."""

    def test_it_knows_a_denial_by_address_and_by_identity(self, flow) -> None:
        denied = make_request(flow, status="denied", identities=(make_identity(),))
        told = {"reference": denied.reference, "count": 1}
        assert noticed(flow, "john.smith@FABRIKAM.example")["denied_before"] == told
        assert noticed(flow, "new@x.example", identities=(make_identity(),))["denied_before"] == told
        assert "denied_before" not in noticed(flow, "maria@fabrikam.example")
        assert "denied_before" not in noticed(flow, before=denied.submitted_at)

    def test_it_counts_denials_and_tells_of_the_last(self, flow) -> None:
        make_request(flow, status="denied")
        last = make_request(flow, status="denied", identities=(make_identity(),))
        assert noticed(flow)["denied_before"] == {"reference": last.reference, "count": 2}

    def test_it_tells_of_the_same_person_in_another_flow(self, flow) -> None:
        suppliers = make_flow("suppliers")
        denied = make_request(suppliers, status="denied")
        told = noticed(flow)
        assert told["same_person_elsewhere"] == {
            "requests": [{"flow": suppliers.pk, "reference": denied.reference, "denied": True}]
        }
        assert "denied_before" not in told
        assert "same_person_elsewhere" not in noticed(flow, "maria@fabrikam.example")
        assert "same_person_elsewhere" not in noticed(suppliers)

    def test_it_knows_who_has_a_colleagues_name(self, flow, anna) -> None:
        assert noticed(flow, displayName=f"{CYRILLIC_A.upper()}nna  Berg")["imitates_colleague"] == {
            "name": "Anna Berg"
        }
        assert "imitates_colleague" not in noticed(flow, displayName="Anna Bergson")

    def test_it_lets_a_colleague_have_the_name(self, flow, anna) -> None:
        assert "imitates_colleague" not in noticed(flow, "Anna@contoso.example", displayName="Anna Berg")

    def test_it_compares_with_those_who_review(self, flow) -> None:
        make_user("old", flows=(flow,), first_name="Olga", last_name="Petrova", is_active=False)
        make_user("clerk", first_name="Carla", last_name="Kerk")
        make_user("root", admin=True, first_name="Rosa", last_name="Ota")
        called = [noticed(flow, displayName=name) for name in ("Olga Petrova", "Carla Kerk", "Rosa Ota")]
        assert ["imitates_colleague" in hints for hints in called] == [False, False, True]

    @pytest.mark.parametrize("attribute", ["displayName", "givenName", "surname"])
    def test_it_looks_into_every_name(self, flow, attribute) -> None:
        assert noticed(flow, **{attribute: "see www.evil.example"})["link_in_name"] == {"found": "link"}
        assert noticed(flow, **{attribute: f"J{CYRILLIC_A}n"})["mixed_scripts"]["where"] == "name"


class TestExamining:
    """What a worker keeps with a request."""

    def test_it_looks_again_at_new_answers(self, flow) -> None:
        request = make_examined(flow)
        assert examined_codes(request) == ["first_from_domain"]
        workflow.submit(flow, make_applicant(displayName="www.evil.example"))
        drain()
        assert examined_codes(request) == ["link_in_name", "first_from_domain"]
        workflow.submit(flow, make_applicant(displayName="John Smith"))
        drain()
        assert examined_codes(request) == ["first_from_domain"]

    def test_it_changes_nothing_the_second_time_and_no_version(self, flow) -> None:
        request = make_examined(flow, "a@mailinator.com")
        examine(request.pk)
        again = SignUpRequest.objects.get(pk=request.pk)
        assert (again.hints, again.version) == (request.hints, 1)
        assert again.hints == [
            {"code": "disposable", "facts": {"domain": "mailinator.com", "listed": "mailinator.com"}}
        ]

    def test_it_examines_what_was_decided_meanwhile_too(self, flow) -> None:
        assert examined_codes(make_examined(flow, "a@mailinator.com", status="denied")) == ["disposable"]

    def test_it_examines_before_it_mails(self, flow, mailoutbox) -> None:
        request = make_request(flow)
        outbox.drain(limit=2)
        assert (examined_codes(request), mailoutbox) == (["first_from_domain"], [])

    def test_it_writes_no_outbox_entry_but_one_for_a_sign_up(self, flow) -> None:
        assert [entry.kind for entry in make_request(flow).outbox.all()] == ["request.announce"]


class TestTrouble:
    """When something cannot be looked for."""

    @pytest.fixture
    def broken(self, monkeypatch) -> None:
        """One hint that fails."""

        def fail(_sight: object) -> None:
            raise ValueError("of john.smith@fabrikam.example")

        monkeypatch.setitem(noticing.NOTICES, "mixed_scripts", fail)

    def test_one_failing_hint_does_not_stop_the_others(self, flow, broken, log_lines) -> None:
        assert set(noticed(flow, "a@mailinator.com", displayName="www.evil.example")) == {"disposable", "link_in_name"}
        assert "mixed_scripts" in log_lines.getvalue()
        assert "john.smith" not in log_lines.getvalue()

    def test_rules_are_told_that_it_is_not_known(self, flow, broken) -> None:
        with pytest.raises(CannotTell):
            codes(flow, make_applicant())

    def test_rules_are_told_while_older_requests_are_not_counted(self, flow) -> None:
        EarlierRequestsCounted.objects.create(pk=1)
        with pytest.raises(CannotTell):
            codes(flow, make_applicant())
        assert codes(flow, make_applicant("a@gmail.com")) == frozenset()
        make_examined(flow)
        assert codes(flow, make_applicant()) == frozenset()

    def test_it_waits_for_a_database_that_is_away(self, flow, monkeypatch) -> None:
        def away(_sight: object) -> None:
            raise OperationalError("gone")

        monkeypatch.setitem(noticing.NOTICES, "denied_before", away)
        with pytest.raises(OperationalError):
            look(flow, make_applicant())
        with pytest.raises(CannotTell):
            codes(flow, make_applicant())


class TestCodes:
    """What rules ask for."""

    def test_it_tells_the_codes(self, partners) -> None:
        make_request(partners, email="a@fabrikam.example", status="denied")
        assert codes(partners, make_applicant("a@fabrikam.example", displayName="www.evil.example")) == {
            "denied_before",
            "link_in_name",
            "first_from_domain",
        }
        assert codes(partners, make_applicant("a@wo0dgrove.example")) == {"look_alike", "first_from_domain"}

    def test_it_has_a_notice_for_every_code(self) -> None:
        assert set(noticing.NOTICES) == set(CODES)
        assert len(CODES) == 10

    def test_it_asks_the_database_little(self, partners, anna: User, django_assert_max_num_queries) -> None:
        for number in range(12):
            make_request(partners, email=f"{number}@fabrikam.example")
        drain()
        assert MailDomain.objects.get().requests == 12
        codes(partners, make_applicant())
        with django_assert_max_num_queries(5):
            codes(partners, make_applicant())
        with django_assert_max_num_queries(4):
            codes(partners, make_applicant("a@litware.example"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    email=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=100),
    name=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=100),
)
def test_it_never_fails_for_any_text(partners: UserFlow, log_lines, email: str, name: str) -> None:
    applicant = make_applicant(email, displayName=name)
    assert codes(partners, applicant) == {hint.code for hint in look(partners, applicant)}
    assert "hint_failed" not in log_lines.getvalue()
