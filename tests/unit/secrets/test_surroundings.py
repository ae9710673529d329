"""Which variables a process is given that needs no secret."""

from __future__ import annotations

import os

from jupyter_flows.secrets.resolved import register
from jupyter_flows.secrets.surroundings import bare, without_secrets

ENVIRONMENT = {
    "PATH": "/bin",
    "LC_ALL": "C.UTF-8",
    "JUPYTER_FLOWS_DIR": "/data",
    "OMP_NUM_THREADS": "2",
    "CHAT": "hush-hush-17",
    "JUPYTER_FLOWS_SECRET_KEY": "key",
    "JUPYTER_FLOWS__CONTEXT__SECRETS__CHAT": "other",
    "PREFECT__CONTEXT__SECRETS__CHAT": "other",
}


def test_what_is_known_to_be_secret_is_left_out():
    register("hush-hush-17")
    assert set(without_secrets(ENVIRONMENT)) == {"PATH", "LC_ALL", "JUPYTER_FLOWS_DIR", "OMP_NUM_THREADS"}


def test_who_runs_no_code_of_a_user_gets_what_a_program_starts_with():
    assert set(bare(ENVIRONMENT)) == {"PATH", "LC_ALL", "JUPYTER_FLOWS_DIR"}
    assert "PATH" in bare(os.environ)
