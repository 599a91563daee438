"""The unchangeable history: a signed Merkle log, its proofs, and bundles that anybody can verify offline."""
