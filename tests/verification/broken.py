"""A service's module with every mistake that somebody may make."""

from __future__ import annotations

from approvals.applicant import Applicant
from connector.verification.base import Answer, Inputs, Outcome, SettingField, Settings, Vendor


class Broken(Vendor):
    """Breaks where its setting says."""

    kind, name = "idology", "Broken"
    fields = (SettingField("where", "where"),)

    def inputs(self, applicant: Applicant, settings: Settings) -> dict[str, str]:
        if settings["where"] == "inputs":
            raise LookupError("secret-of-the-applicant")
        return {"name": applicant.display_name, "where": settings["where"]}

    def ask(self, inputs: Inputs, settings: Settings, *, timeout: float) -> Answer:
        if settings["where"] == "ask":
            raise ZeroDivisionError("secret-of-the-applicant")
        return Answer(Outcome.ASKING)
