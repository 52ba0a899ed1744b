# SPDX-License-Identifier: Apache-2.0
"""Other people's trainers and trackers: one file each, which needs that library and no other."""
