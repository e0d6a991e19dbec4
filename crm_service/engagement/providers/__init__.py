"""One adapter a provider, all with the same interface (``delivery.Provider``)."""

from crm_service.engagement.providers import (
    brevo,
    mailgun,
    mandrill,
    postmark,
    resend,
    sendgrid,
    ses,
    sparkpost,
)
from crm_service.engagement.providers.delivery import Provider

PROVIDERS: dict[str, Provider] = {
    adapter.PROVIDER.name: adapter.PROVIDER
    for adapter in (ses, sendgrid, mailgun, postmark, sparkpost, brevo, mandrill, resend)
}
