"""Addresses of signing in and of a person's own settings."""

from __future__ import annotations

from django.urls import path

from accounts.signin import views

app_name = "accounts"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("preferences", views.preferences, name="preferences"),
    path("preferences/password", views.change_password, name="change-password"),
]
