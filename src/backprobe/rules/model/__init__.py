# SPDX-License-Identifier: Apache-2.0
"""Rules about how the network is put together."""
