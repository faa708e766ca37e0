"""What vLLM makes of an 8B model on one GPU, and what a drafter makes of that: see README.md beside this file."""
