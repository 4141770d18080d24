"""What listeners say of the sounds."""
