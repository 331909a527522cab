"""Other ways to decode a satloc_air log, each written as well as its kind allows.

All of them verify every checksum and decode every column of every kind of the layout, with the
values that satlog gives. None of them survives damage: they stop at the first bad frame, where
satlog goes on. They know satloc_air alone, where satlog decodes any layout.
"""
