"""Finding the applicant in the directory, or making the guest."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.graph import client, payloads, sorting
from accounts.graph.errors import GraphRefused
from accounts.graph.people import Person, find_applicant, is_same
from accounts.provisioning.case import Case
from accounts.provisioning.looking import (
    find_deleted,
    find_guest,
    is_invited,
    needs_a_link,
    require_creatable,
    require_invitable,
    tenant_domain,
)
from approvals import workflow
from approvals.applicant import Identity
from approvals.errors import Never
from approvals.models import Delivery, UserFlow

Made, Stage = Delivery.Made, Delivery.Stage


def find_or_make(case: Case) -> None:
    """Afterwards the case knows its guest. Raises Later, Never or GraphRefused."""
    workflow.record_progress(case.request.pk, Stage.LOOKING)
    person = find_guest(case.applicant)
    if person is not None:
        _adopt(case, person)
        return
    identity = payloads.guest_identity(case.applicant)
    if identity is not None:
        _create(case, identity)
    else:
        _invite(case)


def _adopt(case: Case, person: Person) -> None:
    """Take an account that is there for the guest: an earlier attempt made it, or somebody else did."""
    ours = Made.INVITED if is_invited(case.applicant) else Made.CREATED
    redeem_url = ""
    if needs_a_link(person, case.applicant):
        # The same guest again, without a mail of Microsoft's: only for the link, which is shown once.
        redeem_url = client.invite(_invitation(case, send_message=False)).redeem_url
    case.keep(person.id, ours if case.was_ever_asked() else Made.ADOPTED, redeem_url=redeem_url)


def _create(case: Case, identity: Identity, *, distinct: str = "") -> None:
    require_creatable(case.applicant)
    body = payloads.guest(case.applicant, identity, tenant_domain(), distinct=distinct)
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
    require_invitable(case.applicant)
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
    person = find_guest(case.applicant)
    for holder in () if person else refused.holders:
        found = client.read_user(holder)
        if found and is_same(found, case.applicant):
            person = find_applicant([found], case.applicant)
    if person is not None:
        _adopt(case, person)
        return True
    if find_deleted(case.applicant) or any(_is_deleted_self(case, holder) for holder in refused.holders):
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
