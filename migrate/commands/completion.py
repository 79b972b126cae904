"""``cron2fargate completion``: the script that makes a shell complete this command."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command(name="completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that makes SHELL complete commands, options, jobs, environments, zones and codes.

    \b
    Examples:
      eval "$(cron2fargate completion bash)"                   # in ~/.bashrc
      eval "$(cron2fargate completion zsh)"                    # in ~/.zshrc, after compinit
      cron2fargate completion fish > ~/.config/fish/completions/cron2fargate.fish
    """
    from click.shell_completion import get_completion_class

    # The cli imports every command, so it is only imported here, or a circle would close.
    from migrate.cli import cli
    from migrate.terminal.options import COMPLETE, PROGRAM

    found = get_completion_class(shell)
    if found is None:  # click knows all of SHELLS
        raise click.UsageError(f"{shell}: a shell that cannot be completed")
    click.echo(found(cli, {}, PROGRAM, COMPLETE).source())
