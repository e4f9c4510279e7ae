"""Pure judgement: who is one person (linkage), how serious it is (risk), what is allowed (policy)."""
