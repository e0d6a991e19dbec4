"""The closed lists that a policy chooses from. ``schema.json`` repeats them; a test compares."""

from functools import cache

from babel.core import get_global

#: The legal bases of GDPR Art. 6(1)(a)-(f), and the soft opt-in of ePrivacy Directive 13(2).
BASES = (
    "consent",
    "contract",
    "legal_obligation",
    "vital_interests",
    "public_task",
    "legitimate_interests",
    "soft_opt_in",
)

#: Where a message may go.
CHANNELS = ("email", "sms", "phone", "post", "ads_facebook", "ads_instagram", "ads_google")

#: What stands for the channel in a permission for a purpose without messages, as publication.
NO_MESSAGE = "none"

#: Electronic mail in the sense of ePrivacy Directive 13: it needs consent or a soft opt-in.
ELECTRONIC_MAIL = frozenset({"email", "sms"})

#: Whether leaving all marketing ends it (``marketing``) or not (``service``).
CATEGORIES = ("marketing", "service")

#: What opening an unsubscribe link does (rules 12 and 13).
LINK_MODES = ("confirm", "instant")

#: From when a term is counted: the contact's entry into the register, or the permission's own date.
TERM_ANCHORS = ("added_at", "since")

#: Bases whose permission for a whole purpose covers its topics unless the policy says otherwise
#: (rule 23): a person consents to what was named, and objects to what was not.
INHERITING = frozenset({"legitimate_interests", "soft_opt_in"})

#: Where data about a person may come from (GDPR Art. 14(2)(f)).
SOURCE_KINDS = (
    "person",
    "website_form",
    "event",
    "order",
    "use_of_services",
    "cookies",
    "business_contact",
    "partner",
    "public_register",
    "credit_register",
    "public_source",
    "import",
    "api",
    "other",
)

#: Of those, data that the person gave, or that were observed of what the person did (WP 260 rev.01,
#: para. 26): GDPR Art. 13 is for them, Art. 14 for all others.
FROM_THE_PERSON = frozenset(
    {"person", "website_form", "event", "order", "use_of_services", "cookies"}
)

#: Of those, how data came rather than where from.
WAYS = frozenset({"import", "api"})

#: The fields of a contact that a policy may allow.
CONTACT_FIELDS = (
    "email",
    "phone",
    "first_name",
    "last_name",
    "company",
    "street",
    "postal_code",
    "city",
    "country",
    "language",
    "external_id",
    "notes",
)

#: The fields that an audience may hand out; notes and custom attributes never leave in one.
AUDIENCE_FIELDS = tuple(name for name in CONTACT_FIELDS if name != "notes")

#: What a declared attribute may tell about a person.
ATTRIBUTE_CATEGORIES = (
    "identity",
    "contact",
    "relationship",
    "preference",
    "transaction",
    "technical",
)

#: Data that GDPR Art. 9(1) (and 10, for offenses) forbids to keep like any other.
SPECIAL_CATEGORIES = (
    "racial_or_ethnic_origin",
    "political_opinions",
    "religious_or_philosophical_beliefs",
    "trade_union_membership",
    "genetic",
    "biometric",
    "health",
    "sex_life_or_sexual_orientation",
    "criminal_offenses",
)

_ISO_639_1 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv "
    "cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr "
    "ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw "
    "ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv "
    "ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr "
    "ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
    "yo za zh zu"
)

#: ISO 639-1.
LANGUAGES = frozenset(_ISO_639_1.split())


def is_language(code: str) -> bool:
    """Tell whether ``code`` is a language as texts name it: ``et``, ``pt-BR`` (BCP 47)."""
    language, separator, region = code.partition("-")
    return language in LANGUAGES and (
        not separator or (len(region) == 2 and region.isascii() and region.isupper())  # noqa: PLR2004 - ISO 3166
    )


@cache
def currencies() -> frozenset[str]:
    """Return the codes (ISO 4217) of what is paid with somewhere today."""
    by_territory = get_global("territory_currencies").values()
    return frozenset(
        code for used in by_territory for code, _, end, tender in used if end is None and tender
    )
