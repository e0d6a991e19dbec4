"""Verdicts on an unbounded NDJSON stream: lines in, lines out, memory flat.

Each batch is judged in a transaction of its own, so that no snapshot is older than its batch and
nothing is held while a slow client reads. The decision is recorded when the stream ends, also when
the client goes away early.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import orjson

from crm_service.db import Connection
from crm_service.eligibility import checking
from crm_service.eligibility import lines as keyed
from crm_service.eligibility.asking import Check
from crm_service.eligibility.checking import Caller
from crm_service.eligibility.inquiry import Inquiry
from crm_service.eligibility.lines import Lines
from crm_service.eligibility.service import Question
from crm_service.policies.document import Policy
from crm_service.transfers.ahead import ahead

#: Lines judged at once.
BATCH = 50_000
#: Larger than for one call: look-ups of more keys at once cost less each.
PORTION = 25_000
#: A line is one address; what is longer is answered as invalid without being kept.
MAX_LINE = 4_096

Pipeline = Callable[[], AbstractContextManager[Connection]]


def verdict_lines(
    lines: Iterable[bytes],
    caller: Caller,
    policy: Policy,
    check: Check,
    question: Question,
    pipeline: Pipeline,
    decision_id: uuid.UUID,
) -> Iterator[bytes]:
    """Yield one result line for each address line, in order, a batch at a time.

    While a batch is judged, the next is read and its keys are made, in another thread; it is judged
    when the one before was taken: nobody who left meanwhile is a yes (rule 24).
    """
    digest, asked, eligible = hashlib.sha256(), 0, 0
    snapshot = question.snapshot
    pepper = caller.keyring.pepper(caller.controller_id)
    try:
        with ahead(keyed.prepared(_batches(lines), check.name, pepper), depth=1) as batches:
            for batch in batches:
                with pipeline() as connection:
                    # The topic may have been archived, and time goes on: each batch asks anew.
                    question = checking.prepare(connection, caller, policy, check)
                    text, yes = _judged(connection, caller, question, check, batch)
                digest.update(text)
                asked += len(batch.keys)
                eligible += yes
                yield text
    finally:
        with pipeline() as connection:
            checking.record(
                connection,
                caller,
                question,
                check,
                asked=asked,
                eligible=eligible,
                results_sha256=digest.digest(),
                decision_id=decision_id,
                snapshot=snapshot,
            )


def _judged(
    connection: Connection, caller: Caller, question: Question, check: Check, batch: Lines
) -> tuple[bytes, int]:
    """Return the result lines of a batch, and how many are a yes."""
    if check.include:
        check = replace(check, asked=batch.texts())
        results = checking.answer(connection, caller, question, check, portion=PORTION)
        text = b"".join(orjson.dumps(result) + b"\n" for result in results)
        return text, sum(result["eligible"] for result in results)
    inquiry = Inquiry(connection, caller.controller_id, question)
    if check.name == "email" and question.has_domains:
        inquiry.addresses = zip(batch.keys, batch.texts(), strict=True)
    inquiry.ask(batch.distinct, batch.as_array)
    return keyed.results(check.name, batch, inquiry.verdicts())


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        if line.strip():
            batch.append(line)
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def read_lines(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield lines of a body read in pieces; of one that is too long only the beginning is kept."""
    rest, overlong = b"", False
    while piece := read(65_536):
        *lines, rest_of_piece = piece.split(b"\n")
        for line in lines:
            if not overlong:
                yield (rest + line)[:MAX_LINE]
            else:
                yield b"?"
            rest, overlong = b"", False
        rest = b"" if overlong else rest + rest_of_piece
        if len(rest) > MAX_LINE:
            rest, overlong = b"", True
    if rest or overlong:
        yield b"?" if overlong else rest
