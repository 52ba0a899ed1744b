# SPDX-License-Identifier: Apache-2.0
"""The record on disk, one file per concept: format, writer, reader, catalog."""
