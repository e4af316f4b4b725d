"""The sections of the report, one module each, in the order of the page.

Each module has one function ``build(run)`` (with the look of the behaviors where it draws) that
returns what the template of the same name shows: words, tables and figures, no HTML of its own.
May import the figures, tables and the run. A new section is one module here, its template
``templates/<name>.html.j2``, and a line in ``page.SECTIONS``.
"""
