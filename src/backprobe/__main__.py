# SPDX-License-Identifier: Apache-2.0
"""`python -m backprobe` is the command `backprobe`."""

from backprobe.cli.main import main

if __name__ == "__main__":
    main()
