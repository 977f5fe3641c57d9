from setuptools import setup

# Everything stands in setup.cfg. OpenMMLab's installer looks for this file.
setup()
