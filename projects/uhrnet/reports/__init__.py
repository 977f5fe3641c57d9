"""What an evaluation showed, on a page that needs nothing else.

The modules are imported by their names; what concerns boxes needs mmdet.
"""
