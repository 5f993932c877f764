"""Administration pages of tables that grow for ever: the newest rows, and any row by what it is called."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from approvals.admin.kinds import ReadOnlyAdmin
from approvals.models.sign_up_request import normalise_reference

SHOWN = 2_000


class NewestAdmin(ReadOnlyAdmin):
    """Django's own list counts all rows, sorts them by any column and searches each: with a million that takes seconds.

    This one is of the newest SHOWN, whatever is chosen beside it; a search finds rows of any age, by a whole reference.
    """

    show_full_result_count = False
    search_help_text = gettext_lazy("The newest 2,000 are listed. Older ones are found by their whole reference.")
    search_fields: ClassVar[tuple[str, ...]] = ("request__reference",)
    ordering: ClassVar[tuple[str, ...]] = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The rows that the list shows, in place of Django's search for parts of words."""
        words = search_term.replace("\0", "").strip()
        return queryset.filter(self.called(request, words) if words else self.listed(request)), False

    def called(self, _request: HttpRequest, words: str) -> Q:
        """The rows with this reference."""
        return Q(request__reference=normalise_reference(words))

    def listed(self, _request: HttpRequest) -> Q:
        """The newest: keys are given in the order of time."""
        keys = self.model._default_manager.order_by("-pk").values_list("pk", flat=True)
        oldest = keys[SHOWN - 1 : SHOWN].first()
        return Q() if oldest is None else Q(pk__gte=oldest)
