# SPDX-License-Identifier: Apache-2.0
"""Runs of other trackers, read from their files into the store: one format a file."""
