"""Signing in and out, and a person's own settings."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.signin.forms import PasswordForm, PreferencesForm, SignInForm


class SignInView(LoginView):
    """The sign-in page. Whoever is signed in already goes on to the queue."""

    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, and take the browser's time zone for a person who has none yet."""
        user = form.get_user()
        zone = form.cleaned_data.get("time_zone", "")
        if zone and not user.time_zone:
            User.objects.filter(pk=user.pk, time_zone="").update(time_zone=zone)
        return super().form_valid(form)


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view()


def locked_out(
    request: HttpRequest, _response: HttpResponse | None = None, *_args: Any, **_kwargs: Any
) -> HttpResponse:
    """The answer to a sign-in after too many failures: 429, the same whether the account exists or not."""
    wait = settings.AXES_COOLOFF_TIME
    minutes = max(1, round(wait.total_seconds() / 60))
    response = render(request, "accounts/locked_out.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(int(wait.total_seconds()))
    return response


@login_not_required
@require_GET
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Stands where Django's admin would ask for a password: there is one sign-in. 403 for who may not administer."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    if request.user.is_superuser:
        return redirect("admin:index")
    raise PermissionDenied


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """A person's own settings."""
    form = PreferencesForm(request.POST or None, instance=_person(request))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your preferences are saved."))
        return redirect("accounts:preferences")
    return _preferences_page(request, form=form)


@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """A new password, after the present one. Every other session of the person ends."""
    form = PasswordForm(_person(request), request.POST)
    if not form.is_valid():
        return _preferences_page(request, password_form=form)
    update_session_auth_hash(request, form.save())
    messages.success(request, _("Your password is changed. You have been signed out everywhere else."))
    return redirect("accounts:preferences")


def _person(request: HttpRequest) -> User:
    return cast("User", request.user)


def _preferences_page(
    request: HttpRequest, *, form: PreferencesForm | None = None, password_form: PasswordForm | None = None
) -> HttpResponse:
    context = {
        "form": form or PreferencesForm(instance=_person(request)),
        "password_form": password_form or PasswordForm(_person(request)),
    }
    refused = any(shown is not None and shown.is_bound and not shown.is_valid() for shown in (form, password_form))
    return render(request, "accounts/preferences.html", context, status=400 if refused else 200)
