"""Other programs that write reports, run side by side with redraft."""
