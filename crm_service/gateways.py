"""Security gateways and crawlers that announce themselves in their user agents.

Lists miss some: who decides by them looks at what a machine does as well.
"""

import re
from functools import cache
from typing import Final

#: Gateways that check messages, which lists of crawlers leave out; ignore case.
NAMES: Final = (
    r"barracuda|proofpoint|urldefense|mimecast|messagelabs|symantec|trend ?micro|sophos|fireeye|"
    r"trellix|ironport|cisco-?secure|forcepoint|websense|zscaler|f-secure|withsecure|fortinet|"
    r"fortiguard|mcafee|skyhigh|kaspersky|check ?point|avanan|safelinks|bingpreview|cloudmark|"
    r"vade|hornetsecurity|spamtitan|mailscanner|mailguard|virustotal|urlscan|phish|opendns|"
    r"paloalto|wildfire|egress|perception-point|abnormal|existence ?discovery|linkcheck|url ?scan"
)


def is_crawler(user_agent: str) -> bool:
    """Tell whether a public list knows this user agent as a crawler's."""
    return any(pattern.search(user_agent) for pattern in _crawlers())


@cache
def _crawlers() -> list[re.Pattern[str]]:
    """Return the list's patterns, some at once: compiled when first needed."""
    # Here: reading the list takes time and memory that only few processes need.
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # noqa: PLC0415

    patterns = [entry["pattern"] for entry in CRAWLER_USER_AGENTS_DATA]
    return [re.compile("|".join(patterns[at : at + 25])) for at in range(0, len(patterns), 25)]
