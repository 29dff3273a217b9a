"""`llmedger`, and `python -m api`."""


def main() -> None:
    """Run the command line. This is the entry point of the console script."""
    # Not before: every process that an audit starts imports the script again, and all commands take seconds.
    from api.cli import main as run

    run()


if __name__ == "__main__":
    main()
