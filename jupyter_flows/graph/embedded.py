"""A drawing inside HTML as an image of its own: it is shown where inline SVG is taken out, as in an untrusted notebook.

In JupyterLab it follows the theme all the same: an image takes the colour scheme of the element that shows it.
"""

from __future__ import annotations

# What may not stand in the address of an image inside double quotes; `&` first of all, or HTML would read it.
_ENCODED = str.maketrans({"%": "%25", "&": "%26", "#": "%23", "<": "%3C", "\n": "%0A", '"': "'"})


def embedded(svg: str, label: str) -> str:
    """Give an `<img>` that needs nothing else.

    Parameters
    ----------
    svg
        The drawing, with double quotes around its attributes.
    label
        What it shows, escaped: for those who do not see it.
    """
    return f'<img alt="{label}" src="data:image/svg+xml,{svg.replace(chr(39), "&#39;").translate(_ENCODED)}">'
