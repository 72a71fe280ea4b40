"""The specialists and the protocol prompts."""
