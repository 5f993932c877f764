"""What administrators are written: no guest can be made until they have mended something."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from approvals.mail.letter import Button, Letter, Link, Mail, Paragraph, render


def standstill(explanation: str) -> Mail:
    """Why no guest can be made, and what mends it. `explanation` is our own words and nobody else's."""
    with translation.override(settings.LANGUAGE_CODE):
        heading = gettext("Approved people wait for their guest accounts")
        return render(
            Letter(
                language=settings.LANGUAGE_CODE,
                sender="Foyer",
                subject=gettext("Approved people wait: something needs mending in the tenant"),
                preview=explanation,
                heading=heading,
                blocks=(
                    Paragraph(explanation),
                    Paragraph(
                        gettext("Foyer keeps trying. Once it is mended, everybody who waits is served by itself.")
                    ),
                    Button(gettext("See who waits"), settings.BASE_URL + reverse("review:queue")),
                ),
                footer=_footer(),
            )
        )


def _footer() -> tuple[Paragraph | Link, ...]:
    why = gettext("You get this email, once a day and cause, because you administer Foyer.")
    preferences = settings.BASE_URL + reverse("accounts:preferences")
    return (Paragraph(why), Link(gettext("Change which mails you get"), preferences))
