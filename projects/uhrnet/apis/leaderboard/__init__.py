"""Figures of all configs, where they come from, and the pages that show them.

``configs/*/metafile.yml`` is the one source. Names, sizes and costs in it are
computed from the configs (:mod:`.rows`), figures are typed with their source
or collected from work dirs (:mod:`.runs`), and tables, plots and guides are
made of it (:mod:`.pages`).
"""
