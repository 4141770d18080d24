import sys

from audiogan.arguments import interruptible

if __name__ == "__main__":
    with interruptible("python -m audiogan"):
        from audiogan.cli import main  # takes seconds

        sys.exit(main())
