"""Ship templates/ as data of the package, under the name paperwork.templates.

Everything else about the package stands in pyproject.toml. This cannot: pyproject.toml either lets setuptools find the
packages or lists every one, and templates/ stays at the top of the repository, where staff edit it.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["paperwork*"]), "paperwork.templates"],
    package_dir={"paperwork.templates": "templates"},
)
