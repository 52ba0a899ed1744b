# SPDX-License-Identifier: Apache-2.0
"""The checks of the pre-flight, a question each: pure measurements of a `Subject`."""
