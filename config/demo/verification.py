"""The demonstration's identity verification: the suppliers' flow asks the pretend tenant's stand-in of CrossCore."""

from __future__ import annotations

from pathlib import Path

from approvals.models import Action, AuditEvent, UserFlow
from config.run.plan import Plan
from connector.models import VerificationService
from connector.verification.setting_up import configure

FLOW, KIND = "suppliers", "experian"
OURS = "https://localhost:"


def settle_verification(plan: Plan) -> None:
    """Set the service up, once: whoever changes it or switches it off is left in peace.

    The pretend tenant may have moved to another port, or got other certificates: those follow.
    """
    flow = UserFlow.objects.filter(slug=FLOW).first()
    if flow is None:
        return
    service = VerificationService.objects.filter(flow=flow).first()
    if service is None and not AuditEvent.objects.filter(flow=flow, action=Action.VERIFICATION_CHANGED).exists():
        codes = {"request_type": "PreciseIdOnly", "org_code": "CONTOSO", "model_code": "DEMO"}
        configure(flow, KIND, {**_addresses(plan), **codes}, actor=None, on_failed="correct")
    elif service is not None and _is_ours(service):
        configure(flow, KIND, _addresses(plan), actor=None)


def _is_ours(service: VerificationService) -> bool:
    return service.kind == KIND and service.settings().get("url", "").startswith(OURS)


def _addresses(plan: Plan) -> dict[str, str]:
    simulator = plan.verification
    return {
        "url": simulator["crosscore_url"],
        "tenant_id": simulator["crosscore_tenant_id"],
        "signature_key": simulator["crosscore_signature_key"],
        "client_certificate": Path(simulator["client_certificate"]).read_text(),
        "client_key": Path(simulator["client_key"]).read_text(),
        "ca_certificates": Path(plan.environ["ENTRA_CA_BUNDLE"]).read_text(),
        "extension_app_id": plan.environ["SIMULATOR_EXTENSIONS_APP_ID"],
    }
