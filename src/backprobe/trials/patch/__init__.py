# SPDX-License-Identifier: Apache-2.0
"""A proven treatment as an edit of the user's source, which is itself proven."""
