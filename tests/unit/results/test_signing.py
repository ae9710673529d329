"""A signature covers every field, and no two results have the same signed bytes."""

from __future__ import annotations

import itertools

from jupyter_flows.model.results import KeptResult
from jupyter_flows.results.signing import Signer

SIGNER = Signer(bytes(32))


def test_each_field_changes_the_signature():
    file = KeptResult("npy", location="/a", size=12, sha256="ab")
    variants = [
        (file, "run", 1),
        (file, "run1", 1),
        (file, "run", 11),
        (file._replace(serializer="npyrun"), "", 1),
        (file._replace(size=1, sha256="2ab"), "run", 1),
        (file._replace(sha256="ac"), "run", 1),
        (KeptResult("npy", inline="12ab"), "run", 1),
        (KeptResult("npy", inline=""), "run", 1),
    ]
    signatures = [SIGNER.signed(*variant).signature for variant in variants]
    assert all(one != other for one, other in itertools.combinations(signatures, 2))
    assert all(len(signature) == 80 and int(signature, 16) for signature in signatures)


def test_the_content_decides_and_not_the_place():
    kept = SIGNER.signed(KeptResult("npy", location="/a/b", size=1, sha256="ab"), "run", 1)
    assert SIGNER.fault_of(kept._replace(location="/c/b"), "run", 1) == ""


def test_the_key_is_named_without_telling_it():
    kept = KeptResult("json", inline="1")
    first, second = (Signer(key).signed(kept, "run", 1).signature for key in (bytes(32), bytes([1]) * 32))
    assert first[:16] != second[:16]
    assert first.startswith(SIGNER.signed(kept, "other", 2).signature[:16])
