"""The few icons of the pages, drawn in place: no font, no request, and they take the text's colour."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# Outlines on a grid of 24.
_PATHS = {
    "alert": "M12 8.5v4.5M12 16.6v.1M10.3 4.3 2.6 17.6A2 2 0 0 0 4.3 20.6h15.4a2 2 0 0 0 1.7-3L13.7 4.3a2 2 0 0 0-3.4 0Z",
    "back": "M19 12H5M11 6l-6 6 6 6",
    "check": "M5 12.5 10 17.5 19.5 7",
    "chevron": "M9 6l6 6-6 6",
    "clock": "M12 7v5l3.2 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
    "copy": "M9 9h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1ZM5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 "
    "1-1h10a1 1 0 0 1 1 1v1",
    "cross": "M6.5 6.5l11 11M17.5 6.5l-11 11",
    "door": "M7 20.5V10.2a5 5 0 0 1 10 0v10.3M4 20.5h16M13.6 13.5v1.6",
    "flag": "M6 21V4M6 4.8c4.2-2.2 7.2 2 12 0v8.4c-4.8 2-7.8-2.2-12 0",
    "down": "M6 9l6 6 6-6",
    "gear": "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM12 3v2.4M12 18.6V21M3 12h2.4M18.6 12H21M5.6 5.6l1.7 1.7"
    "M16.7 16.7l1.7 1.7M18.4 5.6l-1.7 1.7M7.3 16.7l-1.7 1.7",
    "inbox": "M3.5 13.5h4.7l1.5 2.6h4.6l1.5-2.6h4.7M6.2 5h11.6l2.7 8.5v4a1.5 1.5 0 0 1-1.5 1.5H5a1.5 1.5 0 0 1-1.5-1.5v-4L6.2 5Z",
    "info": "M12 11v5.4M12 7.7v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z",
    "keyboard": "M4 6.5h16A1.5 1.5 0 0 1 21.5 8v8a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V8A1.5 1.5 0 0 1 4 6.5Z"
    "M6.5 10.3h.1M10.2 10.3h.1M13.9 10.3h.1M17.5 10.3h.1M8.5 14h7",
    "mail": "M4.5 5.5h15A1.5 1.5 0 0 1 21 7v10a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 17V7a1.5 1.5 0 0 1 1.5-1.5ZM3.5 7l8.5 6.2L20.5 7",
    "pencil": "M4 20l1-4.3L16.2 4.5a1.8 1.8 0 0 1 2.6 0l.7.7a1.8 1.8 0 0 1 0 2.6L8.3 19 4 20ZM14 6.7l3.3 3.3",
    "person": "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5a7.5 7.5 0 0 1 15 0",
    "question": "M9 9.2a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1-1.3 2.1M12 17.3v.1",
    "retry": "M20 5v5h-5M19.4 10A8 8 0 1 0 20 13.5",
    "search": "M10.8 17.6a6.8 6.8 0 1 0 0-13.6 6.8 6.8 0 0 0 0 13.6ZM20 20l-4.4-4.4",
    "shield": "M12 3 5 5.8v5.4c0 4.6 3 7.9 7 9.8 4-1.9 7-5.2 7-9.8V5.8L12 3ZM9 11.9l2.1 2.1 3.9-4.2",
    "up": "M6 15l6-6 6 6",
    "undo": "M8.5 5 4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-4",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """The icon as an SVG that screen readers skip: words always stand beside it. KeyError for an unknown one."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>', _PATHS[name]
    )
