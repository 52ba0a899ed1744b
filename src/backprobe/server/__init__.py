# SPDX-License-Identifier: Apache-2.0
"""The dashboard's server, one file per resource, and the built page beside it."""
