"""The administration pages of people, their API tokens, and the guests that Foyer made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ApiToken, GuestAccount, User
from accounts.signin.tokens import issue_token, revoke_token
from approvals.admin.kinds import IssuedOnceAdmin, LifetimeForm, administrator
from approvals.admin.newest import NewestAdmin

if TYPE_CHECKING:
    PeopleAdmin = DjangoUserAdmin[User]
else:
    PeopleAdmin = DjangoUserAdmin

# Who may do what follows from the flows that a person reviews: groups would promise what they do not keep.
admin.site.unregister(Group)

LENGTH_OF_OBJECT_ID = 36


@admin.register(User)
class UserAdmin(PeopleAdmin):
    """People. Somebody who leaves is made inactive: what they decided keeps their name."""

    list_display = ("username", "get_full_name", "email", "is_active", "is_superuser", "flows")
    list_filter = ("is_active", "is_superuser", "reviewed_flows")
    filter_horizontal = ()
    readonly_fields = ("flows", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("first_name", "last_name", "email", "notify", "time_zone")}),
        (gettext_lazy("Access"), {"fields": ("is_active", "is_superuser", "flows", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """The people, with their flows at hand."""
        return super().get_queryset(request).prefetch_related("reviewed_flows")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody: make the person inactive."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the person; Django's own notion of staff follows ours of administrators."""
        obj.is_staff = obj.is_superuser
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("Reviews"))
    def flows(self, person: User) -> str:
        """The flows that the person reviews. They are set at the flow."""
        if person.is_superuser:
            return _("All flows")
        return ", ".join(flow.name for flow in person.reviewed_flows.all()) or _("None")


class IssueTokenForm(LifetimeForm):
    """Whose token, and what for."""

    user = forms.ModelChoiceField(User.objects.filter(is_active=True), label=gettext_lazy("Acts as"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, help_text=gettext_lazy("What it is for."))
    read_only = forms.BooleanField(label=gettext_lazy("May only read"), required=False)
    field_order = ("user", "name", "days", "read_only")


@admin.register(ApiToken)
class ApiTokenAdmin(IssuedOnceAdmin):
    """Tokens for staff systems."""

    issue_form = IssueTokenForm
    list_display = ("name", "user", "read_only", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("user",)
    list_select_related = ("user",)
    fields = ("name", "user", "read_only", "created_at", "expires_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def issue(self, request: HttpRequest, form: forms.Form) -> dict[str, str]:
        """A token of the person. Raises ValidationError when there is one of that name."""
        asked = form.cleaned_data
        lifetime = timedelta(days=asked["days"]) if asked["days"] else None
        try:
            _token, secret = issue_token(
                asked["user"],
                asked["name"],
                lifetime=lifetime,
                read_only=asked["read_only"],
                actor=administrator(request),
            )
        except IntegrityError:
            raise ValidationError(_("This person has a token of that name already. Revoke it first.")) from None
        return {_("Token"): secret}

    @admin.action(description=gettext_lazy("Revoke: shut these out at once"))
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        """Revoke the chosen ones; those that are revoked stay so."""
        for token in tokens.select_related("user"):
            revoke_token(token, actor=administrator(request))
            self.message_user(request, _("%(name)s is revoked.") % {"name": token.name})


@admin.register(GuestAccount)
class GuestAccountAdmin(NewestAdmin):
    """What Foyer knows of the guests it made."""

    search_help_text = gettext_lazy(
        "The newest 2,000 are listed. Older ones are found by their whole reference or object id."
    )

    list_display = ("request", "object_id", "made", "created_at")
    list_select_related = ("request",)
    search_fields = ("request__reference", "object_id")

    def called(self, request: HttpRequest, words: str) -> Q:
        """The guest of the request with this reference, or with this object id."""
        return Q(object_id=words.lower()) if len(words) == LENGTH_OF_OBJECT_ID else super().called(request, words)
