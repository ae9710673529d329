"""`papermill --engine jupyter-flows`: papermill's own command and API with our executor and our kernels.

papermill imports the module of every registered engine whenever it is imported itself: this one imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode


class JupyterFlowsEngine:
    """An engine of papermill, as its entry point group `papermill.engine` wants it."""

    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, **options: Any) -> NotebookNode:
        """Execute the cells of a notebook that papermill has read and parameterised.

        Parameters
        ----------
        nb
            It is filled in place.
        kernel_name
            An installed kernel.
        **options
            papermill's ``output_path progress_bar log_output autosave_cell_every start_timeout execution_timeout
            stdout_file stderr_file``; others are for other engines.

        Raises
        ------
        KernelDied, RunTimedOut
            The output is saved by then. A cell that raises ends the notebook, which papermill itself then tells.
        """
        from jupyter_flows.notebooks.papermill_run import run_for_papermill

        return run_for_papermill(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """The kernel that a notebook names, unless one is given."""
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:
        """The language that a notebook names, unless one is given."""
        from papermill.utils import nb_language

        return nb_language(nb, language)
