"""Prints each check as it is made, and fails at the end if any of them failed."""

import subprocess

failures = []


def say(text):
    print(text, flush=True)


def check(passed, what, detail=""):
    """Prints the result of one check, with the detail if it failed."""
    say(f"  {'ok  ' if passed else 'FAIL'} {what}{f': {detail}' if detail and not passed else ''}")
    if not passed:
        failures.append(what)


def check_command(what, *command, stdin="", **options):
    """Checks that a command exits with status 0, and prints its output if it does not."""
    result = subprocess.run(
        list(map(str, command)), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=600, **options,
    )
    check(result.returncode == 0, what, result.stdout.strip())


def finish():
    """Exits with status 1 and the list of failures, if there are any."""
    if failures:
        raise SystemExit("\n".join(["failed checks:", *failures]))
