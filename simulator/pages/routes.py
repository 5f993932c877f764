"""The addresses of the pages."""

from __future__ import annotations

from starlette.routing import Route

from simulator.pages import directory, inbox, overview, redeem, sign_up, trouble

PAGES = [
    Route("/", overview.show),
    Route("/signup", sign_up.choose),
    Route("/signup/{slug}", sign_up.start),
    Route("/signup/{slug}", sign_up.begin, methods=["POST"]),
    Route("/signup/{slug}/{id}", sign_up.step),
    Route("/signup/{slug}/{id}", sign_up.submit, methods=["POST"]),
    Route("/directory", directory.show),
    Route("/directory/{id}/delete", directory.delete, methods=["POST"]),
    Route("/directory/{id}/restore", directory.restore, methods=["POST"]),
    Route("/inbox", inbox.show),
    Route("/inbox/{id}", inbox.show_mail),
    Route("/inbox/{id}/html", inbox.show_html_part),
    Route("/redeem/{id}", redeem.show),
    Route("/redeem/{id}", redeem.accept, methods=["POST"]),
    Route("/trouble", trouble.show),
    Route("/trouble", trouble.switch_on, methods=["POST"]),
    Route("/trouble/off", trouble.switch_off, methods=["POST"]),
]
