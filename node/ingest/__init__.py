"""Reading the files that a member's own systems export."""
