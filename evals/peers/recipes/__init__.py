"""Scripts that bring a peer to the protocol of `redraft.evals.peers.program`, and what each is installed from.

None of them imports redraft, and redraft imports none: each is run by the Python of its peer.
"""
