"""What each service of the wire does: one module a service, one function a method."""
