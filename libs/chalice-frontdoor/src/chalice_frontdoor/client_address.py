"""The client's address, as far as trusted proxies vouch for it."""

from __future__ import annotations


def client_address(peer: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The client's address.

    The door vouches for the address that it talked to. Of ``X-Forwarded-For``, as many addresses from the right are
    believed as there are trusted proxies. The client may have forged those further left.

    Args:
        peer: the address that the door talked to.
        forwarded_for: the header; the ALB and API Gateway end it with the peer.
        trusted_proxies: how many proxies that append to the header stand before the door.
    """
    chain = [address.strip() for address in forwarded_for.split(",") if address.strip()]
    if not chain or chain[-1] != peer:
        chain.append(peer)
    return chain[max(0, len(chain) - 1 - trusted_proxies)]
