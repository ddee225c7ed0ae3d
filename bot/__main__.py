"""`python -m bot` is `qungui`."""

from bot.cli import main

if __name__ == "__main__":
    main()
