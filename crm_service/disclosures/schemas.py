"""Shapes of audiences over HTTP."""

import marshmallow as ma
from marshmallow import fields, validate

from crm_service.disclosures.ordering import FORMATS
from crm_service.eligibility.asking import MAX_CAMPAIGN
from crm_service.policies.vocabulary import CHANNELS


class AudienceQuery(ma.Schema):
    """What an audience is for, and how it is handed out."""

    channel = fields.String(load_default="email", validate=validate.OneOf(CHANNELS))
    format = fields.String(
        load_default="ndjson",
        validate=validate.OneOf(FORMATS),
        metadata={
            "description": "ndjson and csv for messages; meta for ads_facebook and ads_instagram, "
            "google for ads_google: normalized and hashed as those platforms ask"
        },
    )
    include = fields.String(
        validate=validate.OneOf(["links"]),
        metadata={"description": "links: the unsubscribe URL and headers for each person"},
    )
    campaign = fields.String(validate=validate.Length(1, MAX_CAMPAIGN))
    fields_ = fields.String(
        data_key="fields",
        validate=validate.Length(1, 200),
        metadata={
            "description": "names of fields, separated by commas; all that the policy allows if "
            "absent",
            "example": "email,first_name",
        },
    )
