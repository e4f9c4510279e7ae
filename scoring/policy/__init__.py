"""Governance as pure typed code: requests, approvals, disclosures, and the rules that judge them."""
