"""What the mails say, and that nobody's text in them does anything."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
import time_machine

from accounts.models import User
from approvals.mail import to_applicant, to_reviewer
from approvals.mail.inert import greeting_name
from approvals.mail.letter import Mail
from approvals.models import Delivery, SignUpRequest, UserFlow
from approvals.notifications import preview_denied
from tests.factories import make_identity, make_request
from tests.mail.delivering import approve

EXTENSION = "extension_831374b3bd5041bfaa54263ec9e050fc"
REDEEM = "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2fredeem%2f%3ftenant%3d1"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)> https://evil.example/x \"&'"


class Page(HTMLParser):
    """The words, links and elements of an HTML mail."""

    def __init__(self, mail: Mail) -> None:
        super().__init__()
        self.words = ""
        self.links: list[str | None] = []
        self.elements: set[str] = set()
        self._in_style = False
        self.feed(mail.html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self._in_style = tag == "style"
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.words += f" {data}"


def approved(request: SignUpRequest, **how: Any) -> Mail:
    """The approval mail once the guest is there."""
    approve(request, **how)
    request.refresh_from_db()
    return to_applicant.approved(request, Delivery.objects.get(request=request))


def test_it_confirms_with_the_reference(flow: UserFlow) -> None:
    request = make_request(flow)
    mail = to_applicant.received(request)
    assert mail.subject == "Partners: your request was received"
    for words in (mail.text, Page(mail).words):
        assert "Hello John Smith," in words
        assert request.reference in words
        assert "Questions? access@contoso.example" in words


@pytest.mark.parametrize(
    ("language", "subject", "date"),
    [
        ("es-MX", "Partners: hemos recibido su solicitud", "1 de marzo de 2026"),
        ("de-AT", "Partners: Ihre Anfrage ist eingegangen", "1. März 2026"),
        ("fr", "Partners\u00a0: votre demande a été reçue", "1 mars 2026"),
        ("nl", "Partners: uw aanvraag is ontvangen", "1 maart 2026"),
        ("pt-BR", "Partners: o seu pedido foi recebido", "1 de março de 2026"),
        ("ja", "Partners: your request was received", "1 March 2026"),
    ],
)
def test_it_writes_in_the_applicants_language(flow: UserFlow, language, subject, date) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        request = make_request(flow, locales=(language,))
    mail = to_applicant.received(request)
    assert mail.subject == subject
    assert date in mail.text
    assert date in Page(mail).words
    assert f'lang="{mail.language}"' in mail.html


def test_it_links_to_the_invitation_that_was_made(flow: UserFlow) -> None:
    mail = approved(make_request(flow), made=Delivery.Made.INVITED, redeem_url=REDEEM)
    assert Page(mail).links == [REDEEM]
    assert f"Accept the invitation:\n{REDEEM}\n" in mail.text
    assert "Sign in with the account that you signed up with: john.smith@fabrikam.example." in mail.text


@pytest.mark.parametrize(
    ("issuer", "told"),
    [
        ("google.com", "Sign in with Google, using the account john.smith@fabrikam.example."),
        ("facebook.com", "Sign in with Facebook, using the account that you signed up with."),
        ("mail", "Sign in with john.smith@fabrikam.example. You will be emailed a code each time."),
        ("idp.example", "Sign in with the account that you signed up with: john.smith@fabrikam.example."),
    ],
)
def test_it_says_how_to_sign_in_to_a_guest_that_was_created(flow: UserFlow, issuer, told) -> None:
    mail = approved(make_request(flow, identities=(make_identity(issuer),)))
    assert Page(mail).links == ["https://app.contoso.example/"]
    assert "Open Partners" in mail.text
    assert told in mail.text
    assert told in Page(mail).words


def test_it_asks_to_sign_up_again_where_entra_makes_the_guest(flow: UserFlow) -> None:
    UserFlow.objects.update(provisioning=UserFlow.Provisioning.ON_RETURN)
    request = make_request(flow, status="approved")
    request.flow.refresh_from_db()
    mail = to_applicant.approved(request, Delivery.objects.get(request=request))
    assert Page(mail).links == ["https://app.contoso.example/"]
    assert "Sign up again:\nhttps://app.contoso.example/\n" in mail.text
    assert "sign up once more, with the same account" in mail.text


def test_it_gives_the_reason_and_never_the_note(flow: UserFlow) -> None:
    request = make_request(flow, status="denied", reason="Only suppliers.\nAsk Jo first.", note="Smells of fraud")
    mail = to_applicant.denied(request, request.reason)
    assert "Reason:\n> Only suppliers.\n> Ask Jo first.\n" in mail.text
    assert "Only suppliers. Ask Jo first." in Page(mail).words
    assert "fraud" not in mail.text + mail.html


def test_it_says_nothing_of_a_reason_that_was_not_given(flow: UserFlow) -> None:
    assert "Reason" not in to_applicant.denied(make_request(flow, status="denied"), "").text


@pytest.mark.parametrize(
    ("days", "told"),
    [(None, ""), (0, "You may ask again at any time."), (30, "You may ask again from 31 March 2026.")],
)
@pytest.mark.parametrize("status", ["pending", "denied"])
def test_it_says_when_one_may_ask_again(flow: UserFlow, status, days, told) -> None:
    UserFlow.objects.update(reapply_after_days=days)
    flow.refresh_from_db()
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC), tick=False):
        mail = preview_denied(make_request(flow, status=status), "Not now.")
    assert told in mail.text
    assert ("ask again" in mail.text) == bool(told)


def test_it_previews_exactly_what_is_sent(flow: UserFlow) -> None:
    request = make_request(flow)
    preview = preview_denied(request, "Not a supplier.")
    denied = make_request(flow, status="denied", reason="Not a supplier.")
    assert denied.pk == request.pk
    assert to_applicant.denied(denied, denied.reason) == preview


def test_it_opens_with_the_flows_own_words(flow: UserFlow) -> None:
    own = "Welcome, {name}.\nAsk {contact}, mention {reference}."
    UserFlow.objects.update(texts={"en": {"mail_received": own}})
    flow.refresh_from_db()
    request = make_request(flow)
    mail = to_applicant.received(request)
    assert f"Welcome, John Smith.\nAsk access@contoso.example, mention {request.reference}." in mail.text
    assert "Thank you for signing up" not in mail.text + mail.html


def test_it_leaves_the_contact_out_when_there_is_none(flow: UserFlow) -> None:
    UserFlow.objects.update(contact="")
    flow.refresh_from_db()
    assert "Questions" not in to_applicant.received(make_request(flow)).text


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("John Smith", "John Smith"),
        ("J. R. O'Neil-Müller", "J. R. O'Neil-Müller"),
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("山田 太郎", "山田 太郎"),
        ("Jo\u0308rg", "Jörg"),
        ("visit evil.example", ""),
        ("https://evil.example", ""),
        ("Your account is locked, call us", ""),
        ("Your account has been locked now", ""),
        ("a" * 61, ""),
        ("<b>John</b>", ""),
        ("Call 555 1234", ""),
    ],
)
def test_it_greets_by_name_only_if_it_is_one(name, greeted) -> None:
    assert greeting_name(name) == greeted


def test_it_does_not_carry_an_advertisement_to_a_stranger(flow: UserFlow) -> None:
    mail = to_applicant.received(make_request(flow, displayName="Win at evil.example now"))
    assert "evil" not in mail.text + mail.html + mail.subject
    assert "Hello,\n" in mail.text


def test_it_tells_the_reviewer_who_asks_and_where_to_decide(flow: UserFlow, anna: User) -> None:
    anna.time_zone = "Asia/Tokyo"
    answers: Any = {f"{EXTENSION}_ReasonForAccess": "We supply the valves for your plant. " * 20}
    with time_machine.travel(datetime(2026, 3, 1, 20, 5, tzinfo=UTC), tick=False):
        request = make_request(
            flow,
            identities=(make_identity("google.com"),),
            jobTitle="Buyer",
            **answers,
        )
    mail = to_reviewer.waiting(request, anna)
    page = Page(mail)
    assert mail.subject == f"Waiting for your decision: John Smith, Partners ({request.reference})"
    assert f"http://foyer.example/requests/{request.reference}/" in page.links
    for words in (mail.text, page.words):
        assert "John Smith asks to join Partners" in words
        assert "john.smith@fabrikam.example" in words
        assert "Google" in words
        assert "“Buyer”" in words
        assert "We supply the valves" in words
        assert "2 March 2026, 05:05 (Asia/Tokyo)" in words
        assert request.reference in words
    assert len(mail.text) < 1500


def test_it_has_no_link_that_decides(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    assert Page(to_reviewer.waiting(request, anna)).links == [
        f"http://foyer.example/requests/{request.reference}/",
        "http://foyer.example/requests/",
        "http://foyer.example/accounts/preferences",
    ]


def test_it_says_that_the_person_asked_before(flow: UserFlow, anna: User) -> None:
    UserFlow.objects.update(reapply_after_days=0)
    flow.refresh_from_db()
    earlier = make_request(flow, status="denied")
    mail = to_reviewer.waiting(make_request(flow), anna)
    assert f"Asked before: {earlier.reference}, Denied" in mail.text


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../etc/passwd", "Europe"])
def test_it_falls_back_to_the_houses_time_zone(flow: UserFlow, anna: User, zone) -> None:
    anna.time_zone = zone
    assert "(UTC)" in to_reviewer.waiting(make_request(flow), anna).text


def test_it_keeps_an_attackers_text_inert(flow: UserFlow, anna: User) -> None:
    attributes: Any = {"displayName": EVIL, "jobTitle": EVIL, f"{EXTENSION}_Why": EVIL * 5}
    request = make_request(flow, email="<b>@evil.example", identities=(make_identity("evil.example/x"),), **attributes)
    mails = [to_reviewer.waiting(request, anna), to_applicant.received(request), preview_denied(request, EVIL)]
    for mail in mails:
        page = Page(mail)
        assert not page.elements & {"script", "img", "b"}
        assert all(str(link).startswith("http://foyer.example/") for link in page.links)
    reviewers = mails[0]
    for words in (reviewers.subject, reviewers.text, Page(reviewers).words):
        assert "<script>" in words
    assert "https://evil.example" not in reviewers.text + reviewers.html
    assert "evil.example/x" not in reviewers.text + reviewers.html


def test_it_keeps_subjects_short_and_on_one_line(flow: UserFlow, anna: User) -> None:
    request = make_request(flow, displayName="Eve\r\nBcc: all@contoso.example " + "x" * 200)
    subject = to_reviewer.waiting(request, anna).subject
    assert subject.isprintable()
    assert len(subject) < 120


def test_it_inlines_its_style_and_keeps_the_dark_one(flow: UserFlow) -> None:
    html = to_applicant.received(make_request(flow)).html
    assert "prefers-color-scheme" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert html.count("<style>") == 1
    assert 'class="card" style="' in html
    assert "<link" not in html
