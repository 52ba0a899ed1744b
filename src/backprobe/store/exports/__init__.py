# SPDX-License-Identifier: Apache-2.0
"""A run's record in the formats of other programs: one format a file."""
