"""Bad inputs, one row a kind: what a lab has after twenty years of files on a shared drive.

A table names each kind, how it is made from a good file, and what must come out: the very numbers
of the good file, or an error with exit code, file, row, words and what to do, after which nothing
has changed. ``lab`` plays a row; ``test_pose``, ``test_labels``, ``test_tables`` (animals, trials,
mappings), ``test_paths``, ``test_formats``, ``test_project``, ``test_bundle``, ``test_scores``,
``test_study`` and ``test_calls`` hold the rows; ``test_disk`` fills the disk; ``test_fuzz`` adds
what nobody thought of. A new kind is a new row.
"""
