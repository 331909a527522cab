"""A slow, clear decoder and a foreign encoder: the truth that satlog is tested against.

Nothing here imports satlog. The layout is the parsed TOML itself, the arithmetic is Python's
integers and fractions, and every algorithm is written from its definition. Where speed and
clarity meet, clarity wins.
"""
