# SPDX-License-Identifier: Apache-2.0
"""Short experiments on live objects: a learning-rate range test, the pre-flight, initialisation."""
