"""The wire: message types, their one conversion to and from protobuf, methods, access and errors.

Above crypto and scoring, below node and coordinator. ``protos.hosting`` holds the little plumbing
that both services need to run as processes.
"""
