# SPDX-License-Identifier: Apache-2.0
"""Plans, runs and compares trials: the user's own script again, with one thing changed."""
