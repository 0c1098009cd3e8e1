"""`python -m spanlake` is `spanlake`."""

from spanlake.cli.app import main

if __name__ == "__main__":
    main()
