"""The pages a person clicks, without JavaScript: plain forms and links."""

from __future__ import annotations

import re
import smtplib
from email.message import EmailMessage
from html.parser import HTMLParser

import httpx
import pytest

from tests.simulator.bodies import PREFIX, guest, invitation
from tests.simulator.connector_server import CONTINUE, Answer, ConnectorServer
from tests.simulator.test_connector_calls import BLOCK, INVALID
from tests.simulator.test_smtp import mail
from tests.simulator_process import SimulatorProcess

MARIA = {
    "provider": "google",
    "email": "maria@alfreds.example",
    "given_name": "Maria",
    "surname": "Anders",
    "language": "de",
}


class Outline(HTMLParser):
    """What assistive technology and a strict policy care about."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self._depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag == "label":
            self._depth += 1
            self.labelled.add(given.get("for") or "")
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden" and self._depth == 0:
            self.fields.append(given)
        if tag in {"script", "style"} or "style" in given or any(name.startswith("on") for name in given):
            self.inline.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._depth -= 1


def begin(simulator: SimulatorProcess, **changes: str) -> httpx.Response:
    posted = simulator.http.post("/signup/partners", data={**MARIA, **changes})
    assert posted.status_code == 303, posted.text
    return simulator.http.get(posted.headers["location"])


def submit(simulator: SimulatorProcess, at: httpx.Response, **attributes: str) -> httpx.Response:
    posted = simulator.http.post(str(at.url), data=attributes)
    assert posted.status_code == 303, posted.text
    return simulator.http.get(posted.headers["location"])


@pytest.fixture
def lived_in(simulator: SimulatorProcess, connector: ConnectorServer) -> SimulatorProcess:
    """A tenant in which something has happened."""
    simulator.sign_up("ana@example.org", flow="partners", claims={"displayName": "Ana <b>Lima</b>"})
    simulator.post("users", {"mail": "gone@example.org"})
    simulator.http.post(f"/directory/{simulator.users()[1]['id']}/delete")
    simulator.fault("smtp_hang", match="nobody@")
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=10) as smtp:
        smtp.send_message(mail())
    return simulator


@pytest.mark.parametrize(
    "path",
    ["/", "/signup", "/signup/partners", "/directory", "/inbox", "/inbox?to=ana@example.org", "/trouble", "/redeem/x"],
)
def test_every_page_is_sound_and_brings_no_inline_code(path: str, lived_in: SimulatorProcess) -> None:
    shown = lived_in.http.get(path)
    outline = Outline(shown.text)

    assert outline.headings[0] == "h1"
    assert outline.headings.count("h1") == 1
    assert [field for field in outline.fields if field.get("id") not in outline.labelled] == []
    assert outline.inline == []
    assert '<html lang="en">' in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    assert shown.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    # What an applicant typed is never markup.
    assert "<b>" not in shown.text


def test_its_style_sheet_and_icon_come_from_itself(simulator: SimulatorProcess) -> None:
    shown = simulator.http.get("/").text

    assert re.findall(r'(?:href|src)="(https?://[^"]*)"', shown) == []
    for path in re.findall(r'href="(/static/[^"]*)"', shown):
        assert simulator.http.get(path).status_code == 200


def test_the_overview_tells_the_story_and_shows_the_wire(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    simulator.set_flows(connector.flow(), product_url="https://foyer.example")
    connector.will_answer("/check-status", Answer(200, BLOCK))
    simulator.sign_up("ana@example.org", flow="partners")
    shown = simulator.http.get("/").text

    for address in ("/signup", "#wire", "https://foyer.example", "/inbox", "/directory"):
        assert f'href="{address}"' in shown
    assert "&#34;action&#34;: &#34;ShowBlockPage&#34;" in shown
    assert "ana@example.org" in shown


def test_the_overview_says_what_is_missing_without_a_flow(simulator: SimulatorProcess) -> None:
    assert str(simulator.flows_file) in simulator.http.get("/").text
    assert "No user flow yet" in simulator.http.get("/signup").text


def test_an_applicant_fills_in_the_attribute_page_and_is_told_to_wait(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    connector.will_answer("/check-status", Answer(200, {**CONTINUE, "city": "Berlin"}))
    connector.will_answer("/submit", Answer(200, BLOCK))
    page = begin(simulator)
    values = {"givenName": "Maria", "jobTitle": "Owner", f"{PREFIX}_TeamSize": "12", f"{PREFIX}_AgreedToTerms": "on"}

    ended = submit(simulator, page, **values)

    # The provider's names and what the connector returned stand there already.
    assert 'value="Anders"' in page.text
    assert 'value="Berlin"' in page.text
    told = connector.received[1].claims
    assert (told["givenName"], told["jobTitle"], told["ui_locales"]) == ("Maria", "Owner", "de-DE")
    assert (told[f"{PREFIX}_TeamSize"], told[f"{PREFIX}_AgreedToTerms"]) == (12, True)
    # Fields that were left empty are not sent at all.
    assert {"city", "country", f"{PREFIX}_Justification"}.isdisjoint(told)
    assert "Please wait." in ended.text
    assert 'lang="de"' in ended.text


def test_the_attribute_page_asks_for_what_the_flow_collects(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    asked_for = ["surname", "streetAddress", "postalCode", "city", "of.no.user"]
    simulator.set_flows({**connector.flow(), "attributes": asked_for})
    at = begin(simulator)

    assert re.findall(r'<label for="([A-Za-z]+)">', at.text)[:4] == asked_for[:4]
    submit(simulator, at, surname="Lima", streetAddress="1 Main Street", postalCode="30303", city="Oslo", jobTitle="x")
    told = connector.received[-1].claims
    assert {name: told.get(name) for name in (*asked_for[:4], "jobTitle")} == {
        "surname": "Lima",
        "streetAddress": "1 Main Street",
        "postalCode": "30303",
        "city": "Oslo",
        "jobTitle": None,
    }


def test_a_validation_error_stands_on_the_form_and_keeps_what_was_typed(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    connector.will_answer("/submit", Answer(400, INVALID), Answer(200, BLOCK))
    page = begin(simulator)

    again = submit(simulator, page, city="Porto", **{f"{PREFIX}_Justification": "Because <i>"})
    ended = submit(simulator, again, city="Lisboa")

    assert "City is too long." in again.text
    assert 'value="Porto"' in again.text
    assert "Because &lt;i&gt;" in again.text
    assert "City is too long." not in ended.text
    assert [call.claims.get("city") for call in connector.received] == [None, "Porto", "Lisboa"]


def test_an_approved_applicant_comes_in_and_next_time_directly(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    welcome = submit(simulator, begin(simulator), displayName="Maria Anders")
    connector.received.clear()
    back = begin(simulator)

    assert "Welcome, Maria" in welcome.text
    assert "https://portal.example/" in welcome.text
    assert "does not ask Foyer at all" in back.text
    assert connector.received == []


def test_an_unacceptable_answer_is_entras_own_failure_page(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    connector.will_answer("/check-status", Answer(500, "<h1>Traceback</h1>", "text/html"))
    shown = begin(simulator).text

    assert "Something went wrong." in shown
    assert "content type application/json" in shown
    assert "Traceback" not in shown


def test_the_hint_beside_a_block_page_fits_the_step(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    connector.will_answer("/submit", Answer(200, BLOCK))
    first = submit(simulator, begin(simulator)).text
    connector.will_answer("/check-status", Answer(200, BLOCK))
    later = begin(simulator).text

    assert "Now change sides and decide" in first
    assert "decide" not in later.lower()
    assert "knows this person already" in later


def test_an_example_person_reads_english_until_another_language_is_chosen(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    page = simulator.http.get("/signup/partners?example=4").text

    assert re.findall(r'<option value="(\w+)"[^>]* selected', page) == ["en"]
    assert "Joost would choose Nederlands." in page


@pytest.mark.parametrize("changes", [{"email": "nobody"}, {"email": ""}, {"provider": "myspace"}])
def test_the_first_page_asks_for_a_provider_and_an_address(
    changes: dict[str, str], simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    answer = simulator.http.post("/signup/partners", data={**MARIA, **changes})

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert 'value="Maria"' in answer.text
    assert connector.received == []


def test_unknown_places_are_told_with_a_way_back(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    for path in ("/signup/unknown", "/signup/partners/unknown", "/inbox/unknown", "/inbox/unknown/html"):
        assert simulator.http.get(path).status_code == 404, path
    for path in ("/signup/unknown", "/signup/partners/x", "/directory/x/delete", "/directory/x/restore"):
        assert simulator.http.post(path).status_code == 404, path


def test_the_directory_says_how_everybody_came(
    simulator: SimulatorProcess, connector: ConnectorServer, graph: httpx.Client
) -> None:
    simulator.sign_up("maria@alfreds.example", flow="partners")
    graph.post("/users", json=guest())
    graph.post("/invitations", json=invitation("ben@example.com"))
    shown = simulator.http.get("/directory").text

    for words in ("Signed up by themselves", "Created with their Google identity", "Invited", "Waiting to redeem"):
        assert words in shown
    assert "We deliver on Mondays." in shown


def test_the_directory_deletes_and_restores(simulator: SimulatorProcess) -> None:
    (user,) = simulator.post("users", {"mail": "ana@example.org"})

    deleted = simulator.http.post(f"/directory/{user['id']}/delete")
    after_delete = simulator.users()[0]
    restored = simulator.http.post(f"/directory/{user['id']}/restore")

    assert (deleted.status_code, restored.status_code) == (303, 303)
    assert after_delete["deletedDateTime"]
    assert "deletedDateTime" not in simulator.users()[0]


def test_a_mail_is_shown_in_all_its_parts(lived_in: SimulatorProcess) -> None:
    (kept,) = lived_in.mails()
    address = f"/inbox/{kept['id']}"

    assert kept["subject"] in lived_in.http.get("/inbox").text
    assert "<iframe" in lived_in.http.get(address).text
    assert "até já." in lived_in.http.get(address, params={"view": "text"}).text
    assert "Auto-Submitted: auto-generated" in lived_in.http.get(address, params={"view": "headers"}).text


def test_the_html_of_a_mail_can_neither_run_nor_load_nor_submit(simulator: SimulatorProcess) -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message.set_content("See https://portal.example/redeem?a=1&b=2.")
    html = "<html><head></head><body><script>1</script><p style='color:red'>Hi</p></body></html>"
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=10) as smtp:
        smtp.send_message(message, "a@example.org", ["b@example.org"])
    address = f"/inbox/{simulator.mails()[0]['id']}"

    part = simulator.http.get(f"{address}/html")
    text = simulator.http.get(address, params={"view": "text"}).text

    policy = part.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    # Links leave the frame.
    assert '<head><base target="_blank"></head>' in part.text
    # The full stop is not part of the link.
    assert '<a href="https://portal.example/redeem?a=1&amp;b=2">' in text


def test_trouble_can_be_switched_on_and_off(simulator: SimulatorProcess) -> None:
    form = {"kind": "throttle", "value": "2.5", "match": "POST /v1.0/users", "count": "3"}
    switched = simulator.http.post("/trouble", data=form)
    simulator.http.post("/trouble", data={"kind": "blocked_domain", "value": "example.org", "count": ""})
    on = [(each["kind"], each["count"], each["match"], each["value"]) for each in simulator.get("faults")]
    shown = simulator.http.get("/trouble").text
    simulator.http.post("/trouble/off", data={"kind": "throttle"})
    left = [each["kind"] for each in simulator.get("faults")]
    simulator.http.post("/trouble/off")

    assert switched.status_code == 303
    assert on == [("throttle", 3, "POST /v1.0/users", 2.5), ("blocked_domain", None, None, "example.org")]
    assert "too busy" in shown
    assert left == ["blocked_domain"]
    assert simulator.get("faults") == []


@pytest.mark.parametrize(
    "form",
    [
        {"kind": "earthquake"},
        {"kind": "throttle", "value": "soon"},
        {"kind": "blocked_domain"},
        {"kind": "hang", "count": "x"},
    ],
)
def test_trouble_that_makes_no_sense_is_refused(form: dict[str, str], simulator: SimulatorProcess) -> None:
    answer = simulator.http.post("/trouble", data=form)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert simulator.get("faults") == []


def test_every_kind_of_trouble_has_a_switch(simulator: SimulatorProcess) -> None:
    shown = simulator.http.get("/trouble").text
    kinds = simulator.http.post("/control/faults", json={"kind": "?"}).json()["error"].split("one of ")[1].split(", ")

    assert [kind for kind in kinds if f'name="kind" value="{kind}"' not in shown] == []
