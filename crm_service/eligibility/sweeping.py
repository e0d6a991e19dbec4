"""Verdicts on everybody: ranges of address keys instead of keys that somebody asked about.

An audience is made of the very statements and the very code that answer a check of one address.
"""

import uuid

from crm_service.eligibility import repository
from crm_service.eligibility.inquiry import Inquiry


class Sweep(Inquiry):
    """An inquiry about all addresses whose keys lie in a range.

    Its verdicts hold who is eligible and who is refused; of an address without any permission they
    say nothing, which is a no (rule 21).
    """

    def ask_between(self, first: bytes, last: bytes) -> None:
        """Queue two look-ups for all address keys from ``first`` to ``last``, both included."""
        bounds = {"first": uuid.UUID(bytes=first), "last": uuid.UUID(bytes=last)}
        facts = self._facts | bounds
        self._permissions.append(
            repository.PERMISSIONS_BETWEEN.execute(self._connection, facts, binary=True)
        )
        self._suppressions.append(
            repository.SUPPRESSIONS_BETWEEN.execute(self._connection, facts, binary=True)
        )
