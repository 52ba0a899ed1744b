# SPDX-License-Identifier: Apache-2.0
"""One change a file, each applied to a running script without editing it."""
