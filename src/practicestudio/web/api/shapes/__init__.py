"""What crosses the line: what programs send, held strictly, and what they are answered; with descriptions and examples for the docs."""
