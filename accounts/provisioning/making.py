"""Finding the applicant in the directory, or making the guest."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.graph import client, payloads, sorting
from accounts.graph.errors import GraphRefused
from accounts.graph.people import Person, find_applicant, is_same
from accounts.graph.principal_names import LONGEST_DOMAIN, characters_not_invitable, has_accents
from accounts.provisioning.case import Case
from approvals import workflow
from approvals.applicant import Identity
from approvals.errors import Never, Standstill
from approvals.models import Delivery, UserFlow

Made, Stage = Delivery.Made, Delivery.Stage


def find_or_make(case: Case) -> None:
    """Afterwards the case knows its guest. Raises Later, Never or GraphRefused."""
    workflow.record_progress(case.request.pk, Stage.LOOKING)
    person = _look(case)
    if person is not None:
        _adopt(case, person)
        return
    identity = payloads.guest_identity(case.applicant)
    if identity is not None:
        _create(case, identity)
    else:
        _invite(case)


def _look(case: Case) -> Person | None:
    """The applicant's guest account as the directory lists it. Raises Never when an account stands in the way."""
    identity = payloads.guest_identity(case.applicant)
    found = client.find_by_identity(identity) if identity else []
    return find_applicant(found or client.find_by_address(case.applicant.normalised_email), case.applicant)


def _adopt(case: Case, person: Person) -> None:
    """Take an account that is there for the guest: an earlier attempt made it, or somebody else did."""
    is_invited = payloads.guest_identity(case.applicant) is None
    ours = Made.INVITED if is_invited else Made.CREATED
    redeem_url = ""
    if is_invited and person.is_pending:
        # The same guest again, without a mail of Microsoft's: only for the link, which is shown once.
        redeem_url = client.invite(_invitation(case, send_message=False)).redeem_url
    case.keep(person.id, ours if case.was_ever_asked() else Made.ADOPTED, redeem_url=redeem_url)


def _create(case: Case, identity: Identity, *, distinct: str = "") -> None:
    _require_address(case)
    body = payloads.guest(case.applicant, identity, _domain(), distinct=distinct)
    workflow.record_progress(case.request.pk, Stage.CREATING)
    try:
        with case.asking():
            object_id = client.create_guest(body)
    except GraphRefused as refused:
        if not refused.taken:
            raise
        if _adopt_holder(case, refused):
            return
        if refused.taken == {"userPrincipalName"} and not distinct:
            # Somebody else has the name: it says nothing, and another one does as well.
            _create(case, identity, distinct=case.applicant.key)
            return
        raise _conflict(case) from refused
    case.keep(object_id, Made.CREATED, with_attributes=True)


def _invite(case: Case) -> None:
    _require_invitable(case)
    by_entra = case.flow.invitation_mail == UserFlow.InvitationMail.ENTRA
    if by_entra and case.was_asked and not case.is_settled:
        # Microsoft may have sent its mail already; a second invitation would send a second one.
        raise case.not_visible_yet()
    workflow.record_progress(case.request.pk, Stage.INVITING)
    try:
        with case.asking():
            invitation = client.invite(_invitation(case, send_message=by_entra))
    except GraphRefused as refused:
        if not refused.taken:
            raise
        if _adopt_holder(case, refused):
            return
        raise _conflict(case) from refused
    case.keep(invitation.user_id, Made.INVITED, redeem_url=invitation.redeem_url)


def _adopt_holder(case: Case, refused: GraphRefused) -> bool:
    """After a conflict: adopt whoever has the values if it is the applicant. Raises Never for a deleted account."""
    person = _look(case)
    for holder in () if person else refused.holders:
        found = client.read_user(holder)
        if found and is_same(found, case.applicant):
            person = find_applicant([found], case.applicant)
    if person is not None:
        _adopt(case, person)
        return True
    deleted = client.find_deleted(case.applicant.normalised_email)
    if deleted or any(_is_deleted_self(case, holder) for holder in refused.holders):
        raise deleted_guest()
    return False


def _is_deleted_self(case: Case, holder: str) -> bool:
    found = client.read_deleted(holder)
    return found is not None and is_same(found, case.applicant)


def _conflict(case: Case) -> Exception:
    """Something has the values and does not show itself: a new object that lags, or nobody who could be a guest."""
    return sorting.address_taken() if case.is_settled else case.not_visible_yet()


def deleted_guest() -> Never:
    """A deleted account stands in the way, or is the guest."""
    reason = _(
        "A deleted account still holds the applicant's address or identity. In the Entra admin center, under Users > "
        "Deleted users, restore it or delete it permanently, then retry."
    )
    return Never("guest_deleted", reason)


def _invitation(case: Case, *, send_message: bool) -> payloads.Body:
    return payloads.invitation(
        case.applicant,
        redirect_url=case.flow.redirect_url,
        language=case.request.language,
        send_message=send_message,
    )


def _domain() -> str:
    domain: str = settings.ENTRA_TENANT_DOMAIN
    if 0 < len(domain) <= LONGEST_DOMAIN:
        return domain
    reason = _(
        "ENTRA_TENANT_DOMAIN must be the tenant's initial domain, such as contoso.onmicrosoft.com, of at most "
        "%(longest)s characters. Set it and restart."
    )
    raise Standstill("not_configured", reason % {"longest": LONGEST_DOMAIN})


def _require_address(case: Case) -> None:
    if has_accents(case.applicant.email):
        reason = _(
            "The address contains characters outside ASCII, which the directory does not take. Ask the applicant to "
            "sign up with another address."
        )
        raise Never("address_not_usable", reason)


def _require_invitable(case: Case) -> None:
    characters = characters_not_invitable(case.applicant.email.strip())
    if characters:
        reason = _(
            "Microsoft Entra does not invite an address with “%(characters)s” in this place. Ask the applicant to sign "
            "up with another address."
        )
        raise Never("address_not_invitable", reason % {"characters": characters})
