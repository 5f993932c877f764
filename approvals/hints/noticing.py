"""What each hint looks for in a sign-up: the facts that its sentence needs, or None."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from approvals.applicant import Applicant
from approvals.hints import arrivals, hint, history, names
from approvals.hints.domain_names import as_read, domain_of
from approvals.hints.earlier import Earlier, earlier_of
from approvals.hints.look_alike import likeness, reading_of
from approvals.hints.mail_domains import disposable, is_free_mail, says_nothing
from approvals.hints.partners import colleagues, known_partners
from approvals.models import MailDomain, UserFlow

MOST_ELSEWHERE = 20
_NAMES = ("displayName", "givenName", "surname")


class Sight:
    """A sign-up as it is looked at; what several hints need is read once."""

    def __init__(self, flow: UserFlow, applicant: Applicant, before: datetime | None) -> None:
        self.flow, self.applicant, self.before = flow, applicant, before
        self.domain = domain_of(applicant.normalised_email)

    @cached_property
    def names(self) -> list[str]:
        """What the person is called, and wrote about being called."""
        written = (str(self.applicant.attributes.get(name, "")) for name in _NAMES)
        return list(dict.fromkeys([self.applicant.display_name, *written]))

    @cached_property
    def earlier(self) -> list[Earlier]:
        """The person's earlier requests."""
        return earlier_of(self.applicant, self.before)

    @cached_property
    def row(self) -> MailDomain | None:
        """What is known of the domain."""
        return arrivals.known(self.flow, self.domain)

    @cached_property
    def is_first(self) -> bool:
        """Whether nobody is known to have come from the domain before."""
        return arrivals.is_first(self.row, self.before)

    @cached_property
    def knows_whether_first(self) -> bool:
        """Whether that can be relied on: the requests that are older than the counting may not be counted yet."""
        return not self.is_first or self.says_nothing or history.is_finished()

    @cached_property
    def says_nothing(self) -> bool:
        """Whether anybody may have an address there."""
        return says_nothing(self.domain)


Facts = dict[str, object]


def _look_alike(sight: Sight) -> Facts | None:
    like = None if sight.says_nothing else likeness(sight.domain, known_partners(sight.flow))
    if like is None:
        return None
    facts = {**_domain(sight.domain), "partner": like.partner, "how": like.how.value}
    return {**facts, "letters": like.letters} if like.letters else facts


def _imitates_colleague(sight: Sight) -> Facts | None:
    found = names.imitated(sight.names, colleagues())
    if found is None or found.address == sight.applicant.normalised_email:
        return None
    return {"name": found.name}


def _denied_before(sight: Sight) -> Facts | None:
    denied = [each for each in sight.earlier if each.flow_id == sight.flow.pk and each.was_denied]
    return {"reference": denied[0].reference, "count": len(denied)} if denied else None


def _disposable(sight: Sight) -> Facts | None:
    listed = disposable(sight.domain)
    return {**_domain(sight.domain), "listed": listed} if listed else None


def _mixed_scripts(sight: Sight) -> Facts | None:
    for name in sight.names:
        if mixed := names.mixed_word(name):
            return {"where": "name", "word": mixed.word, "scripts": list(mixed.scripts)}
    mixed = names.mixed_word(as_read(sight.domain))
    if mixed is None:
        return None
    return {"where": "domain", "word": mixed.word, "scripts": list(mixed.scripts), **_domain(sight.domain)}


def _link_in_name(sight: Sight) -> Facts | None:
    found = next((found for name in sight.names if (found := names.contact_in(name))), None)
    return {"found": found} if found else None


def _unusual_volume(sight: Sight) -> Facts | None:
    volume = arrivals.unusual_volume(sight.row, sight.before or timezone.now())
    return {**_domain(sight.domain), "count": volume.count, "usual": volume.usual} if volume else None


def _free_mail(sight: Sight) -> Facts | None:
    return _domain(sight.domain) if sight.flow.expects_organisations and is_free_mail(sight.domain) else None


def _same_person_elsewhere(sight: Sight) -> Facts | None:
    others = [each for each in sight.earlier if each.flow_id != sight.flow.pk][:MOST_ELSEWHERE]
    told = [{"flow": each.flow_id, "reference": each.reference, "denied": each.was_denied} for each in others]
    return {"requests": told} if told else None


def _first_from_domain(sight: Sight) -> Facts | None:
    is_telling = sight.domain and not sight.says_nothing
    return _domain(sight.domain) if is_telling and sight.is_first and sight.knows_whether_first else None


def _domain(domain: str) -> Facts:
    """The domain, and how it reads when it is in punycode."""
    reading = reading_of(domain)
    return {"domain": domain, "decoded": reading} if reading else {"domain": domain}


NOTICES: dict[str, Callable[[Sight], Facts | None]] = {
    hint.LOOK_ALIKE: _look_alike,
    hint.IMITATES_COLLEAGUE: _imitates_colleague,
    hint.DENIED_BEFORE: _denied_before,
    hint.DISPOSABLE: _disposable,
    hint.MIXED_SCRIPTS: _mixed_scripts,
    hint.LINK_IN_NAME: _link_in_name,
    hint.UNUSUAL_VOLUME: _unusual_volume,
    hint.FREE_MAIL: _free_mail,
    hint.SAME_PERSON_ELSEWHERE: _same_person_elsewhere,
    hint.FIRST_FROM_DOMAIN: _first_from_domain,
}
