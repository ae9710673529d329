"""The kernels that are installed, by their kernelspecs; none is started here."""

from __future__ import annotations

from jupyter_flows.errors import KernelNotFound

FALLBACK = "python3"


def installed_kernels() -> tuple[str, ...]:
    """Names of the installed kernels, sorted."""
    from jupyter_client.kernelspec import KernelSpecManager

    return tuple(sorted(KernelSpecManager().find_kernel_specs()))


def check_kernel(name: str) -> str:
    """Return the kernelspec name that ``name`` means; case does not count.

    Raises
    ------
    KernelNotFound
        No such kernel; the error lists those that are installed.
    """
    known = installed_kernels()
    by_case = {kernel.lower(): kernel for kernel in known}
    if name.lower() not in by_case:
        raise KernelNotFound(name, known)
    return by_case[name.lower()]


def kernel_language(name: str) -> str:
    """The language of an installed kernel, in lower case; empty where its kernelspec names none."""
    from jupyter_client.kernelspec import get_kernel_spec

    return str(get_kernel_spec(name).language or "").lower()
