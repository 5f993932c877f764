"""People on the administration pages."""

from __future__ import annotations

from django.test import Client

from accounts.models import User
from approvals.models import UserFlow
from tests.admin.pages import address

PEOPLE = "accounts_user"


def test_it_adds_a_person(pages: Client) -> None:
    typed = "correct horse battery staple"
    fields = {
        "username": "kim",
        "email": "kim@contoso.example",
        "usable_password": "true",
        "password1": typed,
        "password2": typed,
    }
    assert pages.post(address(PEOPLE, "add"), fields).status_code == 302
    kim = User.objects.get(username="kim")
    assert kim.check_password(typed)
    assert not kim.is_superuser


def test_it_refuses_the_mail_address_of_another_person(pages: Client, anna: User, ben: User) -> None:
    page = pages.post(address(PEOPLE, "change", ben.pk), _fields(ben, email=anna.email.upper()))
    assert page.status_code == 200
    assert "“anna” has this mail address already" in page.content.decode()
    ben.refresh_from_db()
    assert ben.email == "ben@contoso.example"


def test_it_lets_a_person_keep_the_mail_address(pages: Client, anna: User) -> None:
    fields = _fields(anna, first_name="Annegret")
    assert pages.post(address(PEOPLE, "change", anna.pk), fields).status_code == 302
    anna.refresh_from_db()
    assert (anna.first_name, anna.email) == ("Annegret", "anna@contoso.example")


def test_it_makes_an_administrator_of_a_reviewer(pages: Client, anna: User) -> None:
    assert pages.post(address(PEOPLE, "change", anna.pk), _fields(anna, is_superuser="on")).status_code == 302
    anna.refresh_from_db()
    assert (anna.is_superuser, anna.is_staff) == (True, True)
    pages.post(address(PEOPLE, "change", anna.pk), _fields(anna))
    anna.refresh_from_db()
    assert (anna.is_superuser, anna.is_staff) == (False, False)


def test_it_shows_which_flows_a_person_reviews(pages: Client, anna: User, stranger: User, flow: UserFlow) -> None:
    page = pages.get(address(PEOPLE, "changelist")).content.decode()
    assert f'<td class="field-flows">{flow.name}</td>' in page
    assert '<td class="field-flows">None</td>' in page
    assert '<td class="field-flows">All flows</td>' in page


def test_it_deletes_nobody(pages: Client, anna: User) -> None:
    assert pages.post(address(PEOPLE, "delete", anna.pk), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=anna.pk).exists()


def _fields(person: User, **changes: str) -> dict[str, str]:
    return {"username": person.username, "email": person.email, "is_active": "on", **changes}
