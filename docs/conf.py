"""How the documentation is built: Markdown through MyST, the furo theme, warnings as errors.

Run ``./run docs``; the pages appear in ``docs/_build/html``. Nothing is fetched from the network.
"""

from importlib.metadata import version as installed_version

project = "Clew"
copyright = "the Clew contributors; Apache-2.0"  # noqa: A001 - the name that Sphinx reads
release = installed_version("clew")
version = release
language = "en_GB"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Clew {release}"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
