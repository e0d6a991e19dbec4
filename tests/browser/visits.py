"""Every page that a recipient can come to. A room that has pages adds its visits here."""

from tests.browser import preference_visits, rights_visits, subscription_visits, unsubscribe_visits
from tests.browser.visiting import Visit

#: Each is looked at in the browser by ``test_every_page.py``: languages, sizes, themes, axe.
VISITS: list[Visit] = [
    *unsubscribe_visits.VISITS,
    *preference_visits.VISITS,
    *rights_visits.VISITS,
    *subscription_visits.VISITS,
]
