"""Between the empty folder and the running processes: database, static files, and what there is to see."""

from __future__ import annotations

import os
from dataclasses import dataclass

import django

from config.run.plan import Plan
from config.run.records import Credential, write_demo_json, write_settings
from config.run.refusal import Refusal


@dataclass(frozen=True)
class House:
    """What a person at the terminal is told."""

    flow: str
    credential: Credential | None
    people: list[dict[str, str]]


def open_database(plan: Plan) -> None:
    """Make this process part of the run, and bring its database and static files up to date. Raises Refusal."""
    os.environ.update(plan.environ)
    if plan.simulator_port is not None:
        # In this process mails are of the past: they were sent when they were written.
        os.environ["EMAIL_BACKEND"] = "django.core.mail.backends.dummy.EmailBackend"
    django.setup()
    from config import prepare

    _nudge_nobody()
    try:
        prepare.migrate()
        prepare.collect_static()
    except prepare.Unusable as problem:
        raise Refusal(str(problem)) from problem


def furnish(plan: Plan) -> House:
    """Make what a first start needs, keep what is there, and write down the settings for other terminals."""
    house = _tenant_house(plan) if plan.simulator_port is None else _demonstration_house(plan)
    write_settings(plan)
    _forget_workers()
    return house


def write_down(plan: Plan, house: House) -> None:
    """Write `demo.json`. Last of all, so that whoever finds it finds everything ready."""
    write_demo_json(plan, house.flow, house.credential or {"username": "", "password": ""}, house.people)


def _demonstration_house(plan: Plan) -> House:
    from config.demo import people, stories, telling
    from config.run.doorkeys import demonstration_credentials
    from config.run.first_steps import can_sign_in

    _write_fast()
    telling.tell(stories.load_stories(), plan.environ["SIMULATOR_EXTENSIONS_APP_ID"])
    people.settle()
    credentials = demonstration_credentials(plan)
    everybody = [
        {"username": person.username, "password": people.PASSWORD, "role": person.role} for person in people.PEOPLE
    ]
    who_can = [person for person in everybody if can_sign_in(person)]
    return House(people.DEFAULT_FLOW, credentials[people.DEFAULT_FLOW], who_can)


def _tenant_house(plan: Plan) -> House:
    from config.run.doorkeys import first_credential
    from config.run.first_steps import first_administrator, first_flow

    flow = first_flow()
    return House(flow.slug, first_credential(plan, flow), first_administrator(plan))


def _forget_workers() -> None:
    """A sign of life of an earlier run's worker says nothing about this run's."""
    from approvals.models import WorkerHeartbeat

    WorkerHeartbeat.objects.all().delete()


def _nudge_nobody() -> None:
    """Let this process's nudges end in its own memory: no worker runs yet, and the first thing it does is to look."""
    from celery import current_app

    nowhere = "memory://localhost/"
    current_app.conf.update(broker_url=nowhere, broker_write_url=nowhere, broker_transport_options={})


def _write_fast() -> None:
    """Do not wait for the disk after each of the invented past's thousand commits."""
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
