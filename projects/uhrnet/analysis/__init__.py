"""Looking into data, trainings and errors: data in, matplotlib figures out.

Import the modules by their names; what concerns boxes needs mmdet. Nothing
here writes a file by itself, and no figure belongs to ``pyplot``: save one by
``figure.savefig(path)``.
"""
