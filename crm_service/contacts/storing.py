"""Writing rows, with the database's refusals told in the words of the domain."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm_service.errors import Conflict, DomainError, Invalid


def flush(session: Session) -> None:
    """Send what is pending to the database.

    Raises ``Conflict`` (``external_id_taken``, ``registration_no_taken``, ``contact_exists``) or
    ``Invalid`` (``unknown_organization``) for what its constraints refuse; the transaction is over
    then.
    """
    try:
        session.flush()
    except IntegrityError as error:
        refusal = _refusal(getattr(getattr(error.orig, "diag", None), "constraint_name", None))
        if refusal is None:
            raise
        raise refusal from None


def _refusal(constraint: str | None) -> DomainError | None:
    match constraint:
        case "uq_contacts_controller_id_external_id":
            return Conflict(
                "another contact has this external_id",
                code="external_id_taken",
                errors={"external_id": ["belongs to another contact"]},
            )
        case "uq_organizations_controller_id_registration_no":
            return Conflict(
                "another organization has this registration number",
                code="registration_no_taken",
                errors={"registration_no": ["belongs to another organization"]},
            )
        case "uq_contacts_controller_id_email_key" | "pk_contacts":
            return Conflict("this address belongs to a contact already", code="contact_exists")
        case "fk_contacts_organization_id_organizations":
            return Invalid(
                "there is no such organization",
                code="unknown_organization",
                errors={"organization_id": ["must be an organization of this controller"]},
            )
    return None
