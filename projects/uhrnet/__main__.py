"""``python -m uhrnet``, as the program ``uhrnet``."""

from .console import main

if __name__ == '__main__':
    main()
