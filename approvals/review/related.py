"""Other requests that help to judge one: the same person's, and those from the same organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from approvals.models import SignUpRequest
from approvals.models.sign_up_request import SignUpRequestQuerySet

if TYPE_CHECKING:
    from accounts.models import User

SHOWN = 5
# Providers whose domain says nothing about where somebody works.
PUBLIC_MAIL_DOMAINS = frozenset(
    {
        "aol.com",
        "gmail.com",
        "googlemail.com",
        "gmx.de",
        "gmx.net",
        "hotmail.com",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "orange.fr",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "t-online.de",
        "uol.com.br",
        "web.de",
        "yahoo.com",
        "yahoo.de",
        "yahoo.fr",
        "yandex.ru",
        "ymail.com",
        "zoho.com",
        "163.com",
    }
)


def same_person(request: SignUpRequest, reader: User) -> list[SignUpRequest]:
    """Other requests of the same identity or address that the reader may see, in any flow, newest first."""
    same = Q(applicant_key=request.applicant_key) | Q(normalised_email=request.normalised_email)
    return list(_others(request, reader).filter(same)[:SHOWN])


def same_domain(request: SignUpRequest, reader: User) -> list[SignUpRequest]:
    """The latest requests of other people at the same organisation; none for a public mail provider."""
    if not request.domain or request.domain in PUBLIC_MAIL_DOMAINS:
        return []
    others = _others(request, reader).filter(normalised_email__endswith=f"@{request.domain}")
    unlike = Q(applicant_key=request.applicant_key) | Q(normalised_email=request.normalised_email)
    return list(others.exclude(unlike)[:SHOWN])


def next_to_decide(request: SignUpRequest, reader: User) -> SignUpRequest | None:
    """The oldest request after this one that waits for a decision, else the oldest of all; never this one."""
    waiting = SignUpRequest.objects.visible_to(reader).needing_decision().exclude(pk=request.pk)
    in_order = waiting.order_by("submitted_at", "id")
    later = Q(submitted_at__gt=request.submitted_at) | Q(submitted_at=request.submitted_at, id__gt=request.pk)
    return in_order.filter(later).first() or in_order.first()


def _others(request: SignUpRequest, reader: User) -> SignUpRequestQuerySet:
    mine = SignUpRequest.objects.visible_to(reader).exclude(pk=request.pk)
    return mine.select_related("flow", "decided_by", "delivery").order_by("-submitted_at", "-id")
