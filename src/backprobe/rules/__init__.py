# SPDX-License-Identifier: Apache-2.0
"""The table of rules: one entry a diagnosis, one file each, grouped by family."""

RULES: tuple = ()
