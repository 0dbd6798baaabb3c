"""Smallest typer program, to compare start times."""

import typer

app = typer.Typer(help="Says hello.", add_completion=False, pretty_exceptions_enable=False)


@app.command()
def hello(name: str) -> None:
    """Say hello."""
    typer.echo(f"Hello {name}")


@app.command()
def goodbye(name: str) -> None:
    """Say goodbye."""
    typer.echo(f"Goodbye {name}")
