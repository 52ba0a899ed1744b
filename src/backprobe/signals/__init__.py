# SPDX-License-Identifier: Apache-2.0
"""One measured quantity per file: its meaning, unit, merging and normal range (numpy only)."""
