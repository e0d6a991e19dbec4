"""Shapes of branding over HTTP."""

import marshmallow as ma


class LogoShown(ma.Schema):
    """The logo as pages show it: drawn anew, in pixels."""

    url = ma.fields.String(
        required=True,
        metadata={
            "description": "public; changes with the picture",
            "example": "https://crm.example.com/u/logo/7/0123456789abcdef.webp",
        },
    )
    width = ma.fields.Integer(required=True, metadata={"example": 320})
    height = ma.fields.Integer(required=True, metadata={"example": 96})
    bytes = ma.fields.Integer(required=True, metadata={"example": 4211})
    uploaded_at = ma.fields.AwareDateTime(required=True)
