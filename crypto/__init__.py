"""Pure cryptographic core: encodings, keys, sealing, signing, agreement, log and PKI.

Lowest layer. Nothing here talks to a network, a database, a log or the environment; time,
randomness, keys and files arrive as arguments.
"""
