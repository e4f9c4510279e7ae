"""The coordinator: matches encodings and combines scores without learning who anyone is.

Beside node, above protos. It holds a round's encodings for minutes, relays sealed messages that it
cannot open, and keeps the federation's log.
"""
