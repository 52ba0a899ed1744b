# SPDX-License-Identifier: Apache-2.0
"""The registry of rules: pure functions from a record to findings."""
