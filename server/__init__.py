"""The desk: question in, reply out."""
