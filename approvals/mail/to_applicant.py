"""What applicants are written. Pure: from a request to a mail, in the request's language."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone, translation
from django.utils.translation import pgettext

from approvals.mail.inert import greeting_name
from approvals.mail.letter import Block, Button, Facts, Letter, Mail, Paragraph, Quote, render
from approvals.models import Delivery, SignUpRequest, UserFlow
from approvals.plaintext import plain, plain_lines
from approvals.texts import date_text, mail_text


def received(request: SignUpRequest) -> Mail:
    """The request is in, and this is its reference."""
    with translation.override(request.language):
        told = pgettext(
            "applicant",
            "Thank you for signing up for {flow}. A person looks at every request; yours is waiting for approval now, "
            "and we will email you the decision. There is nothing more that you need to do.",
        )
        return _letter(
            request,
            subject=pgettext("applicant", "{flow}: your request was received"),
            heading=pgettext("applicant", "We received your request"),
            blocks=[*_opening(request, "mail_received", told), _facts(request, submitted=True)],
        )


def approved(request: SignUpRequest, delivery: Delivery) -> Mail:
    """The request was approved, and this is the next step: accept the invitation, go in, or sign up again."""
    with translation.override(request.language):
        told, button = _next_step(request, delivery)
        return _letter(
            request,
            subject=pgettext("applicant", "{flow}: your request was approved"),
            heading=pgettext("applicant", "Your request was approved"),
            blocks=[
                *_opening(request, "mail_approved", told),
                button,
                Paragraph(_account_to_use(request)),
                _facts(request),
            ],
        )


def denied(request: SignUpRequest, reason: str) -> Mail:
    """The request was not approved; the reason meant for the applicant, and when they may ask again."""
    with translation.override(request.language):
        told = pgettext("applicant", "We looked at your request to join {flow} and could not approve it.")
        return _letter(
            request,
            subject=pgettext("applicant", "{flow}: your request was not approved"),
            heading=pgettext("applicant", "Your request was not approved"),
            blocks=[
                *_opening(request, "mail_denied", told, reason=reason),
                *_reason(reason),
                *_asking_again(request),
                _facts(request),
            ],
        )


def _letter(request: SignUpRequest, *, subject: str, heading: str, blocks: list[Block]) -> Mail:
    flow = plain(request.flow.name)
    why = pgettext(
        "applicant",
        "You get this email because somebody signed up for {flow} with this address. If that was "
        "not you, you can ignore it.",
    )
    footer = [Paragraph(why.format(flow=flow))]
    if request.flow.contact:
        footer.insert(0, Paragraph(pgettext("applicant", "Questions? {contact}").format(contact=request.flow.contact)))
    first = next(block.text for block in blocks if isinstance(block, Paragraph) and block.text != _greeting(request))
    letter = Letter(
        language=request.language,
        sender=flow,
        subject=plain(subject.format(flow=flow)),
        preview=plain(first),
        heading=heading,
        blocks=tuple(blocks),
        footer=tuple(footer),
    )
    return render(letter)


def _greeting(request: SignUpRequest) -> str:
    name = greeting_name(request.display_name)
    if name:
        return pgettext("applicant", "Hello {name},").format(name=name)
    return pgettext("applicant", "Hello,")


def _opening(request: SignUpRequest, key: str, shipped: str, *, reason: str = "") -> list[Block]:
    """The greeting and the first words: the flow's own, else the shipped ones."""
    again = _may_ask_again_at(request)
    own = mail_text(
        request.flow,
        key,
        request.language,
        name=greeting_name(request.display_name),
        reference=request.reference,
        reason=reason,
        date=date_text(again, request.language) if again else "",
    )
    return [Paragraph(_greeting(request)), Paragraph(own or shipped.format(flow=plain(request.flow.name)))]


def _facts(request: SignUpRequest, *, submitted: bool = False) -> Facts:
    rows = [(pgettext("applicant", "Reference"), request.reference)]
    if submitted:
        rows.append((pgettext("applicant", "Received on"), date_text(request.submitted_at, request.language)))
    return Facts(tuple(rows))


def _next_step(request: SignUpRequest, delivery: Delivery) -> tuple[str, Button]:
    """What to do now, in words and as a button."""
    flow, address = plain(request.flow.name), request.flow.redirect_url
    if request.flow.provisioning == UserFlow.Provisioning.ON_RETURN:
        told = pgettext(
            "applicant",
            "Your request to join {flow} was approved. Please sign up once more, with the same account as before: "
            "this time you will go straight through.",
        )
        return told, Button(pgettext("applicant", "Sign up again"), address)
    if delivery.redeem_url:
        told = pgettext(
            "applicant",
            "Your request to join {flow} was approved. One step is left: accept the invitation. Microsoft will ask "
            "you to sign in and to confirm. The link is for you alone.",
        )
        return told, Button(pgettext("applicant", "Accept the invitation"), delivery.redeem_url)
    told = pgettext("applicant", "Your request to join {flow} was approved. Your access is ready.")
    return told, Button(pgettext("applicant", "Open {flow}").format(flow=flow), address)


def _account_to_use(request: SignUpRequest) -> str:
    """Which account lets the person in: the identity that the guest was made for."""
    identity = request.applicant.identity
    sentences = {
        "google": pgettext("applicant", "Sign in with Google, using the account {email}."),
        "facebook": pgettext("applicant", "Sign in with Facebook, using the account that you signed up with."),
        "mail": pgettext("applicant", "Sign in with {email}. You will be emailed a code each time."),
    }
    usual = pgettext("applicant", "Sign in with the account that you signed up with: {email}.")
    return sentences.get(identity.provider if identity else "", usual).format(email=plain(request.email))


def _reason(reason: str) -> list[Block]:
    reason = plain_lines(reason)
    return [Quote(pgettext("applicant", "Reason"), reason)] if reason else []


def _asking_again(request: SignUpRequest) -> list[Block]:
    again = _may_ask_again_at(request)
    if again is None:
        return []
    if again <= timezone.now():
        return [Paragraph(pgettext("applicant", "You may ask again at any time."))]
    date = date_text(again, request.language)
    return [Paragraph(pgettext("applicant", "You may ask again from {date}.").format(date=date))]


def _may_ask_again_at(request: SignUpRequest) -> datetime | None:
    """As if it were denied now, when it is not denied yet: the preview shows what would be sent."""
    days = request.flow.reapply_after_days
    if request.decided_at or days is None:
        return request.may_ask_again_at()
    return timezone.now() + timedelta(days=days)
